#include "core/signal_offer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "harness.h"

namespace drover::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const PolicyRef kOwners{.key = {"vms", "p"}, .uid = "u"};
const PolicyRef kAdministrators{.key = {"", "p"}, .uid = "u"};

SignalOffer offering(const std::string& query) {
  return {.named = {{"frame-time", {.description = "time per frame", .unit = "ms", .promql = {.query = query}}}}};
}

std::string asked(const std::string& query, const PolicyRef& policy) {
  const Signal signal = asked_signal(offering(query), policy, NamedSignal{.name = "frame-time", .unit = ""});
  return std::get<PromQlSignal>(signal).query;
}

TEST(SignalOffer, PutsThePolicysNamespaceInAsAQuotedString) {
  const std::string query = R"(max by (name) (x{namespace="$namespace",q=~".*$"}) / y{exported_namespace = "$namespace"})";
  ASSERT_EQ(offered_query_problem(query), "");
  EXPECT_EQ(asked(query, kOwners), R"(max by (name) (x{namespace="vms",q=~".*$"}) / y{exported_namespace ="vms"})");
}

TEST(SignalOffer, AsksForAClusterMigrationPolicyOfEveryNamespace) {
  EXPECT_EQ(asked(R"(x{namespace="$namespace"})", kAdministrators), R"(x{namespace=~".+"})");
}

TEST(SignalOffer, RefusesAQueryWhosePlaceholderIsNotAWholeMatcher) {
  for (const auto& [query, fault] :
       std::map<std::string, std::string>{{"up", "has no $namespace"},
                                          {"up{namespace=$namespace}", "where it is not a label's whole value"},
                                          {"up{namespace='$namespace'}", "where it is not a label's whole value"},
                                          {R"(up{namespace="a$namespace"})", "where it is not a label's whole value"},
                                          {R"(up{namespace=~"$namespace"})", "in a matcher other than ="},
                                          {R"(up{namespace!="$namespace"})", "in a matcher other than ="},
                                          {R"(label_replace(up, "$namespace", "", "", ""))", "in a matcher other than ="},
                                          {R"(up{name="$vm",namespace="$namespace"})", "a variable other than $namespace"},
                                          {R"(up{namespace="$namespaces"})", "a variable other than $namespace"},
                                          {R"(up{namespace="${namespace}"})", "a variable other than $namespace"}}) {
    EXPECT_THAT(offered_query_problem(query), HasSubstr(fault)) << query;
  }
}

// Whatever the namespace is called: its name stays inside of one string, and the rest of the query as it was written.
RC_GTEST_PROP(SignalOffer, NoNamespaceLeavesItsQuotes, ()) {
  const auto ns = *rc::gen::suchThat(rc::gen::container<std::string>(rc::gen::element('a', '-', '"', '\\', '\n', '}', '$')),
                                     [](const std::string& text) { return !text.empty(); });
  const std::string query = asked(R"(x{namespace="$namespace"} > 1)", {.key = {ns, "p"}, .uid = "u"});
  const std::string before = R"(x{namespace=")";
  const std::string after = R"("} > 1)";
  RC_ASSERT(query.starts_with(before) && query.ends_with(after));
  std::string read;  // as PromQL reads a string
  for (std::size_t i = before.size(); i < query.size() - after.size(); ++i) {
    RC_ASSERT(query[i] != '"' && query[i] != '\n');
    if (query[i] == '\\') ++i;
    RC_ASSERT(i < query.size() - after.size());
    read += query[i] == 'n' ? '\n' : query[i];
  }
  RC_ASSERT(read == ns);
}

TEST(SignalOffer, AnOwnersPromQlIsTheAdministratorsChoice) {
  const Signal promql = PromQlSignal{.query = "secrets_of_others"};
  const auto bar = why_barred({}, kOwners, promql);
  ASSERT_TRUE(bar);
  EXPECT_EQ(bar->reason, ConditionReason::PromQlNotAllowed);
  EXPECT_THAT(bar->message, AllOf(HasSubstr("not carried out"), HasSubstr("--allow-owner-promql"), HasSubstr("--signals")));
  EXPECT_FALSE(why_barred({.owner_promql = true}, kOwners, promql));
  EXPECT_FALSE(why_barred({}, kAdministrators, promql)) << "their own";
  EXPECT_FALSE(why_barred({}, kOwners, KubeVirtMetricSignal{}));
}

