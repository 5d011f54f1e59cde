#include "app/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

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

TEST(Flags, WrongValuesAreToldWhatMayStandThere) {
  const std::string scenario = "--scenario";
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {with({"--http-transport", "telnet"}), R"(--http-transport: want cpprest or curl; have "telnet")"},
      {with({"--log-level", "loud"}), R"(--log-level: want debug, info, warn or error; have "loud")"},
      {{"plan", "-o", "yaml"}, R"(--output: want text or json; have "yaml")"},
      {{"plan", "-o", "1"}, R"(--output: want text or json; have "1")"},
      {{"simulate", scenario, "f", "-o", "text"}, R"(--output: want table or json; have "text")"},
      {{"explain", "pod", "a/b"}, R"(subject: want vm, node or policy; have "pod")"},
      {{"plan", "--kube-api-qps", "nan"}, R"(--kube-api-qps: want a number from 0.1 to 10000; have "nan")"},
      {{"plan", "--kube-api-burst", "nan"}, "--kube-api-burst: want a number from 1 to 10000"},
      {{"plan", "--kube-api-qps", "inf"}, "--kube-api-qps: want a number"},
      {{"plan", "--kube-api-qps", "0x10"}, "--kube-api-qps: want a number"},
      {{"simulate", scenario, "f", "--days", "nan"}, "--days: want a number from 0.001 to 3650"},
      {{"demo", "--seconds", "nan"}, "--seconds: want a number from 0.1 to 86400"},
      {{"place", "--instance", "f", "--seconds", "nan"}, "--seconds: want a number"},
      {{"simulate", scenario, "f", "--seed", "-1"}, R"(--seed: want a whole number from 0 to 18446744073709551615; have "-1")"},
      {{"simulate", scenario, "f", "--seed", "99999999999999999999"}, "--seed: want a whole number"},
      {{"simulate", scenario, "f", "--seed", "010"}, "--seed: want a whole number"},
      {{"demo", "--seed", "-1"}, "--seed: want a whole number"},
      {{"place", "--instance", "f", "--seed", "1.5"}, "--seed: want a whole number"},
      {with({"--max-inbound-migrations-per-node", "-1"}), "want a whole number from 1 to 1000"},
      {{"operator", "--prometheus-url", "p:9090"}, "drover: --prometheus-url: must be http://HOST:PORT or https://HOST:PORT"},
      {with({"--prometheus-matchers", "cluster=a"}), "--prometheus-matchers: want label matchers"},
      {with({"--prometheus-header", "s3cret"}), "--prometheus-header: want a header such as"},
      {with({"--prometheus-timeout", "5"}), R"(--prometheus-timeout: want a duration up to 5m, such as 5s; have "5")"},
      {with({"--prometheus-use-timeout", "0s"}), "--prometheus-use-timeout: want a duration"},
      {with({"--log-level", "\x1b[2J"}), R"(have "\x1b[2J")"}};
  for (const auto& [arguments, said_of_it] : wrong) {
    const auto said = parse(arguments);
    EXPECT_EQ(said.parsed.exit_code, kExitWrongUsage) << said_of_it;
    EXPECT_THAT(said.err, HasSubstr(said_of_it));
  }
}

TEST(Flags, WrongValuesOfTheEnvironmentAreRefusedToo) {
  setenv("DROVER_KUBE_API_QPS", "nan", 1);
  const auto said = parse({"plan"});
  unsetenv("DROVER_KUBE_API_QPS");
  EXPECT_EQ(said.parsed.exit_code, kExitWrongUsage);
  EXPECT_THAT(said.err, HasSubstr("want a number from 0.1 to 10000"));
}

