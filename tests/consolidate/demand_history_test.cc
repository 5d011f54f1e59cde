#include "consolidate/demand_history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace drover {
namespace {

// VMs of one core on a node of ten.
Pool steady_pool_of(int vms) {
  Pool pool;
  PoolNode node;
  node.name = "n";
  node.capacity = {10, 1e9};
  pool.nodes.push_back(node);
  for (int i = 0; i < vms; ++i) {
    PoolVm vm;
    vm.uid = "vm" + std::to_string(i);
    vm.node = 0;
    vm.most = {1, 1e6};
    pool.vms.push_back(vm);
  }
  return pool;
}

// `demand` is asked for each VM by its index.
void show_drawn(DemandHistory& history, Pool& pool, int rounds, const auto& demand) {
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t vm = 0; vm < pool.vms.size(); ++vm) pool.vms[vm].demand.cpu = demand(vm);
    history.observe(pool);
  }
}

void show(DemandHistory& history, Pool& pool, double demand, int rounds) {
  show_drawn(history, pool, rounds, [demand](std::size_t) { return demand; });
}

TEST(DemandHistory, FollowsAtOnceWhatAllVmsDoTogether) {
  DemandHistory history;
  Pool pool = steady_pool_of(200);
  show(history, pool, 0.2, 60);
  show(history, pool, 0.4, 8);
  EXPECT_GT(history.of(0).mean, 0.35);
}

TEST(DemandHistory, HoldsOneVmsPeakForPassing) {
  DemandHistory history;
  Pool pool = steady_pool_of(200);
  show(history, pool, 0.2, 60);
  pool.vms[0].demand.cpu = 0.9;
  history.observe(pool);
  EXPECT_LT(history.of(0).mean, 0.3);
  EXPECT_NEAR(history.of(1).mean, 0.2, 0.01);
}

TEST(DemandHistory, LearnsHowLongADeviationLasts) {
  const auto next_after_peak = [](int held) {
    DemandHistory history;
    Pool pool = steady_pool_of(50);
    SeededRandom random(1);
    for (int round = 0; round < 300; ++round) {
      for (std::size_t vm = 1; vm < pool.vms.size(); ++vm) {
        if ((round + static_cast<int>(vm)) % held == 0) pool.vms[vm].demand.cpu = random.uniform();
      }
      pool.vms[0].demand.cpu = 0.3;
      if (round == 299) pool.vms[0].demand.cpu = 0.9;
      history.observe(pool);
    }
    return history.of(0).next;
  };
  EXPECT_LT(next_after_peak(1), 0.45);
  EXPECT_GT(next_after_peak(20), 0.7);
}

// One sample says nothing of how much a VM varies: it is taken to vary like the others.
TEST(DemandHistory, TakesAYoungVmForOneLikeTheOthers) {
  const auto sigma_of_newcomer = [](double swing) {
    DemandHistory history;
    Pool pool = steady_pool_of(20);
    SeededRandom random(1);
    show_drawn(history, pool, 50, [&](std::size_t) { return 0.5 + swing * random.uniform(-1, 1); });
    pool.vms.push_back(pool.vms.back());
    pool.vms.back().uid = "newcomer";
    pool.vms.back().demand.cpu = 0.5;
    history.observe(pool);
    return history.of(20).sigma;
  };
  EXPECT_NEAR(sigma_of_newcomer(0.4), 0.4 / std::sqrt(3), 0.06);
  EXPECT_LT(sigma_of_newcomer(0.05), 0.1);
}

// Few samples of a VM say much where VMs differ from each other more than from themselves, and little where they are alike.
TEST(DemandHistory, BelievesAYoungVmAsFarAsVmsDiffer) {
  const auto mean_after_low_samples = [](bool alike) {
    DemandHistory history;
    Pool pool = steady_pool_of(200);
    SeededRandom random(1);
    std::vector<double> usual;
    for (std::size_t vm = 0; vm < pool.vms.size(); ++vm) usual.push_back(alike ? 0.5 : random.uniform(0.1, 0.9));
    show_drawn(history, pool, 5, [&](std::size_t vm) {
      const double drawn = alike ? random.uniform() : usual[vm] + random.uniform(-0.02, 0.02);
      return vm == 0 ? 0.1 : drawn;
    });
    return history.of(0).mean;
  };
  EXPECT_GT(mean_after_low_samples(true), 0.35);
  EXPECT_LT(mean_after_low_samples(false), 0.2);
}

// log E exp(s x) of a demand that is drawn evenly from 0 to 1 core: (e^s - 1) / s.
TEST(DemandHistory, KnowsTheDistributionAfterManySamples) {
  DemandHistory history({.memory = 0.999});
  Pool pool = steady_pool_of(50);
  SeededRandom random(1);
  show_drawn(history, pool, 1000, [&](std::size_t) { return random.uniform(); });
  for (std::size_t i = 0; i < kPoints.size(); ++i) {
    const double s = kPoints[i] / 10;
    double mean_error = 0;
    for (int vm = 0; vm < 50; ++vm) {
      mean_error += (history.of(vm).growth[i] + s * (0.5 - history.of(vm).mean / 1) - std::log((std::exp(s) - 1) / s)) / 50;
    }
    EXPECT_NEAR(mean_error, 0, 0.03) << "at " << s;
  }
}

TEST(DemandHistory, ForgetsVmsThatAreGone) {
  DemandHistory history;
  Pool pool = steady_pool_of(3);
  show(history, pool, 0.9, 50);
  const double before = history.of(0).mean;
  Pool none = steady_pool_of(0);
  history.observe(none);
  show(history, pool, 0.1, 1);
  EXPECT_LT(history.of(0).mean, before / 4);
}

}  // namespace
}  // namespace drover
