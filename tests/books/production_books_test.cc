#include "books/production_books.h"

#include <gtest/gtest.h>

#include <ctime>
#include <map>
#include <numeric>
#include <random>
#include <set>

namespace drover::test {
namespace {

constexpr Instant kStart = Instant{std::chrono::sys_days{std::chrono::year{2026} / 11 / 2}};
constexpr Duration kPace = minutes{1};
constexpr Duration kInterval = minutes{5};

NodeSample on(const std::string& name = "n1", std::optional<double> utilization = 0.0) {
  NodeSample node;
  node.name = name;
  node.utilization = utilization;
  return node;
}

NodeSample metered(double watts, std::optional<double> joules_total = {}) {
  NodeSample node = on();
  node.meter = MeterReading{.watts = watts, .joules_total = joules_total, .source = "redfish", .input = true, .enclosure = ""};
  return node;
}

// What is booked when each of the samples comes a pace after the last.
std::vector<EnergyRow> booked(const std::vector<ClusterSample>& samples, Duration pace = kPace) {
  ProductionBooks books(kInterval, kPace);
  Instant now = kStart;
  for (const ClusterSample& sample : samples) {
    books.sample(now, sample);
    now += pace;
  }
  books.sample(kStart + hours{12}, {});  // closes all; what is booked of the time between has no second sample of its own
  std::vector<EnergyRow> rows = books.take().energy;
  const Instant end = kStart + pace * static_cast<Duration::rep>(samples.size() - 1);
  std::erase_if(rows, [&](const EnergyRow& row) { return row.from >= end; });
  return rows;
}

std::vector<ClusterSample> times(std::size_t count, const NodeSample& node) {
  return std::vector<ClusterSample>(count, ClusterSample{.nodes = {node}});
}

TEST(ProductionBooks, ModelsANodeWithoutAMeterByItsUse) {
  const auto rows = booked(times(6, on("n1", 0.5)));
  ASSERT_FALSE(rows.empty());
  EXPECT_EQ(rows[0].source, "model");
  EXPECT_EQ(rows[0].cls, EnergyClass::Modelled);
  EXPECT_EQ(rows[0].until - rows[0].from, kInterval);
  EXPECT_NEAR(rows[0].joules, 150 * 300, 1e-6);
  EXPECT_EQ(rows[0].all_on_joules, rows[0].joules);
}

TEST(ProductionBooks, JoinsAMetersWattsByAStraightLine) {
  const auto rows = booked({{.nodes = {metered(100)}}, {.nodes = {metered(200)}}, {.nodes = {metered(200)}}});
  ASSERT_FALSE(rows.empty());
  EXPECT_EQ(rows[0].cls, EnergyClass::Measured);
  EXPECT_EQ(rows[0].baseline, EnergyClass::Measured);
  EXPECT_NEAR(rows[0].joules, 150 * 60 + 200 * 60, 1e-6);
}

TEST(ProductionBooks, PrefersAMetersCounterAndForgetsOneThatBeganAnew) {
  const auto rows = booked({{.nodes = {metered(500, 1000)}}, {.nodes = {metered(500, 7000)}}, {.nodes = {metered(100, 5)}}});
  ASSERT_FALSE(rows.empty());
  EXPECT_NEAR(rows[0].joules, 6000 + 300 * 60, 1e-6);
}

TEST(ProductionBooks, DoesNotJoinWattsOverAGap) {
  const auto rows = booked(times(2, metered(400)), minutes{3});
  ASSERT_FALSE(rows.empty());
  EXPECT_EQ(rows[0].cls, EnergyClass::Modelled);
}

TEST(ProductionBooks, OfUnknownUseMakesNothingUp) {
  const auto rows = booked(times(6, on("n1", std::nullopt)));
  ASSERT_FALSE(rows.empty());
  EXPECT_EQ(rows[0].cls, EnergyClass::Absent);
  EXPECT_EQ(rows[0].joules, 0);
}

TEST(ProductionBooks, AsleepBelievesOnlyAReadingThatCanBeStandby) {
  for (const auto& [watts, believed] :
       std::vector<std::pair<double, bool>>{{0, false}, {0.5, false}, {8, true}, {15, true}, {95, false}}) {
    NodeSample node = metered(watts);
    node.state = EnergyState::Standby;
    const auto rows = booked(times(6, node));
    ASSERT_FALSE(rows.empty());
    EXPECT_EQ(rows[0].cls == EnergyClass::Measured, believed) << watts;
    EXPECT_NEAR(rows[0].joules, (believed ? watts : node.power.standby_watts) * 300, 1e-6) << watts;
    EXPECT_NEAR(rows[0].all_on_joules, node.power.idle_watts() * 300, 1e-6);
    EXPECT_EQ(rows[0].baseline, EnergyClass::Modelled);
  }
}

TEST(ProductionBooks, AfterADayOfReadingsWithoutAVmTheIdlePowerIsMeasured) {
  std::vector<ClusterSample> samples = times(1441, metered(130));
  NodeSample asleep = on();
  asleep.state = EnergyState::Standby;
  ProductionBooks books(kInterval, kPace);
  Instant now = kStart;
  for (const ClusterSample& sample : samples) books.sample(now += kPace, sample);
  for (int i = 0; i < 12; ++i) books.sample(now += kPace, {.nodes = {asleep}});
  const auto rows = books.take().energy;
  ASSERT_EQ(rows.back().state, EnergyState::Standby);
  EXPECT_EQ(rows.back().baseline, EnergyClass::Measured);
  EXPECT_NEAR(rows.back().all_on_joules, 130 * to_seconds(rows.back().until - rows.back().from), 1e-6);
}

TEST(ProductionBooks, AnEnclosureIsSharedOutAndNeverCountedTwice) {
  ClusterSample sample;
  for (const auto& [name, utilization] : std::vector<std::pair<std::string, double>>{{"a", 0.0}, {"b", 1.0}}) {
    NodeSample node = on(name, utilization);
    node.meter = MeterReading{.watts = 360, .joules_total = {}, .source = "redfish", .input = true, .enclosure = "chassis-7"};
    sample.nodes.push_back(node);
  }
  const auto rows = booked({sample, sample});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_NEAR(rows[0].joules + rows[1].joules, 360 * 60, 1e-6);
  EXPECT_NEAR(rows[0].joules, 120 * 60, 1e-6);
  EXPECT_EQ(rows[0].cls, EnergyClass::Derived);
}

TEST(ProductionBooks, BehindThePowerSuppliesIsDerived) {
  NodeSample node = metered(100);
  node.meter->input = false;
  const auto rows = booked(times(3, node));
  ASSERT_FALSE(rows.empty());
  EXPECT_EQ(rows[0].cls, EnergyClass::Derived);
  EXPECT_FALSE(rows[0].input);
}

TEST(ProductionBooks, VmsHaveTheirNodesEnergyBetweenThem) {
  NodeSample node = on("n1", 0.5);
  node.vms = 2;
  node.used = {{.vm = {"s", "a"}, .demanded = 4, .served = 3, .copied = true}, {.vm = {"s", "b"}, .demanded = 1, .served = 1}};
  const ClusterSample sample{.nodes = {node}};
  ProductionBooks books(kInterval, kPace);
  for (int i = 0; i <= 5; ++i) books.sample(kStart + i * kPace, sample);
  const LedgerRows rows = books.take();
  ASSERT_EQ(rows.shares.size(), 2U);
  EXPECT_NEAR(rows.shares[0].joules, (50 + 50 * 0.75) * 300, 1e-6);
  EXPECT_NEAR(rows.shares[1].joules, (50 + 50 * 0.25) * 300, 1e-6);
  EXPECT_NEAR(rows.shares[0].served, 3 * 300, 1e-6);
  EXPECT_NEAR(rows.shares[0].demanded, 4 * 300, 1e-6);
  EXPECT_NEAR(rows.shares[0].lost_to_copies, 0.1 * 4 * 300, 1e-6);
  EXPECT_EQ(rows.shares[1].lost_to_copies, 0);
  EXPECT_NEAR(rows.energy[0].joules, rows.shares[0].joules + rows.shares[1].joules, 1e-6);
}

// A member whose own controller does not answer now is modelled, and what the enclosure draws for it is not booked for its
// neighbour.
TEST(ProductionBooks, AnEnclosureIsSharedOutAlsoWhileOneOfItsReadingsIsMissing) {
  ClusterSample sample;
  for (const std::string name : {"a", "b"}) {
    NodeSample node = on(name, 0.0);
    node.meter = MeterReading{.watts = 240, .joules_total = {}, .source = "redfish", .input = true, .enclosure = "chassis-7"};
    sample.nodes.push_back(node);
  }
  ClusterSample one_silent = sample;
  one_silent.nodes[1].meter.reset();
  const auto rows = booked({sample, one_silent, one_silent});
  double of_a = 0;
  for (const EnergyRow& row : rows) {
    if (row.node == "a" && is_metered(row.cls)) of_a += row.joules;
    const double watts = is_metered(row.cls) ? 120 : 100;
    EXPECT_TRUE(row.node == "a" || std::abs(row.joules - watts * to_seconds(row.until - row.from)) < 1e-6) << row.joules;
  }
  EXPECT_NEAR(of_a, 120 * 120, 1e-6);
}

TEST(ProductionBooks, AMemberOfAnEnclosureThatAnotherMeterSpeaksOfKeepsItsShare) {
  ClusterSample sample;
  for (const std::string name : {"a", "b"}) {
    NodeSample node = on(name, 0.0);
    node.meter = MeterReading{.watts = 240, .joules_total = {}, .source = "redfish", .input = true, .enclosure = "chassis-7"};
    sample.nodes.push_back(node);
  }
  ClusterSample other = sample;
  other.nodes[0].meter = MeterReading{.watts = 115, .joules_total = {}, .source = "kepler/psys", .input = true, .enclosure = ""};
  for (const EnergyRow& row : booked({sample, other, other, other})) {
    if (row.from < kStart + kPace) continue;
    const double watts = row.node == "b" ? 120 : row.source == "kepler/psys" ? 115 : 100;
    EXPECT_NEAR(row.joules, watts * to_seconds(row.until - row.from), 1e-6) << row.node << " by " << row.source;
  }
}

TEST(ProductionBooks, AMeterThatSeesNobodyElseInItsEnclosureForNowStillCoversIt) {
  ClusterSample sample;
  for (const std::string name : {"a", "b"}) {
    NodeSample node = on(name, 0.0);
    node.meter = MeterReading{.watts = 240, .joules_total = {}, .source = "kepler/bmc", .input = true, .enclosure = "kepler b1"};
    sample.nodes.push_back(node);
  }
  ClusterSample alone = sample;
  alone.nodes[0].meter->enclosure = "";
  alone.nodes[1].meter.reset();
  alone.nodes[1].state = EnergyState::Standby;
  for (const EnergyRow& row : booked({sample, alone, alone, alone})) {
    if (row.node != "a" || row.from < kStart + kPace) continue;
    EXPECT_EQ(row.cls, EnergyClass::Derived);
    EXPECT_LT(row.joules, 240 * to_seconds(row.until - row.from)) << "the sleeping neighbour draws a part of it";
  }
}

TEST(ProductionBooks, WhatIsOpenIsBookedWhenTheyEnd) {
  ProductionBooks books(kInterval, kPace);
  for (int i = 0; i <= 2; ++i) books.sample(kStart + i * kPace, {.nodes = {on()}});
  EXPECT_TRUE(books.take().energy.empty());
  books.finish();
  const auto rows = books.take().energy;
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].until, kStart + 2 * kPace);
  books.finish();
  EXPECT_TRUE(books.take().energy.empty()) << "once";
}