TEST(Flags, TellSeveralClustersOfOnePrometheusApart) {
  const auto explain = parse({"explain", "--prometheus-matchers", R"(cluster="a")", "--prometheus-header", "X-Scope-OrgID: one",
                              "--prometheus-header", "X-Team: b", "vm", "vms/db", "--prometheus-use-timeout", "1m"})
                           .parsed.commands.explain;
  EXPECT_EQ(explain.name, "vms/db") << "a header takes no more than its own value";
  EXPECT_EQ(explain.cluster.prometheus_matchers, R"(cluster="a")");
  EXPECT_THAT(explain.cluster.prometheus_headers, testing::ElementsAre("X-Scope-OrgID: one", "X-Team: b"));
  EXPECT_EQ(explain.cluster.prometheus_use_timeout, "1m");
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

TEST(Flags, OwnersPromQlIsOffUnlessItIsChosen) {
  for (const char* command : {"operator", "plan", "explain", "snapshot"}) {
    std::vector<std::string> line = {command, "--prometheus-url", "http://p:9090"};
    if (line[0] == "explain") line.insert(line.end(), {"node", "n"});
    const auto offer_of = [&](const Commands& c) {
      return line[0] == "operator"  ? c.run.cluster.core.signals
             : line[0] == "plan"    ? c.plan.cluster.core.signals
             : line[0] == "explain" ? c.explain.cluster.core.signals
                                    : c.snapshot.cluster.core.signals;
    };
    const SignalOffer usual = offer_of(parse(line).parsed.commands);
    EXPECT_FALSE(usual.owner_promql) << command;
    EXPECT_FALSE(usual.any_name) << command;
    EXPECT_TRUE(usual.named.empty()) << command;
    line.insert(line.end(), {"--allow-owner-promql", "--signals", DROVER_SOURCE_DIR "/manifests/signals.yaml"});
    const SignalOffer chosen = offer_of(parse(line).parsed.commands);
    EXPECT_TRUE(chosen.owner_promql) << command;
    EXPECT_TRUE(chosen.named.contains("swap-in")) << command;
  }
}

TEST(Flags, AListOfSignalsThatCannotBeReadIsWrongUsage) {
  const auto said = parse(with({"--signals", "/no/such/signals.yaml"}));
  EXPECT_EQ(said.parsed.exit_code, kExitWrongUsage);
  EXPECT_THAT(said.err, HasSubstr("--signals: /no/such/signals.yaml: can't be read"));
}

TEST(Flags, CredentialsInAnAddressAreRefusedAndNotRepeated) {
  const auto said = parse({"plan", "--prometheus-url", "https://me:hunter2@p:9090"});
  EXPECT_EQ(said.parsed.exit_code, kExitWrongUsage);
  EXPECT_THAT(said.err,
              AllOf(HasSubstr("--prometheus-url"), HasSubstr("--prometheus-header-file"), testing::Not(HasSubstr("hunter2"))));
}

TEST(Flags, EachCommandShowsWhatItLooksAt) {
  const auto shows = [](const char* command, const char* flag) {
    return parse({command, "--help"}).out.find(flag) != std::string::npos;
  };
  for (const auto& [flag, commands] :
       std::map<const char*, std::string>{{"--kubeconfig", "operator plan explain snapshot suspend node"},
                                          {"--http-transport", "operator plan explain snapshot suspend node"},
                                          {"--prometheus-url", "operator plan explain snapshot"},
                                          {"--signals", "operator plan explain snapshot"},
                                          {"--assumed-migration-bandwidth", "operator plan explain"},
                                          {"--node-name", "operator plan explain"},
                                          {"--tell-machines", "operator plan explain"},
                                          {"--migration-pending-timeout", "operator"},
                                          {"--lease-name", "operator"},
                                          {"--metal3-kubeconfig", "operator"},
                                          {"--wait", "suspend node"}}) {
    for (const char* command : {"operator", "plan", "explain", "snapshot", "suspend", "node", "simulate", "demo", "place"})
      EXPECT_EQ(shows(command, flag), (" " + commands + " ").find(" " + std::string(command) + " ") != std::string::npos)
          << command << " " << flag;
  }
}

TEST(Flags, TyposAreAnsweredWithWhatMayBeMeant) {
  for (const auto& [arguments, answer] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"simulat", "--scenario", "f"}, "\"simulat\" is no command; did you mean simulate?"},
           {{"simulate", "--scenario", "f", "--sed", "7"}, "--sed is no flag of 'drover simulate'; did you mean --seed?"},
           {{"simulate", "--scenari=f"}, "--scenari is no flag of 'drover simulate'; did you mean --scenario?"},
           {{"operator", "--prometheus-ulr", "http://p:9090"}, "did you mean --prometheus-url?"},
           {{"frobnicate"}, "\"frobnicate\" is no command; there are operator, plan, explain"},
           {{"plan", "--frobnicate"}, "--frobnicate is no flag of 'drover plan'"},
           {{"--vresion"}, "--vresion is no flag of 'drover'"}}) {
    const auto said = parse(arguments);
    EXPECT_EQ(said.parsed.exit_code, kExitWrongUsage) << answer;
    EXPECT_THAT(said.err, HasSubstr(answer));
  }
}

TEST(Flags, ExplainOfNothingTeaches) {
  const auto said = parse({"explain"});
  EXPECT_EQ(said.parsed.exit_code, kExitWrongUsage);
  EXPECT_THAT(said.err, AllOf(HasSubstr("subject and name are missing"), HasSubstr("drover explain vm NAMESPACE/NAME"),
                              HasSubstr("drover explain node NAME"), HasSubstr("drover explain policy")));
}

TEST(Flags, NameWhatIsToBeExplained) {
  const auto& explain = parse({"explain", "policy", "keep-calm", "-o", "json"}).parsed.commands.explain;
  EXPECT_EQ(explain.subject, ExplainFlags::Subject::Policy);
  EXPECT_EQ(explain.name, "keep-calm");
  EXPECT_EQ(explain.output, Output::Json);
}

}  // namespace
}  // namespace drover
