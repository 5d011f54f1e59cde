#include "core/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/rules.h"
#include "world.h"

namespace drover::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// VMs "a" and "b" in namespace vms, "a" in namespace dev, which is labelled team=dev.
class SelectionTest : public ::testing::Test {
 protected:
  SelectionTest() {
    w.put(Namespace{.name = "dev", .labels = labels({{"team", "dev"}})});
    w.add_node("n1");
    for (const char* vm : {"a", "b", "dev/a"}) w.add_vm(vm, "n1");
  }
  void add_cluster_policy(const World::Edit<PolicySpec>& edit = {}) {
    w.add_policy("/all", [&](Policy& p) {
      p.ref.key = {"", "all"};
      if (edit) edit(p.spec);
    });
  }
  [[nodiscard]] std::vector<std::string> selected(const std::string& policy) const {
    std::vector<std::string> names;
    for (const Vm* vm : selected_vms(w.view, policy_ref(policy))) names.push_back(to_string(vm->key));
    EXPECT_EQ(selected_count(w.view, policy_ref(policy)), static_cast<std::int64_t>(names.size()));
    EXPECT_EQ(selects_any(w.view, policy_ref(policy)), !names.empty());
    return names;
  }
  [[nodiscard]] const Policy& policy_ref(const std::string& policy) const { return *w.view.policies.at(key_of(policy)); }
  static Requirement in(std::string key, std::string value) {
    return {.key = std::move(key), .op = Requirement::Operator::In, .values = {std::move(value)}};
  }

  World w;
};

TEST_F(SelectionTest, AnOwnersPolicySelectsInItsNamespaceOnly) {
  w.add_policy("policy");
  EXPECT_THAT(selected("policy"), ElementsAre("vms/a", "vms/b"));
}

TEST_F(SelectionTest, AClusterPolicySelectsEverywhere) {
  add_cluster_policy();
  EXPECT_THAT(selected("/all"), ElementsAre("dev/a", "vms/a", "vms/b"));
}

TEST_F(SelectionTest, NamespacesAreChosenByNameAndByLabel) {
  add_cluster_policy([](PolicySpec& s) { s.namespace_names = {"vms"}; });
  EXPECT_THAT(selected("/all"), ElementsAre("vms/a", "vms/b"));
  add_cluster_policy([](PolicySpec& s) { s.namespaces.requirements = {in("team", "dev")}; });
  EXPECT_THAT(selected("/all"), ElementsAre("dev/a"));
  add_cluster_policy([](PolicySpec& s) {
    s.namespace_names = {"vms"};
    s.namespaces.requirements = {in("team", "dev")};
  });
  EXPECT_THAT(selected("/all"), IsEmpty()) << "both must hold";
}

TEST_F(SelectionTest, ANamespaceThatIsNotKnownHasNoLabels) {
  w.add_vm("unseen/a", "n1");
  add_cluster_policy(
      [](PolicySpec& s) { s.namespaces.requirements = {{.key = "team", .op = Requirement::Operator::NotIn, .values = {"dev"}}}; });
  EXPECT_THAT(selected("/all"), ElementsAre("vms/a", "vms/b"));
}

TEST_F(SelectionTest, AVmThatHasEndedIsNotSelected) {
  w.add_policy("policy", [](Policy& p) { p.spec.selector.requirements = {in("app", "a")}; });
  EXPECT_THAT(selected("policy"), ElementsAre("vms/a"));
  w.change_vm("a", [](Vm& vm) { vm.phase = VmPhase::Failed; });
  EXPECT_THAT(selected("policy"), IsEmpty());
  EXPECT_FALSE(selects(w.view, policy_ref("policy"), w.vm_ref("a")));
}

TEST_F(SelectionTest, AskedInOrderItAnswersAsAskedOneByOne) {
  add_cluster_policy([](PolicySpec& s) { s.namespace_names = {"vms"}; });
  SelectsInOrder in_order(w.view, policy_ref("/all"));
  for (const auto& [key, vm] : w.view.vms) EXPECT_EQ(in_order(*vm), selects(w.view, policy_ref("/all"), *vm)) << to_string(key);
}

