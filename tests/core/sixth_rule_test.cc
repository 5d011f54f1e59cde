// A type of policy that Drover does not act on, acted on: what CONTRIBUTING says a new type takes is enough, and step, arbiter,
// status and reports, which know no type, do the rest. The type borrows the settings of Geo; its rule is in this file, and one line
// names it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/look.h"
#include "core/rule.h"
#include "core/rules.h"
#include "dictated.h"

namespace drover::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// What every rule must say; this one wants nothing.
class Idle : public Rule {
 public:
  void propose(const Policy& /*policy*/, Look& /*look*/, Findings& /*found*/) override {}
  [[nodiscard]] bool wants(const ObjectKey& /*vm*/, const Look& /*look*/) const override { return false; }
  [[nodiscard]] std::optional<std::string> first_answer(const Policy& /*policy*/, const ClusterView& /*view*/) const override {
    return "";
  }
  [[nodiscard]] Decision why_quiet(const ObjectKey& /*vm*/) const override { return {.message = "it likes it here"}; }
};

// What the test dictates to the rule, and what came to it.
struct Sixth {
  std::vector<std::string> nodes;  // VM "web" is to go to the first of these that can take it
  std::string forbidden;           // why nobody may move what it selects
  std::string kept_on;             // this node is not to be emptied
  Duration put_back{};
  int rests = 0;
};
Sixth sixth;

class SixthRule final : public Idle {
 public:
  void propose(const Policy& policy, Look& look, Findings& found) override {
    const Vm* web = look.view().vm(key_of("web"));
    if (sixth.nodes.empty() || web == nullptr) return;
    found.proposals.push_back(
        {.policy = &policy, .vm = web, .destination = OneOf{sixth.nodes}, .why = {Reason::Consolidated, "the test says so"}});
  }
  [[nodiscard]] bool wants(const ObjectKey& vm, const Look& /*look*/) const override {
    return !sixth.nodes.empty() && vm == key_of("web");
  }
  [[nodiscard]] std::string forbids(const Policy& /*policy*/, const Proposal& /*proposal*/, const Node* /*target*/,
                                    const Look& /*look*/) const override {
    return sixth.forbidden;
  }
  void keep_on(const Policy& /*policy*/, const Look& /*look*/, std::map<std::string, std::string>& nodes) const override {
    if (!sixth.kept_on.empty()) nodes[sixth.kept_on] = "the sixth policy needs it";
  }
  void rest() override { ++sixth.rests; }
  void put_back(Duration by) override { sixth.put_back += by; }
};

// The line that names the rule; all other types as ever.
template <typename OfGeo>
RuleMaker with_sixth(StrategyMaker strategies = make_strategy) {
  return [others = usual_rules(strategies)](const Policy& policy) -> std::unique_ptr<Rule> {
    if (std::holds_alternative<GeoSettings>(policy.spec.settings)) return std::make_unique<OfGeo>();
    return others(policy);
  };
}

// "web" is badly off on n1 and better off on n2; n3 is full. "sixth" selects all VMs, as "policy" does.
class SixthType : public ::testing::Test {
 protected:
  explicit SixthType(RuleMaker rules = with_sixth<SixthRule>()) : h({}, std::move(rules)) {
    sixth = {};
    for (const char* node : {"n1", "n2", "n3"}) h.world.add_node(node, [](Node& n) { n.allocatable["cpu"] = 4000; });
    h.world.change_node("n3", [](Node& n) { n.taints.push_back({"full", "", "NoSchedule"}); });
    h.world.add_vm("web", "n1");
    h.world.add_vm("db", "n1");
    h.uses("web", 2, 1);
    h.uses("db", 2, 0);
    h.signal[key_of("web")] = 0.95;
    h.world.add_policy("sixth", [](Policy& p) { p.spec.settings = GeoSettings{}; });
  }
  void add_threshold() { h.world.add_policy("policy"); }

  Harness h;
};

class EmptyType : public SixthType {
 protected:
  EmptyType() : SixthType(with_sixth<Idle>()) {}
};

TEST_F(EmptyType, IsActedOnWithNothingButItsRule) {
  h.lead();
  h.pass(minutes{2});
  EXPECT_EQ(h.condition("Ready", "sixth"), "True Watching");
  EXPECT_EQ(h.status("sixth").selected_vms, 2);
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_FALSE(h.core().first_decisions_hash().empty());
  const auto& policy = *h.world.view.policies.at(key_of("sixth"));
  EXPECT_EQ(h.core().why_quiet(policy, h.world.vm_ref("web"))->message, "it likes it here");
}