// Each meter measures something else: what one said of the idle node is no baseline of another's.
TEST(ProductionBooks, IdlePowerIsOfOneMeter) {
  ProductionBooks books(kInterval, kPace);
  Instant now = kStart;
  for (int i = 0; i < 2800; ++i) {
    NodeSample node = metered(i < 1400 ? 60 : 130);
    if (i < 1400) node.meter->source = "kepler/psys";
    books.sample(now += kPace, {.nodes = {node}});
  }
  NodeSample asleep = on();
  asleep.state = EnergyState::Standby;
  for (int i = 0; i < 12; ++i) books.sample(now += kPace, {.nodes = {asleep}});
  EXPECT_EQ(books.take().energy.back().baseline, EnergyClass::Modelled) << "neither was read for a day";
}

NodeSample any_node(const std::string& name, std::mt19937& random) {
  const auto one_of = [&](unsigned n) { return random() % n; };
  NodeSample node = on(name, static_cast<double>(one_of(11)) / 10);
  if (one_of(4) == 0) node.utilization.reset();
  if (one_of(5) == 0) node.state = kEnergyStates[one_of(4)];
  if (one_of(3) != 0) node.meter = MeterReading{.watts = 90.0 + one_of(60), .source = one_of(4) == 0 ? "kepler" : "redfish"};
  node.vms = node.state == EnergyState::On ? one_of(4) : 0;
  for (std::size_t vm = 0; vm < node.vms; ++vm) {
    const double cpu = one_of(5);
    node.used.push_back({.vm = {"s", "vm-" + std::to_string(one_of(6)) + name}, .demanded = cpu, .served = cpu});
  }
  return node;
}

