#include "placement/order.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "instances.h"

namespace drover::placement {
namespace {

Ordered order(const Instance& instance, const std::vector<int>& at) {
  SeededRandom random(1);
  return order_moves(instance, at, random);
}

TEST(MoveOrder, AChainGoesFromItsFreeEnd) {
  const Instance instance{
      .nodes = {{4, 4}, {4, 4}, {4, 4}, {4, 4}}, .vms = {{{4, 4}, 0}, {{4, 4}, 1}, {{4, 4}, 2}}, .most_moves = 3};
  const Ordered ordered = order(instance, {1, 2, 3});
  EXPECT_EQ(ordered.moves, (std::vector<Move>{{2, 2, 3}, {1, 1, 2}, {0, 0, 1}}));
  EXPECT_TRUE(ordered.stuck.empty());
}

TEST(MoveOrder, ASwapOfFullNodesIsStuckAndTheOthersGo) {
  const Instance instance{
      .nodes = {{4, 4}, {4, 4}, {4, 4}, {4, 4}}, .vms = {{{4, 4}, 0}, {{4, 4}, 1}, {{4, 4}, 2}}, .most_moves = 3};
  const Ordered ordered = order(instance, {1, 0, 3});
  EXPECT_EQ(ordered.moves, (std::vector<Move>{{2, 2, 3}}));
  EXPECT_EQ(ordered.stuck.size(), 2U);
}

TEST(MoveOrder, ASwapWithRoomOnOneSideIsNoCircle) {
  const Instance instance{.nodes = {{4, 4}, {8, 8}}, .vms = {{{4, 4}, 0}, {{4, 4}, 1}}, .most_moves = 2};
  EXPECT_EQ(order(instance, {1, 0}).moves, (std::vector<Move>{{0, 0, 1}, {1, 1, 0}}));
}

// A walk of moves that each find room, one a VM, can always be found again from its end: or what is stuck is named, never lost.
TEST(MoveOrder, EveryMoveIsInOrderOrNamedAsStuck) {
  EXPECT_TRUE(rc::check([] {
    SeededRandom random = drawn_random();
    const Instance instance = drawn_instance(random, 6, 20);
    std::vector<Size> room = rooms_of(instance);
    std::vector<int> at;
    int moved = 0;
    for (const Vm& vm : instance.vms) {
      const std::size_t to = random.below(room.size());
      const bool go = vm.size.fits(room[to]) && static_cast<int>(to) != vm.node;
      at.push_back(go ? static_cast<int>(to) : vm.node);
      if (!go) continue;
      ++moved;
      room[to] = {room[to].cpu - vm.size.cpu, room[to].memory - vm.size.memory};
      Size& left = room[static_cast<std::size_t>(vm.node)];
      left = {left.cpu + vm.size.cpu, left.memory + vm.size.memory};
    }
    const Ordered ordered = order(instance, at);
    RC_ASSERT(static_cast<int>(ordered.moves.size() + ordered.stuck.size()) == moved);
    Instance bounded = instance;
    bounded.most_moves = moved;
    Plan plan{.nodes_before = nodes_in_use(instance), .nodes_used = 0, .lower_bound = 0, .moves = ordered.moves};
    const std::string problem = problem_of(bounded, plan);
    RC_ASSERT(problem == "" || problem == "nodes_used is not what the moves leave in use");
  }));
}

}  // namespace
}  // namespace drover::placement
