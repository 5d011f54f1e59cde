// Readings: which is believed, in which order, and what none is made of.
#include <gmock/gmock.h>

#include "adapters/redfish/meter.h"
#include "redfish/fake_bmc.h"

namespace drover::redfish::test {
namespace {

constexpr const char* kChassis = "/redfish/v1/Chassis/1";
constexpr const char* kEnvironment = "/redfish/v1/Chassis/1/EnvironmentMetrics";
constexpr const char* kPower = "/redfish/v1/Chassis/1/Power";

struct MeterBench : Bench {
  MeterBench() {
    bmc.system()["Links"]["Chassis"] = Json::array({link(kChassis)});
    bmc.resources[kChassis] = {
        {"ChassisType", "RackMount"}, {"SerialNumber", "C1"}, {"EnvironmentMetrics", link(kEnvironment)}, {"Power", link(kPower)}};
    profile.model.watts.fill(100);  // idle
  }
  Json& environment() { return bmc.resources[kEnvironment]; }
  Json& power() { return bmc.resources[kPower]; }
  std::optional<MeterReading> meter() { return state()->meter; }
};

TEST(RedfishMeter, IsEnvironmentMetricsBeforePowerControlBeforeSupplies) {
  MeterBench bench;
  bench.power()["PowerSupplies"] = {{{"SerialNumber", "a"}, {"PowerInputWatts", 60}, {"PowerOutputWatts", 55}},
                                    {{"SerialNumber", "b"}, {"PowerInputWatts", "61.5"}, {"PowerOutputWatts", 56}}};
  EXPECT_EQ(bench.meter(), (MeterReading{.watts = 121.5, .joules_total = {}, .source = "redfish/PowerSupplies/input"}));
  bench.power()["PowerControl"] = {{{"PowerConsumedWatts", 130}}};
  EXPECT_EQ(bench.meter(), (MeterReading{.watts = 130, .joules_total = {}, .source = "redfish/PowerControl"}));
  bench.environment() = {{"PowerWatts", {{"Reading", 125}}}, {"EnergykWh", {{"Reading", 2}}}};
  EXPECT_EQ(bench.meter(), (MeterReading{.watts = 125, .joules_total = 7.2e6, .source = "redfish/EnvironmentMetrics"}));
}

TEST(RedfishMeter, IsUnknownRatherThanZero) {
  MeterBench bench;
  EXPECT_EQ(bench.meter(), std::nullopt) << "404";
  bench.environment() = {{"PowerWatts", {{"Reading", nullptr}}}};
  bench.power()["PowerControl"] = {{{"PowerConsumedWatts", 0}, {"PowerCapacityWatts", 0}}};
  EXPECT_EQ(bench.meter(), std::nullopt);
  bench.bmc.system()["Links"].erase("Chassis");
  EXPECT_EQ(bench.meter(), std::nullopt);
  EXPECT_EQ(bench.state()->state, Powered::On) << "a meter that is away takes nothing from the state";
}

TEST(RedfishMeter, TakesTheServerAndNotTheSumOfItsParts) {
  MeterBench bench;
  bench.power()["PowerControl"] = {{{"Name", "CPU Sub-system Power"}, {"PowerConsumedWatts", 70}},
                                   {{"Name", "Server Power Control"}, {"PowerConsumedWatts", 150}},
                                   {{"Name", "Memory Sub-system Power"}, {"PowerConsumedWatts", 20}}};
  EXPECT_EQ(bench.meter()->watts, 150);
}

TEST(RedfishMeter, CountsASupplyOnceAndNoRatings) {
  MeterBench bench;
  bench.power()["PowerSupplies"] = {{{"SerialNumber", "a"}, {"PowerCapacityWatts", 900}, {"PowerInputWatts", 80}},
                                    {{"SerialNumber", "a"}, {"PowerCapacityWatts", 900}, {"PowerInputWatts", 80}},
                                    {{"SerialNumber", "b"}, {"PowerCapacityWatts", 900}, {"PowerInputWatts", 900}}};
  EXPECT_EQ(bench.meter()->watts, 80);
  bench.power()["PowerSupplies"] = {{{"SerialNumber", "a"}, {"PowerOutputWatts", 74.5}},
                                    {{"SerialNumber", "b"}, {"PowerOutputWatts", 67}}};
  EXPECT_EQ(bench.meter()->watts, 141.5);
  EXPECT_FALSE(bench.meter()->input);
}

TEST(RedfishMeter, ReadsVendorsOwn) {
  MeterBench bench;
  bench.power()["Oem"]["ts_fujitsu"]["ChassisPowerConsumption"]["CurrentPowerConsumptionW"] = 180;
  EXPECT_EQ(bench.meter(), (MeterReading{.watts = 180, .joules_total = {}, .source = "redfish/Oem"}));
  bench.power()["Oem"] = {{"Public", {{"TotalPower", 190}}}};
  EXPECT_EQ(bench.meter()->watts, 190);
  bench.power() = {{"PowerSupplies", {{{"MemberId", "0"}, {"Oem", {{"Huawei", {{"PowerInputWatts", "95"}}}}}}}}};
  EXPECT_EQ(bench.meter()->watts, 95);
}

TEST(RedfishMeter, OfPowerSubsystemSumsItsSuppliesInput) {
  MeterBench bench;
  bench.bmc.resources[kChassis] = {{"PowerSubsystem", link("/ps")}};
  bench.bmc.resources["/ps"] = {{"PowerSupplies", link("/ps/all")}};
  bench.bmc.resources["/ps/all"] = {{"Members", {link("/ps/0"), link("/ps/1")}}};
  for (const std::string id : {"/ps/0", "/ps/1"}) {
    bench.bmc.resources[id] = {{"SerialNumber", id}, {"PowerCapacityWatts", 900}, {"Metrics", link(id + "/Metrics")}};
    bench.bmc.resources[id + "/Metrics"] = {{"InputPowerWatts", {{"Reading", 45}}}};
  }
  EXPECT_EQ(bench.meter(), (MeterReading{.watts = 90, .joules_total = {}, .source = "redfish/PowerSubsystem/input"}));
}

TEST(RedfishMeter, NamesTheEnclosureThatItCovers) {
  MeterBench bench;
  bench.environment() = {{"PowerWatts", {{"Reading", 600}}}};
  EXPECT_EQ(bench.meter()->enclosure, "");
  MeterBench shared;
  shared.environment() = bench.environment();
  shared.bmc.resources[kChassis]["ChassisType"] = "Enclosure";
  EXPECT_EQ(shared.meter()->enclosure, "C1");
  MeterBench nameless;
  nameless.environment() = bench.environment();
  nameless.bmc.resources[kChassis]["ChassisType"] = "Enclosure";
  nameless.bmc.resources[kChassis].erase("SerialNumber");
  EXPECT_EQ(nameless.meter(), std::nullopt) << "several nodes may share it, and each would count the whole of it";
  MeterBench sled;
  sled.bmc.resources[kChassis]["ChassisType"] = "Sled";
  sled.power()["PowerSupplies"] = {{{"SerialNumber", "x"}, {"PowerInputWatts", 297}}};
  EXPECT_EQ(sled.meter()->enclosure, "supply x");
  sled.power()["PowerControl"] = {{{"PowerConsumedWatts", 150}}};
  EXPECT_EQ(sled.meter()->enclosure, "") << "its own";
}

TEST(RedfishMeter, OfAMachineThatIsOffIsBelievedWithinStandbyOnly) {
  MeterBench bench;
  bench.bmc.system()["PowerState"] = "Off";
  for (const auto& [watts, is_believed] :
       {std::pair{0.0, false}, {0.5, false}, {8.0, true}, {15.0, true}, {16.0, false}, {120.0, false}}) {
    bench.environment() = {{"PowerWatts", {{"Reading", watts}}}};
    EXPECT_EQ(bench.meter().has_value(), is_believed) << watts;
  }
}

TEST(RedfishMeter, ThatStandsStillWhileOffIsFrozen) {
  FrozenMeter meter;
  EXPECT_FALSE(meter.is_frozen(8.25, minutes{1}));
  EXPECT_FALSE(meter.is_frozen(8.25, minutes{10}));
  EXPECT_TRUE(meter.is_frozen(8.25, minutes{12}));
  EXPECT_FALSE(meter.is_frozen(8.26, minutes{13}));
  EXPECT_FALSE(meter.is_frozen(8, minutes{14}));
  EXPECT_FALSE(meter.is_frozen(8, hours{2})) << "whole watts are all that some meters have";
}

}  // namespace
}  // namespace drover::redfish::test
