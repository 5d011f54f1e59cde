// A migration that was created and that the view does not show: its slot and its VM stay taken for as long as it may be there, and
// no longer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.h"

namespace drover::test {
namespace {

using testing::Contains;
using testing::Each;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

// "web" and "db" are badly off on n1 and better off on n2, one may move at a time. "db", which is worse off, was just told to.
class Unseen : public ::testing::Test {
 protected:
  Unseen() {
    for (const char* node : {"n1", "n2"}) h.world.add_node(node, [](Node& n) { n.allocatable["cpu"] = 8000; });
    for (const char* vm : {"web", "db", "idle"}) h.world.add_vm(vm, "n1");
    h.uses("web", 2, 1);
    h.uses("db", 2, 1);
    h.uses("idle", 2, 1);
    h.signal = {{key_of("web"), 0.9}, {key_of("db"), 0.99}};
    h.world.add_policy("policy");
    h.lead();
    EXPECT_EQ(moved(), key_of("db"));
  }
  [[nodiscard]] ObjectKey moved() const { return h.creates.empty() ? ObjectKey{} : h.creates.back().vm; }

  Harness h;
};

TEST_F(Unseen, AVmThatEndsGivesItsSlotBackAtOnce) {
  const std::string name = h.creates.back().name;
  h.world.erase_vm("db");
  h.step(ViewChanged{});
  h.pass(seconds{31});
  EXPECT_EQ(moved(), key_of("web"));
  EXPECT_THAT(h.reads, Not(Contains(name)));
}

TEST_F(Unseen, SoDoesOneThatBeganAnew) {
  h.world.change_vm("db", [](Vm& vm) {
    vm.uid = "uid-of-the-next";
    vm.phase = VmPhase::Scheduling;
    vm.node = "";
  });
  h.step(ViewChanged{});
  h.pass(seconds{31});
  EXPECT_EQ(moved(), key_of("web"));
}

TEST_F(Unseen, IsAskedForAndForgottenWhenItIsNotThere) {
  h.read_answer = Error{ErrorClass::NotFound, "no such migration"};
  h.pass(seconds{9});
  EXPECT_THAT(h.reads, IsEmpty()) << "the watch may be late";
  h.pass(seconds{2});
  EXPECT_THAT(h.reads, SizeIs(1));
  h.pass(seconds{31});
  EXPECT_GE(h.creates.size(), 2U);
}

TEST_F(Unseen, WhatIsThereOrCannotBeReadStaysTakenAndIsAskedForAgain) {
  const std::string name = h.creates.back().name;
  h.pass(minutes{15});
  h.read_answer = Error{ErrorClass::Retryable, "no answer"};
  h.pass(minutes{15});
  EXPECT_THAT(h.creates, SizeIs(1));
  EXPECT_THAT(h.reads, Each(name));
  EXPECT_GE(h.reads.size(), 100U);
  h.show_created();
  h.reads.clear();
  h.pass(minutes{1});
  EXPECT_THAT(h.reads, IsEmpty());
}

}  // namespace
}  // namespace drover::test
