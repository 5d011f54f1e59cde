#include "placement/relief.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "instances.h"

namespace drover::placement {
namespace {

SearchOptions brief() {
  return {.seed = 7, .out_of_time = [] { return false; }, .most_children = 20};
}

TEST(Relief, CuresAnOverloadedNodeWithTheFewestMovesEvenBeyondT) {
  const Instance instance{
      .nodes = {{10, 10}, {10, 10}, {10, 10}}, .vms = {{{6, 6}, 0}, {{5, 5}, 0}, {{6, 6}, 1}, {{5, 5}, 1}}, .most_moves = 1};
  const Plan plan = search(instance, brief());
  EXPECT_EQ(problem_of(instance, plan), "");
  EXPECT_TRUE(plan.feasible);
  EXPECT_EQ(plan.moves.size(), 2U);
}

TEST(Relief, SaysWhenNoCureIsFound) {
  const Instance instance{.nodes = {{10, 10}, {10, 10}}, .vms = {{{9, 9}, 0}, {{9, 9}, 0}, {{9, 9}, 1}}, .most_moves = 3};
  const Plan plan = search(instance, brief());
  EXPECT_FALSE(plan.feasible);
  EXPECT_EQ(problem_of(instance, plan), "");
}

TEST(Relief, UsesWhatIsLeftOfTToPack) {
  const Instance instance{.nodes = {{10, 10}, {10, 10}, {10, 10}, {10, 10}},
                          .vms = {{{6, 6}, 0}, {{5, 5}, 0}, {{2, 2}, 1}, {{2, 2}, 2}, {{2, 2}, 3}},
                          .most_moves = 3};
  const Plan plan = search(instance, brief());
  EXPECT_EQ(problem_of(instance, plan), "");
  EXPECT_EQ(plan.nodes_used, 2);
}

TEST(Relief, WhateverIsOverloadedThePlanCanBeCarriedOut) {
  EXPECT_TRUE(rc::check([] {
    SeededRandom random = drawn_random();
    Instance instance = drawn_instance(random, 8, 24);
    for (Size& node : instance.nodes) {
      if (random.chance(0.3)) node = {node.cpu * 2 / 3, node.memory * 2 / 3};
    }
    const Plan plan = search(instance, brief());
    RC_ASSERT(problem_of(instance, plan) == "");
  }));
}

}  // namespace
}  // namespace drover::placement
