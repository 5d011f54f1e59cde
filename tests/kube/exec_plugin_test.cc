#include "kube/exec_plugin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/manual_clock.h"
#include "support/temporary_folder.h"

namespace drover::kube {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kV1 = "client.authentication.k8s.io/v1";

// A plugin that is a shell script; it counts its runs in the file "runs".
struct ExecPluginTest : testing::Test {
  test::TemporaryFolder folder;
  test::ManualClock clock;

  ExecPlugin plugin(const std::string& script) {
    const std::string file = folder.write("plugin", "#!/bin/sh\necho x >>" + folder.path("runs") + "\n" + script);
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return {.api_version = kV1,
            .command = file,
            .arguments = {},
            .environment = {},
            .install_hint = "get it from the shop",
            .cluster_info = "",
            .user = "user dev in /k"};
  }
  ExecPlugin answering(const json& status, const std::string& version = kV1) {
    folder.write("answer", json{{"apiVersion", version}, {"kind", "ExecCredential"}, {"status", status}}.dump());
    return plugin("cat " + folder.path("answer"));
  }
  [[nodiscard]] std::size_t runs() const { return text("runs").size() / 2; }
  [[nodiscard]] std::string text(const std::string& name) const {
    std::ostringstream out;
    out << std::ifstream(folder.path(name)).rdbuf();
    return out.str();
  }
};

TEST_F(ExecPluginTest, ItsTokenIsKeptUntilItExpires) {
  ExecCredentials credentials(answering({{"token", "t1"}, {"expirationTimestamp", to_rfc3339(clock.now() + minutes{10})}}), clock);
  EXPECT_EQ(credentials.headers({}).value(), bearer("t1"));
  clock.advance(minutes{9});
  EXPECT_EQ(credentials.headers({}).value(), bearer("t1"));
  EXPECT_EQ(runs(), 1u);
  answering({{"token", "t2"}});
  clock.advance(minutes{1});
  EXPECT_EQ(credentials.headers({}).value(), bearer("t2"));
  clock.advance(hours{1000});
  EXPECT_EQ(credentials.headers({}).value(), bearer("t2"));
  EXPECT_EQ(runs(), 2u);
}

TEST_F(ExecPluginTest, ARefusedTokenIsAskedForAgainOnce) {
  ExecCredentials credentials(answering({{"token", "t1"}}), clock);
  EXPECT_TRUE(credentials.headers({}));
  answering({{"token", "t2"}});
  EXPECT_TRUE(credentials.refused(bearer("t1")));
  EXPECT_EQ(credentials.headers({}).value(), bearer("t2"));
  EXPECT_TRUE(credentials.refused(bearer("t1")));  // another thread's late answer
  EXPECT_EQ(credentials.headers({}).value(), bearer("t2"));
  EXPECT_EQ(runs(), 2u);
}

TEST_F(ExecPluginTest, MayGiveAClientCertificate) {
  ExecCredentials credentials(answering({{"clientCertificateData", "CERT"}, {"clientKeyData", "KEY"}}), clock);
  EXPECT_EQ(credentials.client_certificate(), std::nullopt);
  EXPECT_EQ(credentials.headers({}).value(), Headers{});
  EXPECT_EQ(credentials.client_certificate(), (ClientCertificate{"CERT", "KEY"}));
}

TEST_F(ExecPluginTest, IsToldWhatItIsAskedFor) {
  ExecPlugin wanted = plugin(
      "echo \"$KUBERNETES_EXEC_INFO\" >" + folder.path("info") + "; echo \"$1 $REGION\" >" + folder.path("args") +
      "; echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"t\"}}'");
  wanted.arguments = {"get token"};
  wanted.environment = {{"REGION", "north"}};
  wanted.cluster_info = R"({"server":"https://a"})";
  ExecCredentials credentials(wanted, clock);
  ASSERT_TRUE(credentials.headers({}));
  EXPECT_EQ(json::parse(text("info")), (json{{"apiVersion", kV1},
                                             {"kind", "ExecCredential"},
                                             {"spec", {{"interactive", false}, {"cluster", {{"server", "https://a"}}}}}}));
  EXPECT_EQ(text("args"), "get token north\n");
}

TEST_F(ExecPluginTest, AMissingProgramShowsTheInstallHint) {
  ExecPlugin missing = plugin("");
  missing.command = "/nowhere/plugin";
  const Error error = ExecCredentials(missing, clock).headers({}).error();
  EXPECT_EQ(error.cls, ErrorClass::Denied);
  EXPECT_THAT(error.message, AllOf(HasSubstr("user dev in /k"), HasSubstr("/nowhere/plugin"), HasSubstr("get it from the shop")));
}

TEST_F(ExecPluginTest, AFailureShowsWhatItWroteForPeopleAndNeverItsOutput) {
  ExecCredentials credentials(plugin("echo secret-token; echo 'login\nexpired' >&2; exit 7"), clock);
  const Error error = credentials.headers({}).error();
  EXPECT_EQ(error.cls, ErrorClass::Retryable);
  EXPECT_THAT(error.message, AllOf(HasSubstr("exit code 7: login expired"), Not(HasSubstr("secret-token"))));
}

TEST_F(ExecPluginTest, AnswersThatAreNoCredentialsAreNamed) {
  const auto fault = [&](const ExecPlugin& p) {
    const Error error = ExecCredentials(p, clock).headers({}).error();
    EXPECT_EQ(error.cls, ErrorClass::Denied);
    return error.message;
  };
  EXPECT_THAT(fault(plugin("echo secret-token")),
              AllOf(HasSubstr("did not print an ExecCredential"), Not(HasSubstr("secret-token"))));
  EXPECT_THAT(fault(plugin("true")), HasSubstr("did not print an ExecCredential"));
  EXPECT_THAT(fault(answering({{"token", "t"}}, "client.authentication.k8s.io/v1beta1")),
              HasSubstr("v1beta1\" where the kubeconfig says"));
  EXPECT_THAT(fault(answering(nullptr)), HasSubstr("without status"));
  EXPECT_THAT(fault(answering(json::object())), HasSubstr("neither"));
  EXPECT_THAT(fault(answering({{"clientKeyData", "k"}})), HasSubstr("only one of"));
  EXPECT_THAT(fault(answering({{"token", "a\r\nX-Evil: 1"}})), HasSubstr("can't stand in a header"));
  EXPECT_THAT(fault(answering({{"token", "t"}, {"expirationTimestamp", "soon"}})), HasSubstr("RFC 3339"));
}

TEST_F(ExecPluginTest, OneThatHangsIsGivenUp) {
  ExecPlugin hanging = plugin("sleep 600");
  hanging.timeout = milliseconds{100};
  EXPECT_EQ(ExecCredentials(hanging, clock).headers({}).error().cls, ErrorClass::Retryable);
}

}  // namespace
}  // namespace drover::kube