TEST_F(SelectionTest, PoliciesThatAreSuspendedBindNobody) {
  w.add_policy("p");
  EXPECT_THAT(bounding_policies(w.view, w.vm_ref("a")), ElementsAre(&policy_ref("p")));
  EXPECT_THAT(bounding_policies(w.view, w.vm_ref("dev/a")), IsEmpty());
  w.add_policy("p", [](Policy& p) { p.spec.suspend = true; });
  EXPECT_THAT(bounding_policies(w.view, w.vm_ref("a")), IsEmpty());
}

TEST_F(SelectionTest, AMistakeInAPolicyMakesItNoWeaker) {
  w.add_policy("p", [](Policy& p) { p.problem = "spec.threshold: level is missing"; });
  EXPECT_THAT(bounding_policies(w.view, w.vm_ref("a")), ElementsAre(&policy_ref("p")));
  EXPECT_EQ(unreadable_limits(w.view, policy_ref("p")), "") << "what it asks of others is known";
  w.add_policy("p", [](Policy& p) { p.problem = p.limits_problem = "spec.perVM.cooldown: soon"; });
  EXPECT_THAT(bounding_policies(w.view, w.vm_ref("a")), ElementsAre(&policy_ref("p")));
  EXPECT_EQ(unreadable_limits(w.view, policy_ref("p")), "spec.perVM.cooldown: soon");
  w.add_policy("p", [](Policy& p) { p.spec.schedule = {{.cron = "never", .duration = hours{1}}}; });
  EXPECT_THAT(bounding_policies(w.view, w.vm_ref("a")), ElementsAre(&policy_ref("p")));
  EXPECT_NE(unreadable_limits(w.view, policy_ref("p")), "");
}

TEST_F(SelectionTest, APolicyWhoseTypeIsNotActedOnBindsItselfAlone) {
  w.add_policy("p", [](Policy& p) { p.spec.settings = GeoSettings{}; });
  EXPECT_THAT(bounding_policies(w.view, w.vm_ref("a")), IsEmpty());
  EXPECT_THAT(bounding_policies(w.view, w.vm_ref("a"), &policy_ref("p").ref), ElementsAre(&policy_ref("p")));
}

TEST_F(SelectionTest, OfAPolicyThatRecommendsOthersKeepWhatIsNotTheDefault) {
  const auto in_force = [&](const PolicyRef* by) {
    const LimitsInForce limits = limits_in_force(policy_ref("p"), by);
    return std::vector<bool>{limits.cooldown, limits.daily_moves, limits.budgets};
  };
  w.add_policy("p", [](Policy& p) { p.spec.budgets = {kDefaultBudget}; });
  EXPECT_THAT(in_force(nullptr), ElementsAre(true, true, true)) << "it enforces";
  w.change_policy("p", [](Policy& p) { p.spec.mode = PolicyMode::Recommend; });
  EXPECT_THAT(in_force(nullptr), ElementsAre(false, false, false));
  EXPECT_THAT(in_force(&policy_ref("p").ref), ElementsAre(true, true, true)) << "of itself";
  w.change_policy("p", [](Policy& p) {
    p.spec.per_vm = {.cooldown = hours{1}, .moves_per_day = 1};
    p.spec.budgets = {Budget{.migrations = 2}};
  });
  EXPECT_THAT(in_force(nullptr), ElementsAre(true, true, true));
}

TEST_F(SelectionTest, StatusNamesAVmAsItsReaderWouldAndIsReadBack) {
  const PolicyRef owner{.key = {"vms", "p"}, .uid = ""};
  const PolicyRef cluster{.key = {"", "all"}, .uid = ""};
  EXPECT_EQ(status_name(owner, key_of("a")), "a");
  EXPECT_EQ(status_name(cluster, key_of("a")), "vms/a");
  for (const PolicyRef& ref : {owner, cluster}) EXPECT_EQ(vm_key(ref, status_name(ref, key_of("a"))), key_of("a"));
}

// What binds others is what is acted on: the two lists name the same types.
TEST(Policies, OfTheTypesThatAreActedOnHaveARule) {
  for (const PolicySettings& settings :
       {PolicySettings(ThresholdSettings{}), PolicySettings(GeoSettings{}), PolicySettings(EncryptedSettings{}),
        PolicySettings(RandomIntervalSettings{}), PolicySettings(ConsolidationSettings{})}) {
    Policy policy;
    policy.spec.settings = settings;
    EXPECT_EQ(make_rules()(policy) != nullptr, is_acted_on(settings)) << type_of(settings);
  }
}

}  // namespace
}  // namespace drover::test