// The same, as plainly as it can be said, of each minute.
double plain_joules(const NodeSample& node, const ClusterSample& after) {
  for (const NodeSample& then : after.nodes) {
    if (then.name != node.name || !node.meter || !then.meter || node.meter->source != then.meter->source) continue;
    const double watts = (node.meter->watts + then.meter->watts) / 2;
    if (node.state != EnergyState::Standby || watts <= 0.15 * node.power.idle_watts()) return watts * 60;
  }
  switch (node.state) {
    case EnergyState::On: return node.utilization ? node.power.watts_at(*node.utilization) * 60 : 0;
    case EnergyState::Standby: return node.power.standby_watts * 60;
    case EnergyState::Boot: return node.power.boot_joules / to_seconds(node.power.boot) * 60;
    case EnergyState::Shutdown: return node.power.shutdown_joules / to_seconds(node.power.shutdown) * 60;
  }
  return 0;
}

TEST(ProductionBooks, BookWhatThePlainestReckoningComesTo) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    ProductionBooks books(kInterval, kPace);
    std::map<std::string, double> expected;
    double expected_shares = 0;
    ClusterSample before;
    for (int minute = 0; minute <= 60; ++minute) {
      ClusterSample now;
      for (int n = 0; n < 8; ++n) {
        if (random() % 10 != 0) now.nodes.push_back(any_node("n" + std::to_string(n), random));
      }
      if (random() % 2 == 0) std::reverse(now.nodes.begin(), now.nodes.end());
      for (const NodeSample& node : before.nodes) {
        const double joules = plain_joules(node, now);
        expected[node.name] += joules;
        if (node.state != EnergyState::On || node.vms == 0) continue;
        double used = 0;
        for (const VmSample& vm : node.used) used += vm.served;
        expected_shares += used > 0 ? joules : std::min(joules, node.power.idle_watts() * 60);
      }
      books.sample(kStart + kPace * minute, now);
      before = now;
    }
    std::map<std::string, double> booked;
    double shares = 0;
    const LedgerRows rows = books.take();
    for (const EnergyRow& row : rows.energy) booked[row.node] += row.joules;
    for (const ShareRow& row : rows.shares) shares += row.joules;
    ASSERT_EQ(booked.size(), expected.size()) << seed;
    for (const auto& [node, joules] : expected) ASSERT_NEAR(booked[node], joules, 1e-6) << seed << " " << node;
    ASSERT_NEAR(shares, expected_shares, 1e-6) << seed;
  }
}

