// A move that a strategy advised is made only while its target holds the VMs that the strategy reckoned with there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dictated.h"

namespace drover::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class OutdatedAdvice : public Consolidation {
 protected:
  // At once; the next round is far off.
  void allow(int migrations) {
    h.world.change_policy("/pack", [&](Policy& p) {
      p.spec.budgets = {Budget{.migrations = migrations}};
      std::get<ConsolidationSettings>(p.spec.settings).interval = minutes{10};
    });
  }
  void arrives(std::size_t create) {
    const std::string name = to_string(ObjectKey{h.creates[create].vm.ns, h.creates[create].name});
    h.world.bind_target(name);
    h.world.finish(name);
    h.step(ViewChanged{});
  }
};

// What the strategy chose the node for holds no longer: it would fill it beyond what it saw there.
TEST_F(OutdatedAdvice, AMoveIsNotMadeOnceAnotherVmHasComeToItsTarget) {
  script.moves = {{"a", "n3"}, {"b", "n3"}};
  h.lead();
  ASSERT_THAT(h.creates, SizeIs(1)) << "one at once";
  h.world.add_vm("c", "n3");
  h.show_created();
  h.finish_created();
  h.pass(seconds{30});
  EXPECT_THAT(h.creates, SizeIs(1));
  EXPECT_EQ(h.decision("b").reason, Reason::AdviceOutdated);
  EXPECT_THAT(h.decision("b").message, HasSubstr("vms/c was not to be on n3"));
  h.pass(minutes{1});
  EXPECT_THAT(h.creates, SizeIs(2)) << "the next round knows it";
}

TEST_F(OutdatedAdvice, AMoveIsNotMadeWhileAnotherPolicyMovesAVmToItsTarget) {
  h.world.add_vm("c", "n1");
  script.moves = {{"a", "n3"}, {"b", "n3"}};
  allow(1);
  h.lead();
  h.show_created();
  h.world.add_migration("others", "c", "n3");
  allow(5);
  h.finish_created();
  h.pass(minutes{2});
  EXPECT_EQ(h.decision("b").reason, Reason::AdviceOutdated);
  EXPECT_THAT(h.creates, SizeIs(1));
}

TEST_F(OutdatedAdvice, AMoveWaitsForThoseThatTheAdvicePutBeforeIt) {
  script.moves = {{"b", "n3"}, {"a", "n2"}};
  h.world.change_vm("b", [](Vm& vm) { vm.excluded_reason = "by hand"; });
  h.lead();
  EXPECT_THAT(h.creates, IsEmpty());
  EXPECT_EQ(h.decision("a").reason, Reason::AdviceOutdated);
  EXPECT_THAT(h.decision("a").message, HasSubstr("vms/b was not to be on n2"));
  h.world.change_vm("b", [](Vm& vm) { vm.excluded_reason.clear(); });
  allow(2);
  h.pass(minutes{1});
  EXPECT_THAT(h.creates, SizeIs(2)) << "once b is on its way";
}

TEST_F(OutdatedAdvice, MovesOfOneAdviceToOneNodeAreNotInEachOthersWay) {
  h.world.add_vm("c", "n3", [](Vm& vm) { vm.terminating = true; });
  script.moves = {{"a", "n3"}, {"b", "n3"}};
  allow(1);
  h.lead();
  h.show_created();
  h.finish_created();
  h.pass(seconds{30});
  EXPECT_THAT(h.creates, SizeIs(2));
}

// Whichever goes first: a3 waits for its node's limit, and b does not.
TEST_F(OutdatedAdvice, AMoveDoesNotMindLaterOnesThatWentFirst) {
  for (const char* vm : {"a2", "a3"}) h.world.add_vm(vm, "n1");
  script.moves = {{"a", "n3"}, {"a2", "n4"}, {"a3", "n3"}, {"b", "n3"}};
  allow(10);
  h.world.view.limits.in_cluster = 10;
  h.lead();
  ASSERT_THAT(h.creates, SizeIs(3));
  EXPECT_EQ(h.decision("a3").reason, Reason::OutboundLimit);
  for (const CreateMigration& create : std::vector(h.creates)) h.show(create);
  arrives(0);
  h.pass(seconds{5});
  ASSERT_THAT(h.creates, SizeIs(4)) << h.decision("a3").message;
  EXPECT_EQ(h.creates[3].vm, key_of("a3"));
}

TEST_F(OutdatedAdvice, ReliefDoesNotWaitForABetterTarget) {
  script.moves = {{"a", "n3"}, {"b", "n3"}};
  script.relief = true;
  allow(1);
  h.lead();
  h.show_created();
  h.world.add_vm("c", "n3");
  h.finish_created();
  h.pass(seconds{5});
  EXPECT_THAT(h.creates, SizeIs(2));
}

TEST_F(OutdatedAdvice, ARoundKnowsWhatIsOnItsWay) {
  script.moves = {{"a", "n3"}};
  allow(5);
  h.lead();
  h.show_created();
  script.moves = {{"b", "n3"}};
  h.pass(minutes{10});
  EXPECT_THAT(h.creates, SizeIs(2)) << h.decision("b").message;
}

TEST_F(OutdatedAdvice, ARoundKnowsWhatStartsOnANode) {
  h.world.add_vm(
      "c", "", [](Vm& vm) { vm.phase = VmPhase::Scheduled; }, [](Pod& pod) { pod.node = "n3"; });
  script.moves = {{"a", "n3"}, {"b", "n3"}};
  allow(1);
  h.lead();
  h.show_created();
  h.world.change_vm("c", [](Vm& vm) {
    vm.phase = VmPhase::Running;
    vm.node = "n3";
  });
  h.finish_created();
  h.pass(seconds{5});
  EXPECT_THAT(h.creates, SizeIs(2)) << h.decision("b").message;
}

TEST_F(OutdatedAdvice, ARoundKnowsOfMovesOfVmsThatAreNotPacked) {
  h.world.add_vm("c", "n1", [](Vm& vm) { vm.terminating = true; });
  h.world.add_migration("others", "c", "n3");
  script.moves = {{"a", "n3"}};
  allow(5);
  h.lead();
  EXPECT_THAT(h.creates, SizeIs(1)) << h.decision("a").message;
}

TEST_F(OutdatedAdvice, WhatOnePolicyRecommendsIsNotInTheWayOfAnothersRecommendation) {
  h.world.change_policy("/pack", [](Policy& p) { p.spec.mode = PolicyMode::Recommend; });
  h.world.add_policy("/pack2", [](Policy& p) {
    p.ref.key = {"", "pack2"};
    p.spec.mode = PolicyMode::Recommend;
    p.spec.budgets = {Budget{.migrations = 5}};
    p.spec.settings = ConsolidationSettings{};
  });
  allow(5);
  script.moves = {{"a", "n3"}};
  script.moves_of_next = {{"b", "n3"}};
  h.lead();
  EXPECT_THAT(h.dry_runs, SizeIs(2)) << h.decision("b").message;
}

}  // namespace
}  // namespace drover::test
