#include "books/service_levels.h"

#include <gtest/gtest.h>

namespace drover::test {
namespace {

constexpr Instant kMidnight = Instant{std::chrono::sys_days{std::chrono::year{2026} / 11 / 2}};
constexpr std::size_t kHour = 0;
constexpr std::size_t kDay = 1;
constexpr std::size_t kMonth = 2;

NodeSample busy(const std::string& name, std::optional<double> utilization, std::vector<VmSample> used = {}) {
  NodeSample node;
  node.name = name;
  node.utilization = utilization;
  node.vms = used.size();
  node.used = std::move(used);
  return node;
}

struct Cluster {
  ServiceLevels levels{minutes{2}};
  Instant now = kMidnight;
  void run(int minutes_long, const ClusterSample& sample) {
    levels.sample(now, sample);
    for (int i = 0; i < minutes_long; ++i) levels.sample(now += minutes{1}, sample);
  }
  [[nodiscard]] ServiceLevels::Figures in(std::size_t window) const { return levels.figures(window); }
};

TEST(ServiceLevels, SlatahIsTheMeanOverNodesOfTheirTimeOnThatWasOverloaded) {
  Cluster c;
  c.run(10, {.nodes = {busy("a", 1.0), busy("b", 0.5)}});
  c.run(10, {.nodes = {busy("a", 0.2), busy("b", 0.5)}});
  EXPECT_NEAR(*c.in(kHour).slatah, (0.5 + 0) / 2, 1e-6);
}

TEST(ServiceLevels, TimeAsleepOrOfUnknownUseIsNoTimeOfANode) {
  Cluster c;
  NodeSample asleep = busy("a", 0);
  asleep.state = EnergyState::Standby;
  c.run(10, {.nodes = {busy("a", 1.0)}});
  c.run(20, {.nodes = {asleep}});
  c.run(20, {.nodes = {busy("a", std::nullopt)}});
  EXPECT_NEAR(*c.in(kHour).slatah, 1, 1e-6);
}

TEST(ServiceLevels, PdmIsTheMeanOverVmsOfTheCpuThatCopiesTookOfWhatTheyDemanded) {
  Cluster c;
  VmSample moved{.vm = {"s", "moved"}, .demanded = 2, .served = 2, .copied = true};
  const VmSample still{.vm = {"s", "still"}, .demanded = 1, .served = 1};
  c.run(10, {.nodes = {busy("a", 1.0, {moved, still})}});
  moved.copied = false;
  c.run(30, {.nodes = {busy("a", 0.5, {moved, still})}});
  EXPECT_NEAR(*c.in(kHour).pdm, (0.1 * 10 / 40 + 0) / 2, 1e-6);
  EXPECT_NEAR(*c.in(kHour).slav, *c.in(kHour).slatah * *c.in(kHour).pdm, 1e-12);
}

TEST(ServiceLevels, UnservedIsOfAllThatWasDemanded) {
  Cluster c;
  c.run(10, {.nodes = {busy("a", 1.0,
                            {{.vm = {"s", "a"}, .demanded = 4, .served = 3}, {.vm = {"s", "b"}, .demanded = 4, .served = 4}})}});
  EXPECT_NEAR(*c.in(kHour).unserved, 1.0 / 8, 1e-6);
}

TEST(ServiceLevels, EsvIsOfTheEnergyAndNeedsIt) {
  Cluster c;
  const VmSample moved{.vm = {"s", "a"}, .demanded = 2, .served = 2, .copied = true};
  c.run(10, {.nodes = {busy("a", 1.0, {moved})}});
  EXPECT_FALSE(c.in(kHour).esv) << "nobody knows what was drawn";
  EnergyRow row;
  row.from = kMidnight;
  row.until = kMidnight + minutes{10};
  row.joules = 7.2e6;
  c.levels.book({row});
  EXPECT_NEAR(*c.in(kHour).esv, 2 * 1.0 * 0.1, 1e-6);
  row.cls = EnergyClass::Absent;
  row.joules = 0;
  c.levels.book({row});
  EXPECT_FALSE(c.in(kHour).esv) << "half of the time is without known energy";
}

TEST(ServiceLevels, OfWhatNobodyKnowsThereIsNoFigure) {
  Cluster c;
  EXPECT_FALSE(c.in(kHour).slatah);
  c.run(10, {.nodes = {busy("a", std::nullopt)}});
  EXPECT_FALSE(c.in(kHour).slatah);
  EXPECT_FALSE(c.in(kHour).pdm);
  EXPECT_FALSE(c.in(kHour).slav);
  EXPECT_FALSE(c.in(kHour).unserved);
  EXPECT_EQ(c.in(kHour).covered, minutes{10});
}

TEST(ServiceLevels, AWindowForgetsWhatIsOlderThanIt) {
  Cluster c;
  c.run(60, {.nodes = {busy("gone", 1.0)}});
  c.run(70, {.nodes = {busy("a", 0.0)}});
  EXPECT_NEAR(*c.in(kHour).slatah, 0, 1e-6);
  EXPECT_NEAR(*c.in(kDay).slatah, 0.5, 1e-6);
  c.run(25 * 60, {.nodes = {busy("a", 0.0)}});
  EXPECT_NEAR(*c.in(kDay).slatah, 0, 1e-6);
  EXPECT_NEAR(*c.in(kMonth).slatah, 0.5, 1e-6);
  c.now += hours{24 * 31};
  c.run(70, {.nodes = {busy("a", 0.0), busy("b", 1.0)}});
  EXPECT_NEAR(*c.in(kMonth).slatah, 0.5, 1e-6) << "and whoever is gone is forgotten, the others are not taken for each other";
  EXPECT_NEAR(*c.in(kHour).slatah, 0.5, 1e-6);
}

TEST(ServiceLevels, OverAGapNothingIsKnown) {
  Cluster c;
  c.run(10, {.nodes = {busy("a", 0.0)}});
  c.now += minutes{30};
  c.levels.sample(c.now, {.nodes = {busy("a", 1.0)}});
  EXPECT_NEAR(*c.in(kHour).slatah, 0, 1e-6);
}

}  // namespace
}  // namespace drover::test
