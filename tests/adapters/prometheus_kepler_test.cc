// What Kepler says of nodes' power: its series as Kepler writes them, Prometheus' own engine, and what comes of them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "adapters/prometheus/kepler.h"
#include "adapters/prometheus_fixture.h"

namespace drover::prometheus {
namespace {

// Series of half an hour, scraped every half minute; "100+50x60": 100, 150, ...
struct Input {
  std::string series;
  std::string values;
};

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

// What is wrong when promtool (Prometheus' own engine) answers the question after ten minutes, or "".
std::string answers(KeplerFigures figures, const std::vector<Input>& inputs,
                    const std::vector<std::pair<ObjectKey, double>>& expected, const std::string& matchers = "") {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / ("kepler-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  {
    std::ofstream file(folder / "test.yaml");
    file << "tests:\n- interval: 30s\n  input_series:\n";
    for (const Input& input : inputs) file << "  - series: " << quoted(input.series) << "\n    values: " << input.values << "\n";
    file << "  promql_expr_test:\n  - expr: " << quoted(kepler_question(figures, minutes{2}, matchers).query)
         << "\n    eval_time: 10m\n"
         << (expected.empty() ? "" : "    exp_samples:\n");
    for (const auto& [key, value] : expected) {
      const std::size_t space = key.ns.find(' ');
      const std::string bmc = space == std::string::npos ? "" : "bmc_id=\"" + key.ns.substr(space + 1) + "\", ";
      file << "    - labels: " << quoted("{" + bmc + "figure=\"" + key.ns + "\", node_name=\"" + key.name + "\"}")
           << "\n      value: " << value << "\n";
    }
  }
  FILE* pipe = popen(("promtool test rules " + (folder / "test.yaml").string() + " 2>&1").c_str(), "r");
  std::string said;
  for (std::array<char, 4096> text{}; fgets(text.data(), text.size(), pipe) != nullptr;) said += text.data();
  const int status = pclose(pipe);
  std::filesystem::remove_all(folder);
  return status == 0 ? "" : said;
}

TEST(Kepler, ZonesAreNeverSummedAndSocketsAre) {
  const std::vector<Input> series = {
      {R"(kepler_node_cpu_joules_total{node_name="n1",zone="psys",path="a"})", "0+3000x60"},
      {R"(kepler_node_cpu_joules_total{node_name="n1",zone="package",path="a"})", "0+600x60"},
      {R"(kepler_node_cpu_joules_total{node_name="n1",zone="package",path="b"})", "0+900x60"},
      {R"(kepler_node_cpu_joules_total{node_name="n1",zone="core",path="a"})", "0+300x60"},
      {R"(kepler_node_cpu_joules_total{node_name="n1",zone="dram",path="a"})", "0+300x60"},
      {R"(kepler_node_cpu_joules_total{node_name="n1",zone="package",path="a",replica="2"})", "0+600x60"}};
  EXPECT_EQ(answers(KeplerFigures::Whole, series, {{{"psys", "n1"}, 100}}), "");
  EXPECT_EQ(answers(KeplerFigures::Cpu, series, {{{"psys", "n1"}, 100}, {{"package", "n1"}, 50}}), "");
}

TEST(Kepler, OfItsYearsBeforeTheNodeIsTheInstanceAndTheModesAreParts) {
  EXPECT_EQ(
      answers(KeplerFigures::Cpu,
              {{R"(kepler_node_platform_joules_total{instance="n1:9103",mode="idle"})", "0+3000x60"},
               {R"(kepler_node_platform_joules_total{instance="n1:9103",mode="dynamic"})", "0+600x60"},
               {R"(kepler_node_platform_joules_total{instance="10.0.0.7:9103",exported_instance="n2",mode="idle"})", "0+600x60"},
               {R"(kepler_node_package_joules_total{instance="n1:9103",mode="idle",package="0"})", "0+300x60"},
               {R"(kepler_node_package_joules_total{instance="n1:9103",mode="idle",package="1"})", "0+300x60"}},
              {{{"platform", "n1"}, 120}, {{"platform", "n2"}, 20}, {{"package", "n1"}, 20}}),
      "");
}

TEST(Kepler, AControllersSuppliesAreSummedAndItsChassisAreNot) {
  const auto series = [](const std::string& labels, const std::string& values) {
    return Input{"kepler_platform_watts{source=\"redfish\"," + labels + "}", values};
  };
  EXPECT_EQ(answers(KeplerFigures::Whole,
                    {series(R"(node_name="n1",bmc_id="b1",chassis_id="1",source_id="PSU1",source_type="PowerSupply")", "80x60"),
                     series(R"(node_name="n1",bmc_id="b1",chassis_id="1",source_id="PSU2",source_type="PowerSupply")", "90x60"),
                     series(R"(node_name="n2",bmc_id="b2",chassis_id="1",source_id="0",source_type="PowerControl")", "200x60"),
                     series(R"(node_name="n3",bmc_id="b3",chassis_id="1",source_id="0",source_type="PowerControl")", "200x60"),
                     series(R"(node_name="n3",bmc_id="b3",chassis_id="2",source_id="0",source_type="PowerControl")", "250x60"),
                     series(R"(node_name="n4",bmc_id="b4",chassis_id="1",source_id="PSU1",source_type="PowerSupply")", "80x60"),
                     series(R"(node_name="n4",bmc_id="b4",chassis_id="2",source_id="PSU1",source_type="PowerSupply")", "80x60"),
                     series(R"(node_name="n5",bmc_id="b5",chassis_id="1",source_id="0",source_type="PowerControl")", "0x60")},
                    {{{"supplies b1", "n1"}, 170}, {{"control b2", "n2"}, 200}}),
            "");
}

TEST(Kepler, WhatIsOldOrTooYoungIsUnknown) {
  EXPECT_EQ(answers(KeplerFigures::Cpu,
                    {{R"(kepler_node_cpu_joules_total{node_name="gone",zone="psys"})", "0+3000x10"},
                     {R"(kepler_node_cpu_joules_total{node_name="stale",zone="psys"})", "0+3000x18 stale"},
                     {R"(kepler_node_cpu_joules_total{node_name="new",zone="psys"})", "_x18 0+3000x20"},
                     {R"(kepler_platform_watts{node_name="gone",bmc_id="b",source_type="PowerControl"})", "200x14"}},
                    {}),
            "");
}

TEST(Kepler, IsOfTheClusterThatTheMatchersName) {
  EXPECT_EQ(answers(KeplerFigures::Whole,
                    {{R"(kepler_node_cpu_joules_total{cluster="a",node_name="n1",zone="psys"})", "0+3000x60"},
                     {R"(kepler_node_cpu_joules_total{cluster="b",node_name="n1",zone="psys"})", "0+9000x60"},
                     {R"(kepler_platform_watts{cluster="b",node_name="n1",bmc_id="b",source_type="PowerControl"})", "9x60"},
                     {R"(kepler_node_platform_joules_total{cluster="b",instance="n1"})", "0+9000x60"}},
                    {{{"psys", "n1"}, 100}}, R"(cluster="a")"),
            "");
}

TEST(Kepler, OfANodeTheFirstFigureCountsAndNoOther) {
  const auto readings =
      kepler_readings({{{"package", "n1"}, 50}, {{"psys", "n1"}, 100}, {{"control b1", "n1"}, 200}, {{"package", "n2"}, 50}});
  ASSERT_EQ(readings.size(), 2U);
  EXPECT_EQ(readings.at("n1"), (MeterReading{.watts = 200, .source = "kepler/PowerControl", .input = true}));
  EXPECT_EQ(readings.at("n2"), (MeterReading{.watts = 50, .source = "kepler/package", .input = false}));
}

TEST(Kepler, NodesOfOneControllerAreAnEnclosure) {
  const auto readings = kepler_readings({{{"control b1", "n1"}, 400}, {{"control b1", "n2"}, 400}, {{"control b2", "n3"}, 100}});
  EXPECT_EQ(readings.at("n1").enclosure, "kepler b1");
  EXPECT_EQ(readings.at("n2").enclosure, "kepler b1");
  EXPECT_EQ(readings.at("n3").enclosure, "");
}

TEST(Kepler, ANodeWithTwoControllersIsUnknown) {
  EXPECT_TRUE(kepler_readings({{{"control b1", "n1"}, 400}, {{"control b2", "n1"}, 300}}).empty());
}

struct PrometheusKepler : PrometheusTest {
  Result<UseTable> sampled(int status, const std::string& body) {
    options.kepler = KeplerFigures::Whole;
    (void)source();
    transport->then(200, vector_of(series("v", "a", "1.5")));
    for (int i = 0; i < 4; ++i) transport->then(200, vector_of(""));
    transport->then(status, body);
    return source().sample_use(kNow, {});
  }
};

TEST_F(PrometheusKepler, ComesWithWhatVmsUse) {
  const auto table = sampled(200, vector_of(R"({"metric":{"figure":"psys","node_name":"n1"},"value":[1,"87.5"]})"));
  ASSERT_TRUE(table);
  EXPECT_EQ(table->meters.at("n1").watts, 87.5);
  EXPECT_EQ(table->meters.at("n1").source, "kepler/psys");
}

TEST_F(PrometheusKepler, ThatCannotBeAskedHoldsNobodyUpAndIsSaidOnce) {
  for (int i = 0; i < 2; ++i) {
    const auto table = sampled(503, "");
    ASSERT_TRUE(table);
    EXPECT_TRUE(table->meters.empty());
    EXPECT_EQ(table->vms.size(), 1U);
  }
  const auto lines = log.lines();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(), [](const std::string& line) { return line.starts_with("what Kepler"); }), 1);
}

}  // namespace
}  // namespace drover::prometheus
