#include "papers/cloudsim_drover.h"

#include <gtest/gtest.h>

#include "papers/cloudsim_clairvoyant.h"
#include "papers/cloudsim_reference.h"
#include "papers/planetlab_made.h"

namespace drover::papers {
namespace {

ConsolidationSettings settings() {
  ConsolidationSettings s;
  s.overload = 1;
  s.reserve_nodes = 0;
  s.max_moves = 1000000;
  return s;
}

DroverRun balanced(const UseTraces& traces, Rules rules, Samples samples) {
  World world(traces, rules);
  return run_strategy(world, *make_strategy(settings()), samples);
}

struct Peer {
  Meters meters;
  long moves = 0;
};

Peer local_regression(const UseTraces& traces, Rules rules) {
  World world(traces, rules);
  ReferencePolicy policy(world, ReferencePolicy::Overload::LocalRegression, 1.2);
  EXPECT_TRUE(policy.boot());
  Peer peer;
  for (int frame = 1; frame < kFrames; ++frame) {
    world.advance(kFrameSeconds * frame + .1);
    const auto moves = policy.decide();
    peer.moves += static_cast<long>(moves.size());
    world.carry_out(moves);
  }
  peer.meters = world.meters();
  return peer;
}

TEST(BalancedInCloudSim, TakesLessEnergyAndFarFewerMovesThanLocalRegression) {
  const UseTraces traces = make_use_traces(400, 5);
  for (const auto samples : {Samples::Current, Samples::Past}) {
    for (const bool completes : {true, false}) {
      const Rules rules{.completes_idle_vms = completes};
      const Peer peer = local_regression(traces, rules);
      const DroverRun run = balanced(traces, rules, samples);
      EXPECT_LT(run.meters.kwh(), 0.95 * peer.meters.kwh());
      EXPECT_LT(static_cast<double>(run.moves), 0.1 * static_cast<double>(peer.moves));
      EXPECT_LT(run.meters.slav(), 0.02 * peer.meters.slav());
      EXPECT_GT(run.meters.joules, run.floor_joules);
    }
  }
}

TEST(BalancedInCloudSim, DecidesTheSameEachTime) {
  const UseTraces traces = make_use_traces(150, 6);
  const DroverRun once = balanced(traces, {}, Samples::Past);
  const DroverRun again = balanced(traces, {}, Samples::Past);
  EXPECT_EQ(once.moves, again.moves);
  EXPECT_EQ(once.meters.joules, again.meters.joules);
}

TEST(BalancedInCloudSim, HonoursMemoryAtBothEndsOfEachMove) {  // the harness ends the process if it does not
  const DroverRun run = balanced(make_use_traces(150, 7), {.memory_always = true}, Samples::Past);
  EXPECT_GT(run.mean_hosts, 10);
}

TEST(Clairvoyant, OverloadsNothing) {
  const UseTraces traces = make_use_traces(150, 8);
  World world(traces, {});
  Clairvoyant strategy(world);
  const DroverRun run = run_strategy(world, strategy, Samples::Current);
  EXPECT_LT(run.meters.overload(), 0.001);
}

}  // namespace
}  // namespace drover::papers
