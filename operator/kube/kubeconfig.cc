#include "kube/kubeconfig.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "kube/exec_plugin.h"
#include "kube/files.h"
#include "kube/kubeconfig_files.h"
#include "ports/plain_http.h"

namespace drover::kube {
namespace {

using nlohmann::json;

constexpr const char* kExecExtension = "client.authentication.k8s.io/exec";

std::string known_names(const std::map<std::string, Section>& entries) {
  std::string names;
  for (const auto& [name, ignored] : entries) names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "there are none" : "known: " + names;
}

// What client-go takes for an address without a scheme.
std::string with_scheme(std::string server, bool uses_tls) {
  const std::size_t end = server.find("://");
  if (end == std::string::npos) return (uses_tls ? "https://" : "http://") + server;
  std::transform(server.begin(), server.begin() + static_cast<std::ptrdiff_t>(end), server.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return server;
}

// "https://host:6443/prefix" to endpoint and prefix.
void read_server(const Section& cluster, bool uses_tls, Connection& connection) {
  if (cluster.text("server").empty()) return cluster.complain("server", "is missing; write https://HOST:PORT");
  const std::string server = with_scheme(cluster.text("server"), uses_tls);
  if (!server.starts_with("https://") && !server.starts_with("http://"))
    return cluster.complain("server", "must begin with https:// or http://");
  const std::size_t host = server.find("://") + 3;
  if (server.find('@') != std::string::npos)
    return cluster.complain("server", "must not hold a name or password; put them under users");
  if (server.find_first_of("?# ") != std::string::npos)
    return cluster.complain("server", "must be https://HOST:PORT, without query or spaces");
  const std::size_t slash = server.find('/', host);
  connection.endpoint.url = server.substr(0, slash);
  if (connection.endpoint.url.size() == host) return cluster.complain("server", "names no host; write https://HOST:PORT");
  if (slash != std::string::npos) connection.path_prefix = server.substr(slash);
  while (connection.path_prefix.ends_with('/')) connection.path_prefix.pop_back();
}

void read_cluster(const Section& cluster, Connection& connection) {
  HttpEndpoint& endpoint = connection.endpoint;
  endpoint.tls_server_name = cluster.text("tls-server-name");
  endpoint.insecure_skip_tls_verify = cluster.flag("insecure-skip-tls-verify");
  endpoint.ca_pem = cluster.pem("certificate-authority-data");
  if (endpoint.ca_pem.empty()) endpoint.ca_file = cluster.path("certificate-authority");
  const bool has_authority = !(endpoint.ca_pem.empty() && endpoint.ca_file.empty());
  if (endpoint.insecure_skip_tls_verify && has_authority) {
    cluster.complain("insecure-skip-tls-verify", "contradicts the certificate-authority beside it: remove one of them");
  }
  const bool has_certificate = !(endpoint.client_certificate_pem.empty() && endpoint.client_certificate_file.empty());
  read_server(cluster, has_authority || has_certificate || endpoint.insecure_skip_tls_verify, connection);
  if (cluster.has("proxy-url"))
    cluster.complain("proxy-url", "is not supported: Drover connects directly; give a server that it can reach");
}

void read_client_certificate(const Section& user, HttpEndpoint& endpoint) {
  endpoint.client_certificate_pem = user.pem("client-certificate-data");
  if (endpoint.client_certificate_pem.empty()) endpoint.client_certificate_file = user.path("client-certificate");
  endpoint.client_key_pem = user.pem("client-key-data");
  if (endpoint.client_key_pem.empty()) endpoint.client_key_file = user.path("client-key");
  const bool certificate = user.has("client-certificate-data") || user.has("client-certificate");
  const bool key = user.has("client-key-data") || user.has("client-key");
  if (certificate && !key)
    user.complain("client-key", "is missing beside the client certificate; write client-key or client-key-data");
  if (key && !certificate) {
    user.complain("client-certificate", "is missing beside the client key; write client-certificate or client-certificate-data");
  }
}

void read_impersonation(const Section& user, Headers& headers) {
  const std::string as = user.text("as");
  const std::string uid = user.text("as-uid");
  const std::vector<std::string> groups = user.texts("as-groups");
  if (as.empty() && (!uid.empty() || !groups.empty())) return user.complain("as", "is missing: as-uid and as-groups need it");
  if (user.has("as-user-extra"))
    return user.complain("as-user-extra", "is not supported: remove it, or act as a user that needs none");
  if (!as.empty()) headers.emplace_back("impersonate-user", as);
  if (!uid.empty()) headers.emplace_back("impersonate-uid", uid);
  for (const std::string& group : groups) headers.emplace_back("impersonate-group", group);
}

json to_json(const YAML::Node& node) {
  if (node.IsMap()) {
    json object = json::object();
    for (const auto& entry : node) object[entry.first.Scalar()] = to_json(entry.second);
    return object;
  }
  if (node.IsSequence()) {
    json array = json::array();
    for (const YAML::Node& item : node) array.push_back(to_json(item));
    return array;
  }
  if (node.IsNull()) return nullptr;
  const bool quoted = node.Tag() == "!";
  const json bare = quoted ? json() : json::parse(node.Scalar(), nullptr, false);
  return bare.is_number() || bare.is_boolean() ? bare : json(node.Scalar());
}

// spec.cluster of an ExecCredential, for a plugin that asks for it.
std::string cluster_info(const Section& cluster, const Connection& connection) {
  const HttpEndpoint& endpoint = connection.endpoint;
  json info = {{"server", endpoint.url + connection.path_prefix}};
  if (!endpoint.tls_server_name.empty()) info["tls-server-name"] = endpoint.tls_server_name;
  if (endpoint.insecure_skip_tls_verify) info["insecure-skip-tls-verify"] = true;
  std::string authority = endpoint.ca_pem;
  if (!endpoint.ca_file.empty()) authority = read_file(endpoint.ca_file).value_or("");
  if (!authority.empty()) info["certificate-authority-data"] = encode_base64(authority);
  if (const YAML::Node extensions = cluster.node()["extensions"]; extensions && extensions.IsSequence()) {
    for (const YAML::Node& extension : extensions) {
      if (!extension.IsMap() || !extension["name"] || extension["name"].Scalar() != kExecExtension || !extension["extension"])
        continue;
      info["config"] = to_json(extension["extension"]);
    }
  }
  return info.dump();
}

std::shared_ptr<Credentials> read_exec(const Section& exec, const Section& cluster, const Connection& connection,
                                       const std::string& user, const Clock& clock) {
  ExecPlugin plugin;
  plugin.user = user;
  plugin.api_version = exec.text("apiVersion");
  if (plugin.api_version != "client.authentication.k8s.io/v1" && plugin.api_version != "client.authentication.k8s.io/v1beta1") {
    exec.complain("apiVersion", "must be client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1");
  }
  plugin.command = exec.text("command");
  if (plugin.command.empty()) exec.complain("command", "is missing; name the program that prints the credentials");
  if (plugin.command.find('/') != std::string::npos) plugin.command = exec.resolve(plugin.command);
  plugin.arguments = exec.texts("args");
  plugin.environment = exec.names_and_values("env");
  plugin.install_hint = exec.text("installHint");
  if (exec.text("interactiveMode") == "Always") {
    exec.complain("interactiveMode", "is Always, but Drover has no terminal; write IfAvailable or Never");
  }
  if (exec.flag("provideClusterInfo")) plugin.cluster_info = cluster_info(cluster, connection);
  return std::make_shared<ExecCredentials>(std::move(plugin), clock);
}

// In a header, where everybody on the way could read them.
bool sends_credentials(const Section& user) {
  return user.has("exec") || user.has("tokenFile") || user.has("token") || user.has("username");
}

// The first of: exec plugin, token file, token, name and password; else none (or the client certificate alone).
std::shared_ptr<Credentials> read_credentials(const Section& user, const Section& cluster, const Connection& connection,
                                              const std::string& who, const Clock& clock) {
  if (user.has("auth-provider")) {
    user.complain("auth-provider", "is not supported (Kubernetes has removed it); use an exec plugin");
  }
  const std::string token = user.text("token");
  const std::string name = user.text("username");
  if (const std::optional<Section> exec = user.section("exec")) {
    if (!token.empty() || user.has("tokenFile") || !name.empty())
      user.complain("exec", "excludes token, tokenFile and username: keep one");
    return read_exec(*exec, cluster, connection, who, clock);
  }
  if (!token.empty() && !name.empty()) user.complain("token", "excludes username and password: keep one");
  if (user.has("tokenFile")) return std::make_shared<TokenFile>(user.path("tokenFile"), clock);
  if (!token.empty()) {
    const bool fits = std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (!fits) user.complain("token", "holds white space or a character that can't stand in a header");
    return std::make_shared<FixedCredentials>(bearer(token), "the token of " + who);
  }
  if (!name.empty()) {
    const std::string pair = encode_base64(name + ":" + user.text("password"));
    return std::make_shared<FixedCredentials>(Headers{{"authorization", "Basic " + pair}}, "the password of " + who);
  }
  const bool certificate = user.has("client-certificate-data") || user.has("client-certificate");
  return std::make_shared<FixedCredentials>(Headers{},
                                            (certificate ? "the client certificate of " : "the missing credentials of ") + who);
}

}  // namespace

std::vector<std::string> split_kubeconfig_list(const std::string& list) {
  std::vector<std::string> files;
  std::size_t begin = 0;
  while (begin <= list.size()) {
    const std::size_t end = std::min(list.find(':', begin), list.size());
    if (end > begin) files.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return files;
}

Result<Connection> load_kubeconfig(const std::vector<std::string>& files, const std::string& context_name, const Clock& clock) {
  std::optional<Error> fault;
  const Result<MergedKubeconfig> read = read_kubeconfigs(files, fault);
  if (!read) return read.error();
  const auto bad = [&](const std::string& why) { return Error{ErrorClass::Invalid, "kubeconfig " + read->files + ": " + why}; };

  const std::string name = context_name.empty() ? read->current_context : context_name;
  if (name.empty())
    return bad("current-context is not set; run `kubectl config use-context NAME` or give --context NAME (" +
               known_names(read->contexts) + ")");
  const auto context = read->contexts.find(name);
  if (context == read->contexts.end()) {
    return bad((context_name.empty() ? "current-context" : "--context") + std::string(" \"") + name +
               "\" is not among the contexts (" + known_names(read->contexts) + ")");
  }
  const std::string cluster_name = context->second.text("cluster");
  const auto cluster = read->clusters.find(cluster_name);
  if (!fault && cluster == read->clusters.end()) {
    context->second.complain("cluster",
                             "is \"" + cluster_name + "\", which is not among the clusters (" + known_names(read->clusters) + ")");
  }
  const std::string user_name = context->second.text("user");
  const auto user = read->users.find(user_name);
  if (!fault && user == read->users.end() && !user_name.empty()) {
    context->second.complain("user", "is \"" + user_name + "\", which is not among the users (" + known_names(read->users) + ")");
  }
  if (fault) return *fault;

  Connection connection;
  connection.source = "context " + name + " of " + context->second.file();
  if (const std::string ns = context->second.text("namespace"); !ns.empty()) connection.ns = ns;
  if (user != read->users.end()) read_client_certificate(user->second, connection.endpoint);
  read_cluster(cluster->second, connection);
  if (user == read->users.end()) {
    connection.credentials =
        std::make_shared<FixedCredentials>(Headers{}, "no credentials (" + connection.source + " names no user)");
  } else {
    const std::string who = "user " + user_name + " in " + user->second.file();
    read_impersonation(user->second, connection.headers);
    connection.credentials = read_credentials(user->second, cluster->second, connection, who, clock);
    if (sends_credentials(user->second) && goes_in_the_clear(connection.endpoint.url)) {
      cluster->second.complain("server", "is http://, over which the credentials of " + user_name +
                                             " would go in the clear; write https://, or http:// with a loopback address");
    }
  }
  if (fault) return *fault;
  return connection;
}

}  // namespace drover::kube
