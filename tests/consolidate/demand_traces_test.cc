#include "consolidate/demand_traces.h"

#include <gtest/gtest.h>

#include "consolidate/pools.h"

namespace drover {
namespace {

// One interval after the other, in which the VMs want these CPUs.
void observe(DemandTraces& traces, PoolMaker& maker, const std::vector<double>& first, const std::vector<double>& second) {
  for (std::size_t i = 0; i < first.size(); ++i) {
    maker.at(0).demand.cpu = first[i];
    maker.at(1).demand.cpu = second[i];
    traces.observe(maker.pool);
  }
}

TEST(DemandTraces, ThePeakOfTheAggregateIsLessThanTheSumOfThePeaks) {
  PoolMaker maker{NodeLife::Active};
  maker.vm(0, 4);
  maker.vm(0, 4);
  DemandTraces traces;
  observe(traces, maker, {4, 1, 4, 1, 4, 1, 4, 1, 4, 1, 4, 1}, {1, 4, 1, 4, 1, 4, 1, 4, 1, 4, 1, 4});
  Aggregate both(traces.length());
  both.add(traces.of(maker.at(0)));
  EXPECT_DOUBLE_EQ(both.peak().cpu, 4);
  EXPECT_DOUBLE_EQ(both.peak_with(traces.of(maker.at(1))).cpu, 5);
  both.add(traces.of(maker.at(1)));
  EXPECT_DOUBLE_EQ(both.peak().cpu, 5);
  both.take(traces.of(maker.at(0)));
  EXPECT_DOUBLE_EQ(both.peak().cpu, 4);
}

TEST(DemandTraces, EachResourceHasItsOwnPeak) {
  EXPECT_EQ(peak_of({{1, 20}, {3, 10}}), (Amounts{3, 20}));
  EXPECT_EQ(mean_of({{1, 20}, {3, 10}}), (Amounts{2, 15}));
}

TEST(DemandTraces, AVmHardlySeenCountsWithTheMostItCanUse) {
  PoolMaker maker{NodeLife::Active};
  maker.at(maker.vm(0, 1)).most.cpu = 8;
  DemandTraces traces;
  for (std::size_t i = 1; i < DemandTraces::kEnough; ++i) traces.observe(maker.pool);
  EXPECT_DOUBLE_EQ(peak_of(traces.of(maker.at(0))).cpu, 8);
  traces.observe(maker.pool);
  EXPECT_DOUBLE_EQ(peak_of(traces.of(maker.at(0))).cpu, 1);
}

TEST(DemandTraces, KeepsADayAndForgetsVmsThatAreGone) {
  PoolMaker maker{NodeLife::Active};
  maker.vm(0, 9);
  DemandTraces traces;
  traces.observe(maker.pool);
  maker.at(0).demand.cpu = 1;
  for (std::size_t i = 0; i < DemandTraces::kKept; ++i) traces.observe(maker.pool);
  EXPECT_EQ(traces.length(), DemandTraces::kKept);
  EXPECT_DOUBLE_EQ(peak_of(traces.of(maker.at(0))).cpu, 1);
  const PoolVm vm = maker.at(0);
  maker.end(0);
  traces.observe(maker.pool);
  EXPECT_DOUBLE_EQ(peak_of(traces.of(vm)).cpu, 9);  // `most` again
}

}  // namespace
}  // namespace drover
