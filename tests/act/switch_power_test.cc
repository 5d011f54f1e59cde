#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/fake_kube_api.h"
#include "act/fakes.h"
#include "act/perform.h"
#include "support/driven.h"
#include "support/manual_clock.h"

namespace drover {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Switching : public testing::Test {
 protected:
  Switching() {
    means.drivers.add(PowerDriverKind::Redfish, driver);
    node_is("PoweringOff");
  }
  void node_is(const std::string& life) {
    const Json marks = {{"drover.dev/node-life", life}, {"drover.dev/node-policy-uid", "p-1"}};
    api.put(resource::kNodes, {"", "n1"},
            {{"metadata", {{"name", "n1"}, {"uid", "node-1"}, {"annotations", marks}}}, {"spec", {{"unschedulable", true}}}});
  }
  void add_pod(const std::string& node, const std::string& phase) {
    api.put(resource::kPods, {"vms", "virt-launcher-db"},
            {{"metadata",
              {{"namespace", "vms"},
               {"name", "virt-launcher-db"},
               {"uid", "pod-1"},
               {"labels", {{"kubevirt.io", "virt-launcher"}, {"kubevirt.io/created-by", "vm-1"}}}}},
             {"spec", {{"nodeName", node}}},
             {"status", {{"phase", phase}}}});
  }
  static SwitchPower order(bool on) {
    return {.policy = {{"", "pack"}, "p-1"},
            .node = "n1",
            .node_uid = "node-1",
            .driver = test::driven("n1"),
            .request = on ? PowerRequest::On : PowerRequest::GracefulOff};
  }
  [[nodiscard]] Error error_of(const SwitchPower& effect) const {
    const auto outcome = test::perform(means, effect, {});
    return outcome ? Error{ErrorClass::Retryable, "it was done"} : outcome.error();
  }

  test::FakeKubeApi api;
  test::FakeMetrics metrics;
  test::FakePowerDriver driver;
  test::ManualClock clock;
  Means means{.api = api, .metrics = metrics, .clock = clock};
};

TEST_F(Switching, TellsTheNodesDriver) {
  EXPECT_TRUE(test::perform(means, order(false), {}));
  node_is("Waking");
  EXPECT_TRUE(test::perform(means, order(true), {}));
  EXPECT_THAT(driver.orders(), ElementsAre("n1 GracefulOff", "n1 On"));
}

TEST_F(Switching, EachNodeIsSwitchedByTheDriverOfItsKind) {
  test::FakePowerDriver metal3;
  means.drivers.add(PowerDriverKind::Metal3, metal3);
  auto effect = order(false);
  effect.driver = test::driven("n1", PowerDriverKind::Metal3);
  EXPECT_TRUE(test::perform(means, effect, {}));
  EXPECT_THAT(metal3.orders(), ElementsAre("n1 GracefulOff"));
  EXPECT_THAT(driver.orders(), IsEmpty());
}

TEST_F(Switching, WithoutTheDriverItSaysWhichProfileNamesItAndWhatToWrite) {
  auto effect = order(false);
  effect.driver = test::driven("n1", PowerDriverKind::Metal3);
  const Error error = error_of(effect);
  EXPECT_EQ(error.cls, ErrorClass::Invalid);
  EXPECT_EQ(
      error.message,
      "PowerProfile rack-a names driver Metal3 for node n1, which this version of Drover does not carry out; the node is left "
      "on (write driver: {type: None} in the profile to have it so)");
  EXPECT_THAT(driver.orders(), IsEmpty());
}

TEST_F(Switching, NothingIsSwitchedOffThatIsNoLongerToBe) {
  node_is("Empty");
  EXPECT_THAT(error_of(order(false)).message, HasSubstr("node n1 is Empty now, not PoweringOff"));
  auto other = order(false);
  other.node_uid = "node-2";
  EXPECT_THAT(error_of(other).message, HasSubstr("replaced by another of its name"));
  api.drop(resource::kNodes, {"", "n1"});
  EXPECT_EQ(error_of(order(false)).cls, ErrorClass::Conflict);
  EXPECT_THAT(driver.orders(), IsEmpty());
}

TEST_F(Switching, NothingIsSwitchedOffUnderALauncherPod) {
  add_pod("n1", "Running");
  const Error error = error_of(order(false));
  EXPECT_EQ(error.cls, ErrorClass::Conflict);
  EXPECT_EQ(error.message, "pod vms/virt-launcher-db is on node n1");
  EXPECT_THAT(driver.orders(), IsEmpty());
  add_pod("n1", "Succeeded");
  EXPECT_TRUE(test::perform(means, order(false), {}));
}

TEST_F(Switching, NothingIsSwitchedOffWhilePodsCannotBeRead) {
  api.order({.verb = "list", .resource = "pods", .error = {ErrorClass::Denied, "forbidden", 403}});
  EXPECT_EQ(error_of(order(false)).cls, ErrorClass::Denied);
  EXPECT_THAT(driver.orders(), IsEmpty());
}

TEST_F(Switching, NothingIsSwitchedByAProcessThatDoesNotLead) {
  means.may_act = [] { return false; };
  EXPECT_EQ(error_of(order(false)).cls, ErrorClass::Cancelled);
  EXPECT_THAT(driver.orders(), IsEmpty());
}

}  // namespace
}  // namespace drover
