#include "placement/instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drover::placement {
namespace {

using testing::HasSubstr;

const Instance kInstance{.nodes = {{4, 4}, {4, 4}, {4, 4}}, .vms = {{{3, 1}, 0}, {{2, 2}, 1}, {{1, 3}, 2}}, .most_moves = 1};

Plan plan_of(std::vector<Move> moves, int used) {
  return {.nodes_before = 3, .nodes_used = used, .lower_bound = 1, .moves = std::move(moves)};
}

TEST(PlacementPlan, IsSoundWhenItsMovesFindRoomAndItsFiguresAreSo) {
  EXPECT_EQ(problem_of(kInstance, plan_of({{2, 2, 0}}, 2)), "");
  EXPECT_EQ(problem_of(kInstance, plan_of({}, 3)), "");
}

TEST(PlacementPlan, SaysWhatForbidsIt) {
  EXPECT_THAT(problem_of(kInstance, plan_of({{1, 1, 0}}, 2)), HasSubstr("no room on node 0"));
  EXPECT_THAT(problem_of(kInstance, plan_of({{2, 1, 0}}, 2)), HasSubstr("starts on node 2, not 1"));
  EXPECT_THAT(problem_of(kInstance, plan_of({{2, 2, 9}}, 2)), HasSubstr("what is not there"));
  EXPECT_THAT(problem_of(kInstance, plan_of({{2, 2, 0}}, 1)), HasSubstr("nodes_used"));
  Instance none = kInstance;
  none.most_moves = 0;
  EXPECT_THAT(problem_of(none, plan_of({{2, 2, 0}}, 2)), HasSubstr("more than t"));
}

TEST(PlacementPlan, KnowsAnOverloadedPlacement) {
  EXPECT_FALSE(overloaded(kInstance));
  Instance full = kInstance;
  full.vms[0].size.memory = 5;
  EXPECT_TRUE(overloaded(full));
  Plan plan = plan_of({}, 3);
  EXPECT_THAT(problem_of(full, plan), HasSubstr("stays overloaded"));
  plan.feasible = false;
  EXPECT_EQ(problem_of(full, plan), "");
}

TEST(PlacementInstance, RoomThatNoSumOfVmsCanFillIsCutOff) {
  const Instance instance{.nodes = {{15, 17}, {12, 18}}, .vms = {{{4, 6}, 0}, {{8, 9}, 1}}, .most_moves = 1};
  const Instance usable = without_unusable_room(instance);
  EXPECT_EQ(usable.nodes, (std::vector<Size>{{12, 15}, {12, 18}})) << "multiples of 4 and 3";
  EXPECT_EQ(without_unusable_room({.nodes = {{15, 17}}, .vms = {{{0, 0}, 0}}, .most_moves = 1}).nodes,
            (std::vector<Size>{{15, 17}}));
}

TEST(PlacementInstance, WhatFitsIsTheSameWithoutUnusableRoom) {
  const auto overloaded_by = [](std::int64_t cpu) {
    return Instance{.nodes = {{cpu, 10}}, .vms = {{{4, 1}, 0}, {{8, 1}, 0}}, .most_moves = 0};
  };
  for (const std::int64_t cpu : {11, 12, 13}) {
    EXPECT_EQ(overloaded(without_unusable_room(overloaded_by(cpu))), overloaded(overloaded_by(cpu)));
  }
}

}  // namespace
}  // namespace drover::placement