TEST_F(SixthType, MovesAVmToTheFirstOfItsNodesThatCanTakeIt) {
  sixth.nodes = {"n1", "n3", "n2"};
  h.lead();
  h.pass(seconds{5});
  ASSERT_THAT(h.creates, SizeIs(1));
  EXPECT_EQ(h.creates[0].target, "n2");
  EXPECT_EQ(h.creates[0].policy.key, key_of("sixth"));
  EXPECT_EQ(h.decision("web").reason, Reason::Moving);
}

TEST_F(SixthType, SaysSoWhenNoneOfItsNodesCanTakeTheVm) {
  sixth.nodes = {"n3", "gone"};
  h.lead();
  h.pass(seconds{5});
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(h.decision("web").reason, Reason::NoFeasibleNode);
  EXPECT_THAT(h.decision("web").message, HasSubstr("n3: taint full"));
}

TEST_F(SixthType, IsBoundByWhatBindsAllOthers) {
  sixth.nodes = {"n2"};
  h.world.change_policy("sixth", [](Policy& p) { p.spec.budgets = {{.migrations = 0, .percent = {}, .window = {}}}; });
  h.lead();
  h.pass(seconds{5});
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(h.decision("web").reason, Reason::BudgetExhausted);
}

TEST_F(SixthType, RecommendsOnceUntilItWantsSomethingElse) {
  sixth.nodes = {"n2"};
  h.world.change_policy("sixth", [](Policy& p) { p.spec.mode = PolicyMode::Recommend; });
  h.lead();
  h.pass(minutes{1});
  EXPECT_THAT(h.dry_runs, SizeIs(1));
  EXPECT_EQ(h.decision("web").message, "the test says so");
  EXPECT_EQ(h.status("sixth").verdicts.at(0).verdict, Verdict::Recommended);
  sixth.nodes = {};
  h.step(ViewChanged{});
  h.pass(seconds{2});
  sixth.nodes = {"n2"};
  h.pass(seconds{2});
  EXPECT_THAT(h.dry_runs, SizeIs(2));
}

TEST_F(SixthType, ForbidsWhatAnotherPolicyWantsUntilItNoLongerDoes) {
  add_threshold();
  sixth.forbidden = "the network is not encrypted";
  h.lead();
  h.pass(seconds{35});
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(h.decision("web").reason, Reason::Forbidden);
  EXPECT_EQ(h.decision("web").message, "MigrationPolicy vms/sixth forbids it: the network is not encrypted");
  EXPECT_EQ(h.status("policy").verdicts.at(0).reason, Reason::Forbidden);
  sixth.forbidden = "";
  h.pass(seconds{35});
  EXPECT_THAT(h.creates, SizeIs(1));
}

TEST_F(SixthType, ForbidsNothingAboutVmsThatItDoesNotSelect) {
  add_threshold();
  sixth.forbidden = "the network is not encrypted";
  h.world.change_policy("sixth", [](Policy& p) {
    p.spec.selector.requirements = {{.key = "app", .op = Requirement::Operator::In, .values = {"other"}}};
  });
  h.lead();
  h.pass(seconds{35});
  EXPECT_THAT(h.creates, SizeIs(1));
}

TEST_F(SixthType, ForbidsNothingWhileItIsSuspended) {
  add_threshold();
  sixth.forbidden = "the network is not encrypted";
  h.world.change_policy("sixth", [](Policy& p) { p.spec.suspend = true; });
  h.lead();
  h.pass(seconds{35});
  EXPECT_THAT(h.creates, SizeIs(1));
  EXPECT_GT(sixth.rests, 0);
}

TEST_F(SixthType, PutsItsTimesBackWithTheClock) {
  h.lead();
  h.world.now -= hours{3};
  h.step(Tick{});
  EXPECT_EQ(sixth.put_back, hours{3});
}

class SixthBesidePacking : public Consolidation {
 protected:
  SixthBesidePacking() {
    sixth = {};
    h.restart({}, with_sixth<SixthRule>(
                      [](const ConsolidationSettings&) -> std::unique_ptr<Strategy> { return std::make_unique<Dictated>(); }));
    h.world.add_policy("sixth", [](Policy& p) { p.spec.settings = GeoSettings{}; });
  }
  [[nodiscard]] static std::string keeps_on(std::size_t node) { return script.pools.back().nodes.at(node).keeps_on; }
};

TEST_F(SixthBesidePacking, KeepsANodeOnForItsOwnReasons) {
  sixth.kept_on = "n2";
  h.lead();
  EXPECT_EQ(keeps_on(1), "the sixth policy needs it");
  EXPECT_EQ(keeps_on(2), "");
}

TEST_F(SixthBesidePacking, KeepsNoNodeOnWhenItOnlyRecommends) {
  sixth.kept_on = "n2";
  h.world.change_policy("sixth", [](Policy& p) { p.spec.mode = PolicyMode::Recommend; });
  h.lead();
  EXPECT_EQ(keeps_on(1), "");
}

}  // namespace
}  // namespace drover::test
