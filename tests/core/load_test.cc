#include "core/load.h"

#include <gtest/gtest.h>

#include "world.h"

namespace drover::test {
namespace {

class LoadTest : public ::testing::Test {
 protected:
  LoadTest() {
    for (const char* node : {"n1", "n2"}) {
      w.add_node(node, [](Node& n) {
        n.allocatable["cpu"] = 4000;
        n.allocatable["memory"] = 8 * kGi;
      });
    }
    w.add_vm("a", "n1");
    w.add_vm("b", "n1");
    use.vms[key_of("a")] = {.cpu_cores = 1, .cpu_delay_cores = 1, .memory_bytes = 1.0 * kGi};
    use.vms[key_of("b")] = {.cpu_cores = 1, .memory_bytes = 1.0 * kGi};
  }
  World w;
  UseTable use;
};

TEST_F(LoadTest, TimeSpentWaitingCountsAsDemand) {
  EXPECT_DOUBLE_EQ(*Loads(w.view, use, Plan(w.view)).pressure_now("n1"), 0.75);
}

TEST_F(LoadTest, MemoryCountsWhereItIsScarcer) {
  use.vms[key_of("a")].memory_bytes = 7.0 * kGi;
  EXPECT_DOUBLE_EQ(*Loads(w.view, use, Plan(w.view)).pressure_now("n1"), 1.0);
}

TEST_F(LoadTest, PodsThatCarryNoVmCountWithWhatTheyRequest) {
  w.add_pod("web", "n1", {{"cpu", 1000}}, [](Pod& p) { p.owner = PodOwner::Workload; });
  w.add_pod("agent", "n2", {{"memory", 6 * kGi}});
  const Loads loads(w.view, use, Plan(w.view));
  EXPECT_DOUBLE_EQ(*loads.pressure_now("n1"), 1.0);
  EXPECT_DOUBLE_EQ(*loads.pressure_with("n2", {}), 0.75);
}

TEST_F(LoadTest, WhatVmsRequestPlaysNoPart) {
  const double before = *Loads(w.view, use, Plan(w.view)).pressure_now("n1");
  w.change_launcher("a", [](Pod& p) { p.requests["cpu"] = 4000; });
  EXPECT_DOUBLE_EQ(*Loads(w.view, use, Plan(w.view)).pressure_now("n1"), before);
}

TEST_F(LoadTest, AnUnknownVmMakesATargetLookWorseAndASourceNoBetter) {
  use.vms.erase(key_of("b"));
  const Loads loads(w.view, use, Plan(w.view));
  EXPECT_DOUBLE_EQ(*loads.pressure_now("n1"), 0.5) << "only what is known";
  EXPECT_DOUBLE_EQ(*loads.pressure_with("n1", {}), 1.0) << "a's 2 cores and both vCPUs of b";
}

TEST_F(LoadTest, ArrivalsUnderWayCountAtTheirTargetAndNoLongerAtTheirSource) {
  w.add_migration("m", "a", "n2");
  const Loads loads(w.view, use, Plan(w.view));
  EXPECT_DOUBLE_EQ(*loads.pressure_now("n1"), 0.25);
  EXPECT_DOUBLE_EQ(*loads.pressure_with("n2", {.cpu_cores = 1}), 0.75);
}

TEST_F(LoadTest, ANodeWithoutCapacityHasNoPressure) {
  w.change_node("n1", [](Node& n) { n.allocatable.clear(); });
  EXPECT_FALSE(Loads(w.view, use, Plan(w.view)).pressure_now("n1"));
  EXPECT_FALSE(Loads(w.view, use, Plan(w.view)).pressure_with("none", {}));
}

}  // namespace
}  // namespace drover::test
