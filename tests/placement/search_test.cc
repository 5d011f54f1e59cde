#include "placement/search.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "instances.h"
#include "placement/fitter.h"
#include "placement/packing.h"

namespace drover::placement {
namespace {

SearchOptions brief(int children = 60) {
  return {.seed = 7, .out_of_time = {}, .most_children = children};
}

// The fewest nodes that at most t moves can leave in use, one move a VM, in some order: every sequence is tried.
class Exhaustive {
 public:
  explicit Exhaustive(const Instance& instance) : instance_(instance), room_(rooms_of(instance)), at_(instance.vms.size()) {
    for (std::size_t v = 0; v < at_.size(); ++v) at_[v] = instance.vms[v].node;
    best_ = used();
    go(0);
  }
  [[nodiscard]] int best() const { return best_; }

 private:
  [[nodiscard]] int used() const {
    std::vector<int> nodes = at_;
    std::sort(nodes.begin(), nodes.end());
    return static_cast<int>(std::unique(nodes.begin(), nodes.end()) - nodes.begin());
  }

  void shift(std::size_t vm, int to) {
    const Size& size = instance_.vms[vm].size;
    Size& from = room_[static_cast<std::size_t>(at_[vm])];
    from = {from.cpu + size.cpu, from.memory + size.memory};
    Size& target = room_[static_cast<std::size_t>(to)];
    target = {target.cpu - size.cpu, target.memory - size.memory};
    at_[vm] = to;
  }

  void go(int moved) {
    best_ = std::min(best_, used());
    if (moved == instance_.most_moves) return;
    for (std::size_t v = 0; v < at_.size(); ++v) {
      const int from = at_[v];
      if (from != instance_.vms[v].node) continue;
      for (std::size_t n = 0; n < room_.size(); ++n) {
        if (static_cast<int>(n) == from || !instance_.vms[v].size.fits(room_[n])) continue;
        shift(v, static_cast<int>(n));
        go(moved + 1);
        shift(v, from);
      }
    }
  }

  const Instance& instance_;
  std::vector<Size> room_;
  std::vector<int> at_;
  int best_ = 0;
};

TEST(PlacementSearch, EveryPlanCanBeCarriedOutWithinTAndUsesNoMoreNodesThanBefore) {
  EXPECT_TRUE(rc::check([] {
    SeededRandom random = drawn_random();
    const Instance instance = drawn_instance(random, 12, 40);
    const Plan plan = search(instance, brief(20));
    RC_ASSERT(problem_of(instance, plan) == "");
    RC_ASSERT(static_cast<int>(plan.moves.size()) <= instance.most_moves);
    RC_ASSERT(plan.lower_bound <= plan.nodes_used);
    RC_ASSERT(plan.nodes_used <= greedy_drain(instance).nodes_used);
  }));
}

TEST(PlacementSearch, FindsTheOptimumOfTinyInstances) {
  int found = 0;
  constexpr int kInstances = 500;
  for (int i = 0; i < kInstances; ++i) {
    SeededRandom random(static_cast<std::uint64_t>(i));
    Instance instance = drawn_instance(random, 4, 6);
    instance.most_moves = std::min(instance.most_moves, 4);
    const int optimum = Exhaustive(instance).best();
    const Plan plan = search(instance, brief(300));
    EXPECT_LE(plan.lower_bound, optimum) << "instance " << i;
    EXPECT_GE(plan.nodes_used, optimum) << "instance " << i;
    found += plan.nodes_used == optimum ? 1 : 0;
  }
  EXPECT_EQ(found, kInstances);
}

TEST(PlacementSearch, TheSameSeedGivesTheSamePlan) {
  SeededRandom random(3);
  const Instance instance = drawn_instance(random, 12, 60);
  EXPECT_EQ(search(instance, brief()).moves, search(instance, brief()).moves);
}

TEST(PlacementSearch, MakesRoomByMovingAVmBetweenNodesThatStay) {
  // The VM of n2 fits nowhere until n1 has given its small one to n0.
  const Instance instance{
      .nodes = {{10, 10}, {10, 10}, {8, 8}}, .vms = {{{8, 8}, 0}, {{2, 2}, 1}, {{4, 4}, 1}, {{6, 6}, 2}}, .most_moves = 2};
  EXPECT_EQ(greedy_drain(instance).nodes_used, 3);
  const Plan plan = search(instance, brief());
  EXPECT_EQ(plan.nodes_used, 2);
  EXPECT_EQ(plan.moves, (std::vector<Move>{{1, 1, 0}, {3, 2, 1}}));
}

TEST(PlacementSearch, WakesALargeNodeForTwoSmallOnes) {
  const Instance instance{.nodes = {{4, 4}, {4, 4}, {10, 10}}, .vms = {{{4, 4}, 0}, {{4, 4}, 1}}, .most_moves = 2};
  EXPECT_EQ(search(instance, brief()).nodes_used, 1);
}

// What needs little CPU and much memory finds no room, what needs more CPU and less memory does.
TEST(PlacementSearch, ThatOneVmFitsNowhereSaysNothingOfAnotherThatIsSmallerInOneResource) {
  const Instance instance{.nodes = {{10, 10}, {10, 10}, {10, 10}}, .vms = {{{1, 8}, 0}, {{4, 1}, 1}, {{2, 6}, 2}}, .most_moves = 1};
  EXPECT_EQ(greedy_drain(instance).nodes_used, 2);
  Packing packing(instance);
  SeededRandom random(1);
  const std::function<bool()> never = [] { return false; };
  Fitter fitter(packing, random, never);
  packing.lift(0);
  packing.close(0);
  packing.lift(1);
  packing.close(1);
  fitter.insert_what_fits();
  EXPECT_EQ(packing.node_of(0), Packing::kPool);
  EXPECT_EQ(packing.node_of(1), 2);
}

// Of thirty pools' 600 nodes 457 are used; were plans with such moves thrown away, 466.
TEST(PlacementSearch, TriesMovesThatWaitForEachOtherInACircleElsewhere) {
  int used = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SeededRandom random(seed);
    used += search(crowded_instance(random, 20, 40), brief(1)).nodes_used;
  }
  EXPECT_LE(used, 461);
}

TEST(PlacementSearch, GoesHalfOfTheWayFromTheGreedyDrainToTheBoundOnACrowdedPool) {
  SeededRandom random(1);
  const Instance instance = crowded_instance(random, 1500, 3000);
  const Plan plan = search(instance, brief(2));
  EXPECT_EQ(problem_of(instance, plan), "");
  const int greedy = greedy_drain(instance).nodes_used;
  EXPECT_LT(plan.nodes_used, greedy);
  EXPECT_GE(2 * (greedy - plan.nodes_used), greedy - plan.lower_bound)
      << plan.nodes_used << " of " << greedy << ", bound " << plan.lower_bound;
}

// Few moves: what a move is worth has to be known well.
TEST(PlacementSearch, ComesNearTheBoundWhereMovesAreScarce) {
  int used = 0;
  int bound = 0;
  int greedy = 0;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SeededRandom random(seed);
    const Instance instance = crowded_instance(random, 200, 120);
    const Plan plan = search(instance, brief(10));
    EXPECT_EQ(problem_of(instance, plan), "");
    used += plan.nodes_used;
    bound += plan.lower_bound;
    greedy += greedy_drain(instance).nodes_used;
  }
  EXPECT_GE(greedy - used, 10) << used << " of " << greedy << ", and not for a bound that is too high";
  EXPECT_GE(4 * (greedy - used), 3 * (greedy - bound)) << used << " of " << greedy << ", bound " << bound;
}

