#include "kube/kubeconfig.h"

#include <nlohmann/json.hpp>

#include "answer.h"
#include "support/manual_clock.h"
#include "support/temporary_folder.h"

namespace drover::referee {
namespace {

constexpr const char* kPem = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n";

std::string either(const std::string& data, const std::string& file, const std::string& folder) {
  if (!data.empty()) return data;
  return file.starts_with(folder) ? file.substr(folder.size()) : file;
}

std::string header(const Headers& headers, std::string_view wanted) {
  for (const auto& [name, value] : headers) {
    if (name == wanted) return value;
  }
  return "";
}

}  // namespace

json answer_kubeconfig(const json& question) {
  static const test::TemporaryFolder folder;
  static test::ManualClock clock;
  static const std::string authority = folder.write("ca.pem", kPem);
  static const std::string token = folder.write("token", "of-a-file\n");
  std::vector<std::string> files;
  for (const json& content : question.at("files")) files.push_back(folder.write("f" + std::to_string(files.size()), content));
  const auto loaded = kube::load_kubeconfig(files, question.at("context"), clock);
  if (!loaded) return {{"refused", true}, {"why", loaded.error().message}};
  const HttpEndpoint& endpoint = loaded->endpoint;
  const std::string root = folder.path() + "/";
  const std::string described = loaded->credentials->describe();
  const bool exec = described.find("exec") != std::string::npos || described.find("login") != std::string::npos;
  const auto headers = exec ? Result<Headers>(Headers{}) : loaded->credentials->headers({});
  return {{"refused", false},
          {"server", endpoint.url + loaded->path_prefix},
          {"namespace", loaded->ns},
          {"authority", either(endpoint.ca_pem, endpoint.ca_file, root)},
          {"insecure", endpoint.insecure_skip_tls_verify},
          {"serverName", endpoint.tls_server_name},
          {"certificate", either(endpoint.client_certificate_pem, endpoint.client_certificate_file, root)},
          {"key", either(endpoint.client_key_pem, endpoint.client_key_file, root)},
          {"authorization", headers ? header(*headers, "authorization") : "cannot be read: " + headers.error().message},
          {"exec", exec},
          {"as", header(loaded->headers, "impersonate-user")}};
}

}  // namespace drover::referee
