#include "nodepower/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nodepower/check.h"
#include "nodepower/made_up_machine.h"
#include "nodepower/wish.h"

namespace drover::nodepower {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Wish wish_of(const MadeUpMachine& files, const Settings& settings) {
  const Machine machine = read_machine(files).value();
  return make_wish({.machine = machine,
                    .settings = settings,
                    .use = UseHistory::Use{.peak_cpus = 0, .whole_window = true},
                    .core_obstacle = {},
                    .resting = {},
                    .untouchable = {}});
}

TEST(Machine, IsReadWithItsSiblingsAndSwitches) {
  const MadeUpMachine files({.cores = 4, .threads = 2, .packages = 2});
  const Machine machine = read_machine(files).value();
  EXPECT_EQ(cpu_list_text(machine.online), "0-7");
  EXPECT_EQ(cpu_list_text(machine.has_switch), "1-7");
  EXPECT_EQ(machine.cores.size(), 4U);
  EXPECT_EQ(machine.cores.at({0, 1}), (CpuSet{1, 5}));
  EXPECT_EQ(machine.cores.at({1, 3}), (CpuSet{3, 7}));
  EXPECT_EQ(machine.mode, "active");
  ASSERT_EQ(machine.policies.size(), 8U);
  EXPECT_EQ(machine.policies[7].number, 7);
  EXPECT_EQ(machine.policies[0].hertz, 2'400'000'000);
}

TEST(Machine, WithoutAListOfCpusIsAnError) {
  MadeUpMachine files;
  files.put(kCpuFolder + std::string("/online"), "zero to three");
  EXPECT_EQ(read_machine(files).error().cls, ErrorClass::Invalid);
  files.remove(kCpuFolder + std::string("/online"));
  EXPECT_EQ(read_machine(files).error().cls, ErrorClass::NotFound);
}

TEST(Wish, OfIntelPstateActiveIsGovernorAndEpp) {
  const MadeUpMachine files({.cores = 1, .threads = 1});
  const Wish wish = wish_of(files, {.governor = "powersave", .preference = "balance_power"});
  EXPECT_THAT(wish.values, ElementsAre(std::pair{policy_file(0, kPreferenceName), "balance_power"},
                                       std::pair{policy_file(0, kGovernorName), "powersave"}));
  EXPECT_THAT(wish.remarks, IsEmpty());
}

TEST(Wish, SaysWhichGovernorsThereAre) {
  const MadeUpMachine files;
  const Wish wish = wish_of(files, {.governor = "ondemand"});
  EXPECT_THAT(wish.values, IsEmpty());
  EXPECT_THAT(wish.remarks,
              ElementsAre("CPU 0-7: governor: intel_pstate does not offer ondemand; it offers: performance powersave"));
}

TEST(Wish, UnderAcpiCpufreqHasAGovernorAndNoEpp) {
  const MadeUpMachine files(acpi_cpufreq());
  const Wish wish = wish_of(files, {.governor = "ondemand", .preference = "power"});
  EXPECT_EQ(wish.values.size(), 8U);
  EXPECT_THAT(wish.remarks, ElementsAre("CPU 0-7: energyPerformancePreference: acpi-cpufreq has none on this CPU"));
}

TEST(Wish, OfIntelPstatePassiveAndAmdPstateIsWhatTheyOffer) {
  EXPECT_THAT(wish_of(MadeUpMachine(intel_passive()), {.governor = "ondemand", .preference = "power"}).remarks, IsEmpty());
  const MadeUpMachine amd(amd_active());
  EXPECT_EQ(read_machine(amd).value().mode, "active");
  EXPECT_THAT(wish_of(amd, {.preference = "power"}).remarks, IsEmpty());
  EXPECT_THAT(wish_of(amd, {.preference = "frugal"}).remarks, ElementsAre(HasSubstr("amd-pstate-epp does not offer frugal")));
}

TEST(Wish, OfEppUnderTheGovernorPerformanceAsksForAnotherGovernor) {
  const MadeUpMachine files({.governor = "performance", .preference = "performance"});
  EXPECT_THAT(wish_of(files, {.preference = "power"}).remarks, ElementsAre(HasSubstr("set governor, too")));
  EXPECT_THAT(wish_of(files, {.governor = "powersave", .preference = "power"}).remarks, IsEmpty());
}

TEST(Wish, OnAVirtualMachineSaysThatThereIsNoCpufreq) {
  const MadeUpMachine files(virtual_machine());
  EXPECT_THAT(wish_of(files, {.governor = "powersave"}).remarks, ElementsAre(HasSubstr("no cpufreq")));
}

TEST(Wish, OfACoreThatGoesOfflineLeavesItsFrequencyAlone) {
  const MadeUpMachine files({.cores = 2, .threads = 1});
  const Wish wish = wish_of(files, {.governor = "performance", .idle_cores = IdleCores{.count = 1}});
  EXPECT_THAT(wish.values, ElementsAre(std::pair{online_file(1), "0"}, std::pair{policy_file(0, kGovernorName), "performance"}));
}

TEST(Check, SaysWhatTheMachineCanDo) {
  const MadeUpMachine files;
  const Machine machine = read_machine(files).value();
  const CheckReport report{
      .machine = machine, .core_obstacle = "", .rapl = {}, .hwmon = {}, .wish = wish_of(files, {.governor = "ondemand"})};
  EXPECT_EQ(check_text(report),
            "CPUS      0-7, online: 0-7, cores: 4, reserved: none\n"
            "CPUFREQ   CPU 0-7:\n"
            "            driver intel_pstate, active\n"
            "            governor powersave; to choose from: performance powersave\n"
            "            EPP balance_performance; to choose from: default performance balance_performance balance_power power\n"
            "OFFLINE   CPUs that can go offline: 1-7\n"
            "RAPL      none\n"
            "HWMON     none\n"
            "WOULD SET nothing\n"
            "CAN'T     CPU 0-7: governor: intel_pstate does not offer ondemand; it offers: performance powersave\n");
  EXPECT_THAT(check_json(report), HasSubstr("\"governors\": [\n        \"performance\",\n        \"powersave\"\n      ]"));
}

}  // namespace
}  // namespace drover::nodepower