// Whether many sizes or few: the search without a market, and with one.
TEST(PlacementSearch, EndsSoonAfterTheWorkThatItMayTakeWithWhatItHas) {
  for (const bool market : {false, true}) {
    SeededRandom random(2);
    Instance instance = crowded_instance(random, 300, 600);
    for (Size& node : instance.nodes) node.cpu *= 100;
    for (Vm& vm : instance.vms) vm.size.cpu = vm.size.cpu * 100 - (market ? 0 : static_cast<std::int64_t>(random.below(100)));
    int asked = 0;
    int used = static_cast<int>(instance.nodes.size());
    for (const std::int64_t most_work : {0LL, 100'000LL, 1'000'000LL, 30'000'000LL}) {
      const int asked_before = std::exchange(asked, 0);
      SearchOptions options = brief(30);
      options.most_work = most_work;
      options.out_of_time = [&] { return ++asked, false; };
      const Plan plan = search(instance, options);
      EXPECT_EQ(problem_of(instance, plan), "") << most_work;
      EXPECT_LE(plan.nodes_used, used) << most_work << ": more work finds no less";
      EXPECT_EQ(search(instance, options).moves, plan.moves) << most_work;
      used = plan.nodes_used;
      EXPECT_GE(asked, asked_before);
      EXPECT_TRUE(most_work > 0 || asked < 100) << "it does not go on";
    }
    EXPECT_GT(asked, 1'000) << "it would go on for long";
  }
}

TEST(PlacementSearch, StopsWhenTimeIsUpWithWhatItHas) {
  SeededRandom random(5);
  const Instance instance = drawn_instance(random, 12, 60);
  SearchOptions options;
  options.out_of_time = [] { return true; };
  const Plan plan = search(instance, options);
  EXPECT_EQ(problem_of(instance, plan), "");
  EXPECT_EQ(plan.nodes_used, plan.nodes_before);
}

TEST(PlacementSearch, TakesNodesWithoutVmsAndVmsWithoutSize) {
  EXPECT_EQ(search({.nodes = {{4, 4}}, .vms = {}, .most_moves = 1}, brief()).nodes_used, 0);
  EXPECT_EQ(search({.nodes = {{0, 0}, {4, 4}}, .vms = {{{0, 0}, 0}, {{1, 1}, 1}}, .most_moves = 1}, brief()).nodes_used, 1);
}

}  // namespace
}  // namespace drover::placement
