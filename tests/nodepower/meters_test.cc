#include "nodepower/meters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nodepower/made_up_machine.h"
#include "nodepower/page.h"

namespace drover::nodepower {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kRange = 262'143'328'850;

TEST(EnergyCounter, CountsFromWhenItWasFirstRead) {
  EnergyCounter counter;
  EXPECT_EQ(counter.joules(), std::nullopt);
  counter.add(seconds{0}, 5'000'000, kRange);
  EXPECT_EQ(counter.joules(), 0);
  counter.add(seconds{5}, 505'000'000, kRange);
  EXPECT_DOUBLE_EQ(*counter.joules(), 500);
  EXPECT_EQ(counter.unmetered_seconds(), 0);
}

TEST(EnergyCounter, GoesOnOverAWrap) {
  EnergyCounter counter;
  counter.add(seconds{0}, kRange - 100'000'000, kRange);
  counter.add(seconds{5}, 400'000'000, kRange);
  EXPECT_DOUBLE_EQ(*counter.joules(), 500);
}

TEST(EnergyCounter, DoesNotGuess) {
  EnergyCounter counter;
  counter.add(seconds{0}, 1'000'000'000, std::nullopt);
  counter.add(seconds{5}, 900'000'000, std::nullopt);  // fell, and nobody says where it wraps
  EXPECT_EQ(counter.joules(), 0);
  EXPECT_EQ(counter.unmetered_seconds(), 5);
  counter.add(seconds{300}, 950'000'000, kRange);  // may have wrapped more than once
  EXPECT_EQ(counter.joules(), 0);
  EXPECT_EQ(counter.unmetered_seconds(), 300);
  counter.add(seconds{305}, 1'000'000, kRange);  // set anew: it would be 50 kW
  EXPECT_EQ(counter.joules(), 0);
  counter.add(seconds{310}, 11'000'000, kRange);
  EXPECT_DOUBLE_EQ(*counter.joules(), 10);
}

TEST(EnergyCounter, IsAbsentWhileItCantBeReadAndKeepsWhatItHad) {
  EnergyCounter counter;
  counter.add(seconds{0}, 0, kRange);
  counter.add(seconds{5}, 100'000'000, kRange);
  counter.add(seconds{10}, std::nullopt, kRange);
  EXPECT_EQ(counter.joules(), std::nullopt);
  counter.add(seconds{15}, 300'000'000, kRange);
  EXPECT_DOUBLE_EQ(*counter.joules(), 100);
  EXPECT_EQ(counter.unmetered_seconds(), 10);
}

void add_zone(MadeUpMachine& files, const std::string& folder, const std::string& name, std::uint64_t microjoules) {
  const std::string path = kPowercapFolder + std::string("/") + folder;
  files.put(path + "/name", name);
  files.put(path + "/energy_uj", std::to_string(microjoules));
  files.put(path + "/max_energy_range_uj", std::to_string(kRange));
}

void add_zones(MadeUpMachine& files) {
  add_zone(files, "intel-rapl/intel-rapl:0", "package-0", 1'000'000);
  add_zone(files, "intel-rapl/intel-rapl:0/intel-rapl:0:0", "core", 500'000);
  add_zone(files, "intel-rapl/intel-rapl:0/intel-rapl:0:1", "dram", 200'000);
  add_zone(files, "intel-rapl/intel-rapl:1", "psys", 3'000'000);
  add_zone(files, "intel-rapl-mmio/intel-rapl-mmio:0", "package-0", 1'000'000);
  files.put(kPowercapFolder + std::string("/dtpm/dtpm:0/name"), "soc");  // limits power, counts no energy
}

void add_sensors(MadeUpMachine& files) {
  const std::string meter = "devices/LNXSYSTM:00/ACPI000D:00/hwmon/hwmon2";
  files.put(meter + "/name", "power_meter");
  files.put(meter + "/power1_average", "182000000");
  files.put(meter + "/power1_average_interval", "1000");
  files.put(meter + "/temp1_input", "45000");
  const std::string supply = "devices/pci0000:00/0000:00:1f.4/i2c-0/0-0058/hwmon/hwmon3";
  files.put(supply + "/name", "pmbus");
  files.put(supply + "/power1_input", "205500000");
  files.put(supply + "/power1_average", "1");
  files.put(supply + "/power1_label", "pin");
  files.put(supply + "/energy1_input", "7000000");
  files.link(kHwmonFolder + std::string("/hwmon2"), "../../" + meter);
  files.link(kHwmonFolder + std::string("/hwmon3"), "../../" + supply);
  files.link(kHwmonFolder + std::string("/hwmon9"), "../../../../../../etc");  // leads out: left out
}

TEST(Meters, KnowTheZonesByNameAndPlaceAndAddNothingUp) {
  MadeUpMachine files;
  add_zones(files);
  std::string all;
  for (const auto& zone : read_rapl(files))
    all += zone.zone + " " + zone.name + " " + std::to_string(zone.microjoules.value()) + "\n";
  EXPECT_EQ(all,
            "intel-rapl:0 package-0 1000000\n"
            "intel-rapl:0:0 package-0/core 500000\n"
            "intel-rapl:0:1 package-0/dram 200000\n"
            "intel-rapl:1 psys 3000000\n"
            "intel-rapl-mmio:0 package-0 1000000\n");
}

TEST(Meters, FollowHwmonIntoTheDevicesAndNoFurther) {
  MadeUpMachine files;
  add_sensors(files);
  std::string all;
  for (const auto& s : read_hwmon(files))
    all += s.hwmon + " " + s.chip + " " + s.sensor + " " + s.label + " " + std::to_string(s.micro.value()) + "\n";
  EXPECT_EQ(all,
            "hwmon2 power_meter power1  182000000\n"
            "hwmon3 pmbus energy1  7000000\n"
            "hwmon3 pmbus power1 pin 205500000\n");
}

TEST(Metrics, ShowWhatIsReadAndOnlyThat) {
  MadeUpMachine files;
  add_zones(files);
  add_sensors(files);
  files.unreadable.insert(kPowercapFolder + std::string("/intel-rapl/intel-rapl:1/energy_uj"));
  Meters meters;
  (void)meters.read(files, seconds{0});
  add_zone(files, "intel-rapl/intel-rapl:0", "package-0", 501'000'000);
  const Snapshot snapshot{
      .version = "1.2.3", .readings = meters.read(files, seconds{5}), .policies = read_machine(files)->policies};
  EXPECT_THAT(
      metrics_text(snapshot),
      AllOf(HasSubstr("drover_nodepower_rapl_joules_total{name=\"package-0\",zone=\"intel-rapl:0\"} 500\n"),
            HasSubstr("drover_nodepower_rapl_joules_total{name=\"package-0/core\",zone=\"intel-rapl:0:0\"} 0\n"),
            Not(HasSubstr("rapl_joules_total{name=\"psys\"")),
            HasSubstr("rapl_unmetered_seconds_total{name=\"psys\",zone=\"intel-rapl:1\"} 5\n"),
            HasSubstr("drover_nodepower_hwmon_watts{chip=\"pmbus\",hwmon=\"hwmon3\",label=\"pin\",sensor=\"power1\"} 205.5\n"),
            HasSubstr("drover_nodepower_hwmon_joules_total{chip=\"pmbus\",hwmon=\"hwmon3\",label=\"\",sensor=\"energy1\"} 0\n"),
            HasSubstr("drover_nodepower_cpu_frequency_hertz{policy=\"0\"} 2400000000\n"),
            HasSubstr("drover_nodepower_cpus_offline 0\n"), Not(HasSubstr("drover_nodepower_cpus_online"))));
}

TEST(Metrics, OfAMachineWithoutMetersHaveNone) {
  const MadeUpMachine files(virtual_machine());
  Meters meters;
  EXPECT_THAT(metrics_text({.readings = meters.read(files, seconds{0})}), AllOf(Not(HasSubstr("rapl")), Not(HasSubstr("hwmon"))));
}

}  // namespace
}  // namespace drover::nodepower
