#include "kube/kubeconfig.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "kube/files.h"
#include "support/manual_clock.h"
#include "support/temporary_folder.h"

namespace drover::kube {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPem = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n";

struct KubeconfigTest : testing::Test {
  test::ManualClock clock;
  test::TemporaryFolder folder;

  // A file with one cluster, one user and one context, given their fields.
  std::string config(const std::string& cluster, const std::string& user, const std::string& more = "") {
    return folder.write(
        "config", "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster: {" + cluster + "}\nusers:\n- name: u\n  user: {" +
                      user + "}\ncontexts:\n- name: dev\n  context: {cluster: c, user: u, namespace: vms}\ncurrent-context: dev\n" +
                      more);
  }
  Result<Connection> load(const std::string& cluster, const std::string& user) {
    return load_kubeconfig({config(cluster, user)}, "", clock);
  }
  std::string fault(const std::string& cluster, const std::string& user) {
    const Result<Connection> loaded = load(cluster, user);
    if (loaded) return "no fault";
    EXPECT_EQ(loaded.error().cls, ErrorClass::Invalid);
    EXPECT_THAT(loaded.error().message, HasSubstr(folder.path("config")));
    return loaded.error().message;
  }
  std::string fault_of_text(const std::string& text) {
    const Result<Connection> loaded = load_kubeconfig({folder.write("config", text)}, "", clock);
    return loaded ? "no fault" : loaded.error().message;
  }
};

constexpr const char* kServer = "server: 'https://h:6443'";

TEST_F(KubeconfigTest, InlineCertificatesAndAToken) {
  const std::string pem = encode_base64(kPem);
  const Connection c = load("server: 'https://h:6443/', certificate-authority-data: " + pem + ", tls-server-name: other",
                            "client-certificate-data: " + pem + ", client-key-data: " + pem + ", token: tok")
                           .value();
  EXPECT_EQ(c.endpoint.url, "https://h:6443");
  EXPECT_EQ(c.path_prefix, "");
  EXPECT_EQ(c.endpoint.ca_pem, kPem);
  EXPECT_EQ(c.endpoint.client_certificate_pem, kPem);
  EXPECT_EQ(c.endpoint.client_key_pem, kPem);
  EXPECT_EQ(c.endpoint.tls_server_name, "other");
  EXPECT_EQ(c.ns, "vms");
  EXPECT_EQ(c.credentials->headers({}).value(), bearer("tok"));
  EXPECT_THAT(c.credentials->describe(), AllOf(HasSubstr("user u in " + folder.path("config")), Not(HasSubstr("tok "))));
  EXPECT_EQ(c.source, "context dev of " + folder.path("config"));
}

TEST_F(KubeconfigTest, FilesAreRelativeToTheFileThatNamesThem) {
  folder.write("pki/ca.pem", kPem);
  folder.write("pki/c.pem", kPem);
  folder.write("pki/k.pem", kPem);
  folder.write("token", "from-file");
  const Connection c =
      load("server: 'https://h', certificate-authority: pki/ca.pem",
           "client-certificate: ./pki/c.pem, client-key: " + folder.path("pki/k.pem") + ", token: inline, tokenFile: token")
          .value();
  EXPECT_EQ(c.endpoint.ca_file, folder.path("pki/ca.pem"));
  EXPECT_EQ(c.endpoint.client_certificate_file, folder.path("pki/c.pem"));
  EXPECT_EQ(c.endpoint.client_key_file, folder.path("pki/k.pem"));
  EXPECT_EQ(c.credentials->headers({}).value(), bearer("from-file"));
}

TEST_F(KubeconfigTest, InlineDataWinsOverAFile) {
  const Connection c =
      load("server: 'https://h', certificate-authority: /nowhere, certificate-authority-data: " + encode_base64(kPem), "").value();
  EXPECT_EQ(c.endpoint.ca_pem, kPem);
  EXPECT_EQ(c.endpoint.ca_file, "");
}

TEST_F(KubeconfigTest, NameAndPasswordAndImpersonation) {
  const Connection c = load("server: 'http://[::1]:8080/k8s/clusters/c-1/', insecure-skip-tls-verify: true",
                            "username: eve, password: 'p:w', as: adam, as-uid: 7, as-groups: [g1, g2]")
                           .value();
  EXPECT_EQ(c.endpoint.url, "http://[::1]:8080");
  EXPECT_EQ(c.path_prefix, "/k8s/clusters/c-1");
  EXPECT_TRUE(c.endpoint.insecure_skip_tls_verify);
  EXPECT_EQ(c.credentials->headers({}).value(), (Headers{{"authorization", "Basic ZXZlOnA6dw=="}}));
  EXPECT_EQ(
      c.headers,
      (Headers{{"impersonate-user", "adam"}, {"impersonate-uid", "7"}, {"impersonate-group", "g1"}, {"impersonate-group", "g2"}}));
}

TEST_F(KubeconfigTest, SeveralFilesAreMergedAndTheFirstToNameAThingWins) {
  const std::string a = folder.write("a/config",
                                     "clusters: [{name: c, cluster: {server: 'https://a'}}]\ncurrent-context: x\n"
                                     "users: [{name: u, user: {tokenFile: token}}]\n");
  const std::string b =
      folder.write("b/config",
                   "clusters: [{name: c, cluster: {server: 'https://b'}}]\ncurrent-context: y\n"
                   "contexts: [{name: x, context: {cluster: c, user: u}}, {name: y, context: {cluster: c, user: u}}]\n");
  folder.write("a/token", "a-token");
  const auto files = split_kubeconfig_list(a + ":" + folder.path("absent") + "::" + b);
  EXPECT_EQ(files.size(), 3u);
  const Connection c = load_kubeconfig(files, "", clock).value();
  EXPECT_EQ(c.endpoint.url, "https://a");
  EXPECT_EQ(c.credentials->headers({}).value(), bearer("a-token"));
  EXPECT_EQ(load_kubeconfig(files, "y", clock)->source, "context y of " + b);
  EXPECT_THAT(load_kubeconfig({folder.path("p"), folder.path("q")}, "", clock).error().message, HasSubstr("none of the files"));
}

TEST_F(KubeconfigTest, AnExecPluginIsFoundBesideTheFileAndToldAboutTheCluster) {
  const std::string plugin = folder.write(
      "bin/plugin", "#!/bin/sh\necho \"$KUBERNETES_EXEC_INFO\" >" + folder.path("info") +
                        "\necho \"{\\\"kind\\\":\\\"ExecCredential\\\",\\\"apiVersion\\\":\\\"client.authentication.k8s.io/"
                        "v1beta1\\\",\\\"status\\\":{\\\"token\\\":\\\"$1-$NAME\\\"}}\"\n");
  std::filesystem::permissions(plugin, std::filesystem::perms::owner_all);
  const Connection c =
      load("server: 'https://h/p', certificate-authority-data: " + encode_base64(kPem) +
               ", extensions: [{name: client.authentication.k8s.io/exec, extension: {audience: '7', n: 3, b: true, l: [x]}}]",
           "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: ./bin/plugin, args: [a], env: [{name: NAME, value: "
           "n}], provideClusterInfo: true, interactiveMode: IfAvailable}")
          .value();
  EXPECT_EQ(c.credentials->headers({}).value(), bearer("a-n"));
  const auto cluster = nlohmann::json::parse(read_file(folder.path("info")).value())["spec"]["cluster"];
  EXPECT_EQ(cluster["server"], "https://h/p");
  EXPECT_EQ(cluster["certificate-authority-data"], encode_base64(kPem));
  EXPECT_EQ(cluster["config"], (nlohmann::json{{"audience", "7"}, {"n", 3}, {"b", true}, {"l", {"x"}}}));
}

TEST_F(KubeconfigTest, AUserMayBeMissingButNotMisspelt) {
  const std::string text = "clusters: [{name: c, cluster: {server: 'https://h'}}]\ncurrent-context: x\n";
  const auto anonymous =
      load_kubeconfig({folder.write("config", text + "contexts: [{name: x, context: {cluster: c}}]")}, "", clock);
  EXPECT_EQ(anonymous.value().credentials->headers({}).value(), Headers{});
  EXPECT_THAT(fault_of_text(text + "contexts: [{name: x, context: {cluster: c, user: v}}]\nusers: [{name: w, user: {}}]"),
              HasSubstr("contexts[x].context.user is \"v\", which is not among the users (known: w)"));
  EXPECT_THAT(fault_of_text(text + "contexts: [{name: x, context: {cluster: d}}]"), HasSubstr("not among the clusters (known: c)"));
  EXPECT_THAT(fault_of_text(text), HasSubstr("current-context \"x\" is not among the contexts (there are none)"));
  EXPECT_THAT(fault_of_text("clusters: []"), HasSubstr("current-context is not set"));
}

TEST_F(KubeconfigTest, BrokenFilesAreNamedWithTheirFault) {
  EXPECT_THAT(load_kubeconfig({folder.path("absent")}, "", clock).error().message,
              AllOf(HasSubstr("absent: No such file"), HasSubstr("--kubeconfig")));
  EXPECT_THAT(fault_of_text(""), HasSubstr("is empty"));
  EXPECT_THAT(fault_of_text("just words"), HasSubstr("is no kubeconfig"));
  EXPECT_THAT(fault_of_text("kind: Pod"), HasSubstr("kind is \"Pod\""));
  EXPECT_THAT(fault_of_text("a: [1\nb: }"), HasSubstr("config:2:"));
  EXPECT_THAT(fault_of_text("clusters: {}"), HasSubstr("clusters must be a list"));
  EXPECT_THAT(fault_of_text("clusters: [x]"), HasSubstr("clusters[0] must be a mapping"));
  EXPECT_THAT(fault_of_text("clusters: [{cluster: {}}]"), HasSubstr("clusters[0].name is missing"));
  EXPECT_THAT(fault_of_text("users: [{name: u, user: hello}]"), HasSubstr("users[u].user must be a mapping"));
  EXPECT_THAT(fault_of_text("users: [{name: u, user: {}}, {name: u, user: {}}]"), HasSubstr("users names \"u\" twice"));
  EXPECT_THAT(fault_of_text("current-context: [x]"), HasSubstr("current-context must be a text"));
  EXPECT_THAT(fault_of_text(std::string("\x00\x01\xff\xfe", 4)), Not(HasSubstr("no fault")));
}

TEST_F(KubeconfigTest, BrokenClustersAreNamedByField) {
  EXPECT_THAT(fault("", ""), HasSubstr("clusters[c].cluster.server is missing"));
  EXPECT_THAT(fault("server: 'ftp://h'", ""), HasSubstr("must begin with https://"));
  EXPECT_THAT(fault("server: 'https://'", ""), HasSubstr("names no host"));
  EXPECT_THAT(fault("server: 'https://u:p@h'", ""), AllOf(HasSubstr("name or password"), Not(HasSubstr("u:p"))));
  EXPECT_THAT(fault("server: 'https://h?x=1'", ""), HasSubstr("without query"));
  EXPECT_THAT(fault("server: 'https://h', certificate-authority: no.pem", ""),
              HasSubstr("certificate-authority names a file that can't be read"));
  EXPECT_THAT(fault("server: 'https://h', certificate-authority-data: '%%'", ""),
              HasSubstr("certificate-authority-data is not base64"));
  EXPECT_THAT(fault("server: 'https://h', certificate-authority-data: aGVsbG8=", ""), HasSubstr("holds no PEM"));
  EXPECT_THAT(fault("server: 'https://h', insecure-skip-tls-verify: maybe", ""), HasSubstr("must be true or false"));
  EXPECT_THAT(fault("server: 'https://h', insecure-skip-tls-verify: true, certificate-authority-data: " + encode_base64(kPem), ""),
              HasSubstr("contradicts"));
  EXPECT_THAT(fault("server: 'https://h', proxy-url: 'http://p'", ""), HasSubstr("proxy-url is not supported"));
}

TEST_F(KubeconfigTest, BrokenUsersAreNamedByFieldAndWithoutTheirSecrets) {
  const std::string pem = encode_base64(kPem);
  EXPECT_THAT(fault(kServer, "client-certificate-data: " + pem), HasSubstr("users[u].user.client-key is missing"));
  EXPECT_THAT(fault(kServer, "client-key-data: " + pem), HasSubstr("client-certificate is missing"));
  EXPECT_THAT(fault(kServer, "client-key: gone.pem, client-certificate-data: " + pem), HasSubstr("gone.pem"));
  EXPECT_THAT(fault(kServer, "tokenFile: gone"), HasSubstr("tokenFile names a file that can't be read"));
  EXPECT_THAT(fault(kServer, "token: \"sec\\nret\""), AllOf(HasSubstr("token holds"), Not(HasSubstr("ret\""))));
  EXPECT_THAT(fault(kServer, "token: secret, username: eve"), AllOf(HasSubstr("keep one"), Not(HasSubstr("secret"))));
  EXPECT_THAT(fault(kServer, "token: secret, username: eve, tokenFile: " + folder.write("token", "t")), HasSubstr("keep one"))
      << "a file that wins over the token makes them no better";
  EXPECT_THAT(fault(kServer, "token: [secret]"), AllOf(HasSubstr("token must be a text"), Not(HasSubstr("secret"))));
  EXPECT_THAT(fault(kServer, "auth-provider: {name: gcp}"), HasSubstr("auth-provider is not supported"));
  EXPECT_THAT(fault(kServer, "as-groups: [a]"), HasSubstr("as is missing"));
  EXPECT_THAT(fault(kServer, "as: a, as-user-extra: {x: [y]}"), HasSubstr("as-user-extra is not supported"));
}

TEST_F(KubeconfigTest, AServerWithoutASchemeIsAsClientGoTakesIt) {
  const std::string pem = encode_base64(kPem);
  EXPECT_EQ(load("server: 'h:6443'", "")->endpoint.url, "http://h:6443");
  EXPECT_EQ(load("server: 'h:6443/p', certificate-authority-data: " + pem, "token: t")->endpoint.url, "https://h:6443");
  EXPECT_EQ(load("server: 'h', insecure-skip-tls-verify: True", "token: t")->endpoint.url, "https://h");
  EXPECT_EQ(load("server: 'h'", "client-certificate-data: " + pem + ", client-key-data: " + pem)->endpoint.url, "https://h");
  EXPECT_EQ(load("server: 'HTTPS://H:1'", "token: t")->endpoint.url, "https://H:1");
}

TEST_F(KubeconfigTest, CredentialsNeverGoOverPlainHttpButToLoopback) {
  folder.write("token", "t");
  for (const std::string user : {"token: s3cret", "tokenFile: token", "username: eve, password: p",
                                 "exec: {apiVersion: client.authentication.k8s.io/v1, command: x}"}) {
    for (const std::string server :
         {"http://h:8080", "http://10.0.0.1", "h:80", "http://127.0.0.1.example.org", "http://localhost.x", "http://[::2]:1"}) {
      EXPECT_THAT(fault("server: '" + server + "'", user),
                  AllOf(HasSubstr("clusters[c].cluster.server is http://"), HasSubstr("write https://"), Not(HasSubstr("s3cret"))))
          << server;
    }
    for (const std::string server :
         {"http://127.0.0.1:8001", "http://127.9.9.9", "http://localhost:1/p", "http://[::1]:1", "https://h"}) {
      EXPECT_TRUE(load("server: '" + server + "'", user)) << server << user;
    }
  }
  EXPECT_TRUE(load("server: 'http://h'", "")) << "nothing is sent";
}

TEST_F(KubeconfigTest, WhatIsEmptyIsLeftOut) {
  const Connection c =
      load("server: 'https://h', proxy-url: \"\", certificate-authority: \"\"",
           "token: t, tokenFile: \"\", client-certificate: \"\", client-key: \"\", auth-provider: {}, as-user-extra: {}")
          .value();
  EXPECT_EQ(c.credentials->headers({}).value(), bearer("t"));
  const auto plugin = load(kServer,
                           "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, args: null, env: [{name: A}, {name: B, "
                           "value: }, {name: C, value: \"\"}]}");
  EXPECT_TRUE(plugin) << plugin.error().message;
}

TEST_F(KubeconfigTest, AnEmptyFileOfAListIsPassedOver) {
  const std::string good = config(kServer, "token: t");
  const std::string empty = folder.write("empty", "");
  const std::string comments = folder.write("comments", "# nothing\n---\n");
  EXPECT_EQ(load_kubeconfig({empty, comments, good}, "", clock)->endpoint.url, "https://h:6443");
  EXPECT_THAT(load_kubeconfig({empty, comments}, "", clock).error().message, HasSubstr("none of the files"));
  EXPECT_THAT(load_kubeconfig({comments}, "", clock).error().message, HasSubstr("is empty"));
}

TEST_F(KubeconfigTest, MergeKeysAreSaidNotToBeSupported) {
  EXPECT_THAT(fault_of_text("x: &x {server: 'https://h'}\nclusters: [{name: c, cluster: {<<: *x}}]\n"),
              HasSubstr("clusters[c].cluster.<< is a merge key"));
  EXPECT_THAT(fault_of_text("x: &x {name: c}\nclusters: [{<<: *x}]\n"), HasSubstr("clusters[0].<< is a merge key"));
  EXPECT_THAT(fault_of_text("x: &x {clusters: []}\n<<: *x\n"), HasSubstr("<< is a merge key"));
}

// Never one of that name in PATH.
TEST_F(KubeconfigTest, APluginWithASlashIsTheOneBesideARelativeFile) {
  const std::string plugin =
      folder.write("plug",
                   "#!/bin/sh\necho '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s."
                   "io/v1\",\"status\":{\"token\":\"beside\"}}'\n");
  std::filesystem::permissions(plugin, std::filesystem::perms::owner_all);
  (void)config(kServer, "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plug}");
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  const auto loaded = load_kubeconfig({"config"}, "", clock);
  std::filesystem::current_path(here);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const auto headers = loaded->credentials->headers({});
  ASSERT_TRUE(headers) << headers.error().message;
  EXPECT_EQ(*headers, bearer("beside"));
}

TEST_F(KubeconfigTest, BrokenExecPluginsAreNamedByField) {
  const std::string version = "apiVersion: client.authentication.k8s.io/v1, ";
  EXPECT_THAT(fault(kServer, "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}"),
              HasSubstr("exec.apiVersion must be"));
  EXPECT_THAT(fault(kServer, "exec: {" + version + "args: [a]}"), HasSubstr("users[u].user.exec.command is missing"));
  EXPECT_THAT(fault(kServer, "exec: {" + version + "command: x, args: a}"), HasSubstr("exec.args must be a list"));
  EXPECT_THAT(fault(kServer, "exec: {" + version + "command: x, env: [{value: A}]}"),
              HasSubstr("exec.env must be a list of {name, value}"));
  EXPECT_THAT(fault(kServer, "exec: {" + version + "command: x, interactiveMode: Always}"), HasSubstr("no terminal"));
  EXPECT_THAT(fault(kServer, "token: t, exec: {" + version + "command: x}"), HasSubstr("exec excludes token"));
  EXPECT_THAT(fault(kServer, "exec: plugin"), HasSubstr("exec must be a mapping"));
}

}  // namespace
}  // namespace drover::kube
