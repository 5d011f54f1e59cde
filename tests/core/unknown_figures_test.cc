// Figures that are missing are neither load nor idleness, and nodes that are not Ready are neither.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dictated.h"

namespace drover::test {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// "a" runs on n1, "b" on n2; both are measured, until a test says otherwise.
class UnknownFigures : public Consolidation {
 protected:
  [[nodiscard]] const PoolNode& node(std::size_t number) const { return script.pools.back().nodes.at(number); }
};

TEST_F(UnknownFigures, MakeANodeNeitherHotNorATargetNorOneToBeEmptied) {
  h.use.erase(key_of("a"));
  h.lead();
  EXPECT_FALSE(node(0).measured);
  EXPECT_FALSE(node(0).receives);
  EXPECT_EQ(node(0).keeps_on, "VM vms/a on it is not measured");
  EXPECT_TRUE(node(1).measured);
  EXPECT_TRUE(node(1).receives);
}

TEST_F(UnknownFigures, DoNotHideAnOverloadThatTheKnownOnesShow) {
  h.use.erase(key_of("a"));
  h.world.add_vm("busy", "n1", [](Vm& vm) { vm.vcpus = 16; });
  h.uses("busy", 15);
  h.lead();
  EXPECT_TRUE(node(0).measured);
}

TEST_F(UnknownFigures, AreExpectedOfAVmThatHasJustStarted) {
  h.world.add_vm("new", "n1", [&](Vm& vm) { vm.created = h.world.now; });
  h.lead();
  EXPECT_FALSE(node(0).measured) << "nothing says that it overloads its node";
  EXPECT_TRUE(node(0).receives);
  EXPECT_EQ(node(0).keeps_on, "");
  h.pass(minutes{6});
  EXPECT_NE(node(0).keeps_on, "");
}

TEST_F(UnknownFigures, OfAllVmsAtOnceHoldNoRoundAndTheStatusSaysSo) {
  h.use.clear();
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  script.moves = {{"a", "n2"}};
  h.lead();
  h.pass(minutes{30});
  EXPECT_THAT(script.pools, IsEmpty());
  EXPECT_THAT(h.marks, IsEmpty());
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(h.statuses.at({"", "pack"}).conditions.at(0).reason.text(), "SignalUnavailable");
  EXPECT_THAT(h.statuses.at({"", "pack"}).conditions.at(0).message, HasSubstr("no VM's CPU and memory use is known"));
  EXPECT_LE(h.use_questions.size(), 40U) << "asked for once a minute, not at each look";
  h.uses("a", 1);
  h.pass(minutes{2});
  EXPECT_THAT(script.pools, testing::Not(IsEmpty()));
}

TEST_F(UnknownFigures, ThatAreTooOldHoldNoRound) {
  h.use_age = minutes{11};
  h.lead();
  h.pass(seconds{2});
  EXPECT_THAT(script.pools, IsEmpty());
  EXPECT_THAT(h.statuses.at({"", "pack"}).conditions.at(0).message, HasSubstr("older than 10m"));
}

TEST_F(UnknownFigures, DoNotKeepANodeFromComingBackForAVmThatWaits) {
  h.world.change_node("n3", [&](Node& n) {
    n.marks = {.life = NodeLife::Empty, .since = h.world.now, .policy_uid = "uid-pack", .cordoned = true};
    n.unschedulable = true;
  });
  h.use.clear();
  h.world.add_vm("new", "", {}, [](Pod& pod) { pod.unschedulable = true; });
  h.lead();
  h.pass(seconds{5});
  EXPECT_EQ(life("n3"), NodeLife::Active);
}

TEST_F(UnknownFigures, NothingIsMovedOffANodeThatIsNotReady) {
  h.world.change_node("n1", [](Node& n) { n.ready = false; });
  script.relief = true;
  script.moves = {{"a", "n2"}};
  h.lead();
  h.pass(minutes{2});
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(h.decision("a").reason, Reason::SourceNotReady);
  EXPECT_EQ(node(0).keeps_on, "it is not Ready");
  EXPECT_FALSE(node(0).measured);
  EXPECT_FALSE(node(0).receives);
  EXPECT_FALSE(script.pools.back().vms.at(0).movable_now);
}

TEST_F(UnknownFigures, NothingIsMovedOffOrToANodeWhoseVirtHandlerIsNotReady) {
  for (const char* node : {"n1", "n2", "n3"})
    h.world.add_pod(std::string("handler-of-") + node, node, {}, [&](Pod& pod) { pod.handler_ready = pod.node != "n1"; });
  script.relief = true;
  script.moves = {{"a", "n2"}};
  h.lead();
  h.pass(minutes{2});
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(h.decision("a").reason, Reason::SourceNotReady);
  EXPECT_FALSE(node(0).receives);
  EXPECT_TRUE(node(1).receives);
  EXPECT_FALSE(script.pools.back().vms.at(0).movable_now);
}

}  // namespace
}  // namespace drover::test
