#include "books/production_books.h"

#include <gtest/gtest.h>

#include <numeric>

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
  return std::vector<ClusterSample>(count, ClusterSample{.nodes = {node}, .vms = {}});
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
  for (int i = 0; i < 12; ++i) books.sample(now += kPace, {.nodes = {asleep}, .vms = {}});
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
  const ClusterSample sample{.nodes = {node},
                             .vms = {{.vm = {"s", "a"}, .node = "n1", .cpu = 3}, {.vm = {"s", "b"}, .node = "n1", .cpu = 1}}};
  ProductionBooks books(kInterval, kPace);
  for (int i = 0; i <= 5; ++i) books.sample(kStart + i * kPace, sample);
  const LedgerRows rows = books.take();
  ASSERT_EQ(rows.shares.size(), 2U);
  EXPECT_NEAR(rows.shares[0].joules, (50 + 50 * 0.75) * 300, 1e-6);
  EXPECT_NEAR(rows.shares[1].joules, (50 + 50 * 0.25) * 300, 1e-6);
  EXPECT_NEAR(rows.shares[0].served, 3 * 300, 1e-6);
  EXPECT_NEAR(rows.energy[0].joules, rows.shares[0].joules + rows.shares[1].joules, 1e-6);
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
    books.sample(now, {.nodes = {node}, .vms = {}});
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

TEST(ProductionBooks, AfterAPauseANewTimeBegins) {
  ProductionBooks books(kInterval, kPace);
  books.sample(kStart, {.nodes = {on()}, .vms = {}});
  books.pause();
  books.sample(kStart + minutes{30}, {.nodes = {on()}, .vms = {}});
  books.sample(kStart + minutes{36}, {.nodes = {on()}, .vms = {}});
  for (const EnergyRow& row : books.take().energy) EXPECT_GE(row.from, kStart + minutes{30});
}

TEST(ClusterSample, ANodeIsWhatItsMarkSaysUnlessItsDriverKnowsBetter) {
  const Instant now = kStart;
  const auto state_of = [&](NodeLife life, bool ready, Powered powered) {
    ClusterView view;
    Node node;
    node.name = "n1";
    node.ready = ready;
    node.marks.life = life;
    view.nodes[{"", "n1"}] = std::make_shared<const Node>(node);
    PowerTable power;
    power.nodes["n1"] = {.state = powered, .asked = now};
    const NodeSample sample = sample_of(view, power, {}, kPace, now).nodes.at(0);
    return std::pair(sample.state, sample.known);
  };
  using enum EnergyState;
  EXPECT_EQ(state_of(NodeLife::Active, true, Powered::Unknown), std::pair(On, true));
  EXPECT_EQ(state_of(NodeLife::Active, false, Powered::Unknown), std::pair(On, false));
  EXPECT_EQ(state_of(NodeLife::Active, false, Powered::Off), std::pair(Standby, true));
  EXPECT_EQ(state_of(NodeLife::PoweringOff, true, Powered::On), std::pair(Shutdown, true));
  EXPECT_EQ(state_of(NodeLife::PoweringOff, false, Powered::Off), std::pair(Standby, true));
  EXPECT_EQ(state_of(NodeLife::Asleep, false, Powered::Unknown), std::pair(Standby, true));
  EXPECT_EQ(state_of(NodeLife::Waking, false, Powered::On), std::pair(Boot, true));
}

}  // namespace
}  // namespace drover::test
