#include "app/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace drover {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Said {
  ParsedFlags parsed;
  std::string out;
  std::string err;
};

Said parse(const std::vector<std::string>& arguments) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Said said{.parsed = parse_flags(arguments)};
  said.out = testing::internal::GetCapturedStdout();
  said.err = testing::internal::GetCapturedStderr();
  return said;
}

const std::vector<std::string> kOperator = {"operator", "--prometheus-url", "http://p:9090"};

std::vector<std::string> with(std::vector<std::string> more) {
  std::vector<std::string> all = kOperator;
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(Flags, HelpTeachesByExamplesAndExitsWith0) {
  for (const char* command : {"operator", "plan", "explain"}) {
    const auto said = parse({command, "--help"});
    EXPECT_EQ(said.parsed.commands.chosen, Commands::Chosen::None);
    EXPECT_EQ(said.parsed.exit_code, kExitDone);
    EXPECT_THAT(said.out, AllOf(HasSubstr("drover " + std::string(command)), HasSubstr("xample"), HasSubstr("DROVER_KUBECONFIG")));
  }
  EXPECT_THAT(parse({"--help"}).out,
              AllOf(HasSubstr("operator"), HasSubstr("explain"), HasSubstr("Exit codes: 0 done, 1 failed, 2 wrong usage")));
}

TEST(Flags, WrongUsageExitsWith2AndNamesTheFlag) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{}, "a command is needed"},
      {{"frob"}, "frob"},
      {{"operator"}, "--prometheus-url"},
      {with({"--frob"}), "--frob"},
      {with({"--http-transport", "telnet"}), "--http-transport"},
      {with({"--kube-api-qps", "-3"}), "--kube-api-qps"},
      {with({"--kube-api-qps", "many"}), "--kube-api-qps"},
      {with({"--max-inbound-migrations-per-node", "0"}), "--max-inbound-migrations-per-node"},
      {with({"--assumed-migration-bandwidth", "fast"}), "--assumed-migration-bandwidth"},
      {with({"--migration-pending-timeout", "soon"}), "--migration-pending-timeout"},
      {with({"--migration-unschedulable-timeout", "0s"}), "--migration-unschedulable-timeout"},
      {with({"--log-level", "loud"}), "--log-level"},
      {with({"--tls-cert", "a.pem"}), "--tls-key"},
      {{"plan", "-o", "yaml"}, "--output"},
      {{"place"}, "--instance"},
      {{"place", "--instance", "f", "--seconds", "0"}, "--seconds"},
      {{"place", "--instance", "f", "--seed", "x"}, "--seed"},
      {{"place", "--instance", "f", "-o", "yaml"}, "--output"},
      {{"explain", "vm"}, "name"},
      {{"explain", "pod", "a/b"}, "subject"},
      {{"explain", "vm", "db"}, "NAMESPACE/NAME"},
      {{"explain", "node", "a/b"}, "no namespace"},
      {{"explain", "policy", "a/b/c"}, "policy"}};
  for (const auto& [arguments, named] : wrong) {
    const auto said = parse(arguments);
    EXPECT_EQ(said.parsed.commands.chosen, Commands::Chosen::None) << named;
    EXPECT_EQ(said.parsed.exit_code, kExitWrongUsage) << named;
    EXPECT_THAT(said.err, AllOf(HasSubstr("drover: "), HasSubstr(named)));
  }
}

TEST(Flags, PlaceTakesAFileALimitAndASeed) {
  const auto said = parse({"place", "--instance", "pool.json", "--seconds", "2.5", "--seed", "9", "-o", "json"});
  ASSERT_EQ(said.parsed.commands.chosen, Commands::Chosen::Place);
  const PlaceFlags& place = said.parsed.commands.place;
  EXPECT_EQ(place.instance, "pool.json");
  EXPECT_EQ(place.seconds, 2.5);
  EXPECT_EQ(place.seed, 9U);
  EXPECT_EQ(place.output, Output::Json);
  EXPECT_THAT(parse({"place", "--help"}).out, AllOf(HasSubstr("\"cpu_m\""), HasSubstr("xample"), HasSubstr("lowerBound")));
}

TEST(Flags, SuspendTakesATimeToWait) {
  const auto said = parse({"suspend", "--wait", "90s"});
  ASSERT_EQ(said.parsed.commands.chosen, Commands::Chosen::Suspend);
  EXPECT_EQ(said.parsed.commands.suspend.wait, seconds{90});
  EXPECT_EQ(parse({"suspend"}).parsed.commands.suspend.wait, minutes{10});
  EXPECT_EQ(parse({"suspend", "--wait", "long"}).parsed.exit_code, kExitWrongUsage);
}

TEST(Flags, HaveDefaultsThatFitACluster) {
  const auto& run = parse(kOperator).parsed.commands.run;
  EXPECT_EQ(run.ns, "drover-system");
  EXPECT_EQ(run.lease_name, "drover");
  EXPECT_TRUE(run.leader_elect);
  EXPECT_EQ(run.cluster.http_transport, "cpprest");
  EXPECT_EQ(run.cluster.core.assumed_bandwidth_bytes_per_second, 125e6);
  EXPECT_EQ(run.cluster.core.max_inbound_per_node, 2);
}

TEST(Flags, ReadQuantitiesAndSwitches) {
  const auto& run =
      parse(with({"--assumed-migration-bandwidth", "1Gi", "--leader-elect=false", "--max-inbound-migrations-per-node=5"}))
          .parsed.commands.run;
  EXPECT_EQ(run.cluster.core.assumed_bandwidth_bytes_per_second, 1024.0 * 1024 * 1024);
  EXPECT_FALSE(run.leader_elect);
  EXPECT_EQ(run.cluster.core.max_inbound_per_node, 5);
  const auto& core =
      parse(with({"--migration-pending-timeout=10m", "--migration-unschedulable-timeout", "45s"})).parsed.commands.run.cluster.core;
  EXPECT_EQ(core.pending_timeout, minutes{10});
  EXPECT_EQ(core.unschedulable_timeout, seconds{45});
}

TEST(Flags, FallBackToTheEnvironmentAndWinOverIt) {
  setenv("DROVER_PROMETHEUS_URL", "http://from-environment:9090", 1);
  setenv("DROVER_LEADER_ELECT", "false", 1);
  setenv("DROVER_LOG_LEVEL", "debug", 1);
  setenv("DROVER_NODE_NAME", "n7", 1);
  const auto run = parse({"operator", "--log-level", "warn"}).parsed.commands.run;
  unsetenv("DROVER_PROMETHEUS_URL");
  unsetenv("DROVER_LEADER_ELECT");
  unsetenv("DROVER_LOG_LEVEL");
  unsetenv("DROVER_NODE_NAME");
  EXPECT_EQ(run.cluster.prometheus_url, "http://from-environment:9090");
  EXPECT_FALSE(run.leader_elect);
  EXPECT_EQ(run.cluster.log_level, "warn");
  EXPECT_EQ(run.cluster.core.own_node, "n7") << "as the manifests tell it";
}

TEST(Flags, NameWhatIsToBeExplained) {
  const auto& explain = parse({"explain", "policy", "keep-calm", "-o", "json"}).parsed.commands.explain;
  EXPECT_EQ(explain.subject, ExplainFlags::Subject::Policy);
  EXPECT_EQ(explain.name, "keep-calm");
  EXPECT_EQ(explain.output, Output::Json);
}

}  // namespace
}  // namespace drover