// A step of a minute must not take a second.
TEST(ProductionBooks, AThousandNodesWithThirtyVmsEachAreBookedQuickly) {
  ClusterSample sample;
  for (int n = 0; n < 1000; ++n) {
    NodeSample node = on("node-" + std::to_string(n), 0.4);
    node.vms = 30;
    for (int v = 0; v < 30; ++v)
      node.used.push_back({.vm = {"s", std::to_string(n) + "-" + std::to_string(v)}, .demanded = 1, .served = 1});
    sample.nodes.push_back(std::move(node));
  }
  ProductionBooks books(kInterval, kPace);
  books.sample(kStart, sample);
  const std::clock_t begin = std::clock();
  for (int minute = 1; minute <= 5; ++minute) books.sample(kStart + kPace * minute, sample);
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  EXPECT_EQ(books.take().shares.size(), 30000U);
  RecordProperty("milliseconds_a_sample", static_cast<int>(seconds / 5 * 1000));
#ifndef DROVER_SANITIZED
  EXPECT_LT(seconds / 5, 0.5);
#endif
}

// Whatever comes: rows neither overlap nor leave gaps, lie within an hour, and have no key twice.
TEST(ProductionBooks, RowsCoverTheTimeOnceAndLieWithinTheHour) {
  ProductionBooks books(kInterval, kPace);
  Instant now = kStart + seconds{17};
  const Instant first = now;
  LedgerRows rows;
  unsigned random = 7;
  for (int i = 0; i < 500; ++i) {
    random = random * 1103515245U + 12345U;
    NodeSample node = (random >> 16U) % 3 == 0 ? metered(120) : on("n1", 0.3);
    node.state = kEnergyStates[(random >> 20U) % 4];
    books.sample(now, {.nodes = {node}});
    rows.take(books.take());
    now += seconds{1 + (random >> 16U) % 150};
  }
  std::sort(rows.energy.begin(), rows.energy.end(), [](const auto& a, const auto& b) { return a.from < b.from; });
  std::set<std::tuple<Instant, EnergyState, std::string>> keys;
  Instant at = first;
  for (const EnergyRow& row : rows.energy) {
    EXPECT_EQ(row.from, at);
    at = row.until;
    EXPECT_EQ(hour_of(row.from), hour_of(row.until - Duration{1}));
    EXPECT_TRUE(keys.emplace(row.from, row.state, row.source).second);
  }
  EXPECT_GT(rows.energy.size(), 400U);
}

