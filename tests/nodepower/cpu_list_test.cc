#include "nodepower/cpu_list.h"

#include <gtest/gtest.h>

#include <random>

#include "nodepower/files.h"

namespace drover::nodepower {
namespace {

TEST(CpuList, ReadsWhatTheKernelWrites) {
  EXPECT_EQ(parse_cpu_list("0-3,8"), (CpuSet{0, 1, 2, 3, 8}));
  EXPECT_EQ(parse_cpu_list("0"), CpuSet{0});
  EXPECT_EQ(parse_cpu_list(""), CpuSet{});
  EXPECT_EQ(cpu_list_text({0, 1, 2, 3, 8, 10, 11}), "0-3,8,10-11");
  EXPECT_EQ(cpu_list_text({}), "");
}

TEST(CpuList, RefusesAllElse) {
  for (const char* text :
       {"0-", "-3", "3-0", "a", "0,,1", ",", "0 1", "0-3,", "1-2-3", "007", "+1", "99999", "18446744073709551617", "0\n"})
    EXPECT_EQ(parse_cpu_list(text), std::nullopt) << text;
}

TEST(CpuList, OfAnySetIsReadBack) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    CpuSet cpus;
    for (unsigned i = random() % 40; i > 0; --i) cpus.insert(static_cast<int>(random() % 64));
    EXPECT_EQ(parse_cpu_list(cpu_list_text(cpus)), cpus);
  }
}

TEST(CpuList, OfAnyTextIsRefusedOrMeansTheSameWhenWrittenAgain) {
  std::mt19937 random(2);
  const std::string letters = "0123456789-,,-- a\n\t+\xff";
  int read = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string text;
    for (unsigned i = random() % 8; i > 0; --i) text += letters[random() % letters.size()];
    const auto cpus = parse_cpu_list(text);
    if (!cpus) continue;
    ++read;
    EXPECT_EQ(parse_cpu_list(cpu_list_text(*cpus)), cpus) << text;
  }
  EXPECT_GT(read, 1000);
}

TEST(Files, ThreeKindsMayBeWrittenAndNothingElse) {
  EXPECT_TRUE(may_write("devices/system/cpu/cpu7/online"));
  EXPECT_TRUE(may_write("devices/system/cpu/cpufreq/policy0/scaling_governor"));
  EXPECT_TRUE(may_write("devices/system/cpu/cpufreq/policy12/energy_performance_preference"));
  for (const char* path :
       {"devices/system/cpu/cpu0/online", "devices/system/cpu/cpu07/online", "devices/system/cpu/cpu1/../cpu0/online",
        "devices/system/cpu/cpu/online", "devices/system/cpu/online", "devices/system/cpu/cpu1/cpufreq/scaling_governor",
        "devices/system/cpu/cpufreq/policy0/scaling_max_freq", "devices/system/cpu/cpufreq/policy0/../policy1/scaling_governor",
        "devices/system/cpu/intel_pstate/no_turbo", "devices/system/memory/memory1/online", "kernel/kexec_crash_size", "online", "",
        "/devices/system/cpu/cpu1/online"})
    EXPECT_FALSE(may_write(path)) << path;
}

}  // namespace
}  // namespace drover::nodepower