TEST(SignalOffer, AnUnknownNameIsAnsweredWithThoseOnOffer) {
  const SignalOffer offer = offering("q");
  EXPECT_FALSE(why_barred(offer, kOwners, NamedSignal{.name = "frame-time", .unit = ""}));
  const auto bar = why_barred(offer, kOwners, NamedSignal{.name = "frametime", .unit = ""});
  ASSERT_TRUE(bar);
  EXPECT_EQ(bar->reason, ConditionReason::Invalid);
  EXPECT_THAT(bar->message, AllOf(HasSubstr("spec.threshold.signal.named.name: \"frametime\" is no signal on offer"),
                                  HasSubstr("frame-time (time per frame, in ms)")));
  EXPECT_THAT(why_barred({}, kAdministrators, NamedSignal{.name = "x", .unit = ""})->message,
              HasSubstr("offers none (flag --signals"));
  EXPECT_FALSE(why_barred(offer_anything(), kOwners, NamedSignal{.name = "x", .unit = ""}));
  EXPECT_FALSE(why_barred(offer_anything(), kOwners, PromQlSignal{}));
}

// The core, under an offer: one VM that is badly off by its signal, and two nodes.
class UnderOffer : public testing::Test {
 protected:
  explicit UnderOffer(const SignalOffer& offer = {}) : h({}, make_rules(offer)) {
    for (const char* node : {"n1", "n2"}) h.world.add_node(node, [](Node& n) { n.allocatable["cpu"] = 4000; });
    h.world.add_vm("db", "n1");
    h.world.add_vm("web", "n1");
    h.uses("db", 2, 1);
    h.uses("web", 2, 0);
    h.signal[key_of("db")] = 40;
  }
  void policy_with(Signal signal) {
    h.world.add_policy("policy", [&](Policy& p) {
      std::get<ThresholdSettings>(p.spec.settings) = {.signal = std::move(signal), .level = 30, .minimum_gain = 0};
    });
    h.lead();
    h.pass(seconds{1});
  }
  [[nodiscard]] std::string message() const {
    for (const Condition& condition : h.status().conditions) {
      if (condition.type == "Ready") return condition.message;
    }
    return "";
  }
  Harness h;
};

TEST_F(UnderOffer, AnOwnersPromQlIsNotCarriedOutAndItsStatusSaysWhichFlagWouldAllowIt) {
  policy_with(PromQlSignal{.query = "load"});
  EXPECT_EQ(h.condition("Ready"), "False PromQlNotAllowed");
  EXPECT_EQ(h.condition("Stalled"), "True PromQlNotAllowed");
  EXPECT_THAT(message(), HasSubstr("--allow-owner-promql"));
  EXPECT_TRUE(h.signals_asked.empty()) << "Prometheus is not even asked";
  EXPECT_TRUE(h.creates.empty());
}

TEST_F(UnderOffer, ItsLimitsHoldAllTheSame) {
  policy_with(PromQlSignal{.query = "load"});
  h.world.change_policy("policy", [](Policy& p) { p.spec.budgets = {{.migrations = 0}}; });
  h.world.add_policy("other", [](Policy& p) {
    std::get<ThresholdSettings>(p.spec.settings) = {.signal = KubeVirtMetricSignal{}, .level = 0.5, .minimum_gain = 0};
  });
  h.step(ViewChanged{});
  h.pass(minutes{2});
  EXPECT_FALSE(h.signals_asked.empty());
  EXPECT_TRUE(h.creates.empty());
  h.world.change_policy("policy", [](Policy& p) { p.spec.budgets = {kDefaultBudget}; });
  h.step(ViewChanged{});
  h.pass(minutes{1});
  EXPECT_EQ(h.creates.size(), 1U) << "the other's move waited for that alone";
}

class UnderNames : public UnderOffer {
 protected:
  UnderNames() : UnderOffer(offering(R"(frame_ms{namespace="$namespace"})")) {}
};

TEST_F(UnderNames, ANamedSignalIsAskedByItsQueryAndTheVmMoves) {
  policy_with(NamedSignal{.name = "frame-time", .unit = ""});
  EXPECT_EQ(h.condition("Ready"), "True Watching") << message();
  ASSERT_FALSE(h.signals_asked.empty());
  EXPECT_EQ(std::get<PromQlSignal>(h.signals_asked.front()).query, R"(frame_ms{namespace="vms"})");
  ASSERT_EQ(h.creates.size(), 1U);
  EXPECT_THAT(h.creates[0].reason, HasSubstr("the signal frame-time is 40 ms, above 30 ms"));
}

TEST_F(UnderNames, AnUnknownNameIsInvalidAndTheStatusListsThoseOnOffer) {
  policy_with(NamedSignal{.name = "frametime", .unit = ""});
  EXPECT_EQ(h.condition("Ready"), "False Invalid");
  EXPECT_THAT(message(), AllOf(HasSubstr("frame-time"), Not(HasSubstr("--allow-owner-promql"))));
  EXPECT_TRUE(h.signals_asked.empty());
}

}  // namespace
}  // namespace drover::test