TEST(ProductionBooks, SayWhatIsDrawnNowAndByWhatThatIsKnown) {
  NodeSample dark = on("c", std::nullopt);
  NodeSample asleep = on("d");
  asleep.state = EnergyState::Standby;
  NodeSample told = metered(150);
  told.name = "b";
  told.meter->source = "kepler/psys";
  const ClusterSample sample{.nodes = {on("a", 0.5), told, dark, asleep}};
  ProductionBooks books(kInterval, kPace);
  books.sample(kStart, sample);
  EXPECT_FALSE(books.power());
  books.sample(kStart + kPace, sample);
  ASSERT_TRUE(books.power());
  EXPECT_NEAR(books.power()->watts, 150 + 150 + 5, 1e-6);
  EXPECT_NEAR(books.power()->all_on_watts, 150 + 150 + 100, 1e-6);
  EXPECT_EQ(books.power()->unknown, 1U);
  EXPECT_EQ(books.sources(),
            (std::map<std::string, std::string>{{"a", "model"}, {"b", "kepler/psys"}, {"c", "none"}, {"d", "model"}}));
  books.pause();
  EXPECT_FALSE(books.power());
  EXPECT_TRUE(books.sources().empty());
}

TEST(ProductionBooks, AfterAPauseANewTimeBegins) {
  ProductionBooks books(kInterval, kPace);
  books.sample(kStart, {.nodes = {on()}});
  books.pause();
  books.sample(kStart + minutes{30}, {.nodes = {on()}});
  books.sample(kStart + minutes{36}, {.nodes = {on()}});
  for (const EnergyRow& row : books.take().energy) EXPECT_GE(row.from, kStart + minutes{30});
}

}  // namespace
}  // namespace drover::test
