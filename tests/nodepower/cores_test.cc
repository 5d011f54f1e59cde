#include "nodepower/cores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "nodepower/made_up_machine.h"

namespace drover::nodepower {
namespace {

using testing::HasSubstr;

// 8 cores of two CPUs: core c has the CPUs c and c + 8.
Machine eight_cores(int packages = 1) {
  return read_machine(MadeUpMachine({.cores = 8, .threads = 2, .packages = packages})).value();
}
constexpr UseHistory::Use kIdle{.peak_cpus = 0, .whole_window = true, .crowded = false};

std::string chosen(const Machine& machine, const IdleCores& settings, const std::optional<UseHistory::Use>& use,
                   const CpuSet& resting = {}, const CpuSet& untouchable = {}) {
  return cpu_list_text(choose_cores(machine, settings, use, resting, untouchable).offline);
}

TEST(Cores, GoWithTheirSiblingsFromTheLastOn) {
  EXPECT_EQ(chosen(eight_cores(), {.count = 2}, kIdle), "6-7,14-15");
  EXPECT_EQ(chosen(eight_cores(), {.share = 0.25}, kIdle), "6-7,14-15");
  EXPECT_EQ(chosen(eight_cores(), {.count = 0}, kIdle), "");
}

TEST(Cores, NeverIncludeCpu0NorTheLastOfAPackage) {
  EXPECT_EQ(chosen(eight_cores(), {.count = 100}, kIdle), "1-7,9-15");
  EXPECT_EQ(chosen(eight_cores(2), {.share = 1}, kIdle), "1-3,5-7,9-11,13-15");
}

TEST(Cores, StayAsManyAsAreInUseAndTheHeadroom) {
  EXPECT_EQ(chosen(eight_cores(), {.count = 7}, UseHistory::Use{.peak_cpus = 3, .whole_window = true}),
            "5-7,13-15");  // 3 + half: 4.5
  EXPECT_EQ(chosen(eight_cores(), {.count = 7, .headroom = 1}, UseHistory::Use{.peak_cpus = 3, .whole_window = true}), "6-7,14-15");
  EXPECT_EQ(chosen(eight_cores(), {.count = 7}, UseHistory::Use{.peak_cpus = 6, .whole_window = true}), "");
}

TEST(Cores, ComeBackWhenTheUseIsNotKnownOrNearlyAllAreInUse) {
  EXPECT_EQ(chosen(eight_cores(), {.count = 2}, std::nullopt, {7, 15}), "");
  EXPECT_EQ(chosen(eight_cores(), {.count = 2}, UseHistory::Use{.peak_cpus = 1, .whole_window = true, .crowded = true}, {7, 15}),
            "");
}

TEST(Cores, DoNotGoBeforeAWholeWindowWasWatched) {
  const UseHistory::Use young{.peak_cpus = 0, .whole_window = false};
  EXPECT_EQ(chosen(eight_cores(), {.count = 2}, young), "");
  EXPECT_EQ(chosen(eight_cores(), {.count = 2}, young, {3, 11}), "3,11") << "those that rest may go on";
}

TEST(Cores, ThatRestGoOnRestingBeforeOthersDo) {
  EXPECT_EQ(chosen(eight_cores(), {.count = 2}, kIdle, {2, 10}), "2,7,10,15");
}

TEST(Cores, OfOthersAreNotTouched) {
  Machine machine = eight_cores();
  machine.reserved = {7};
  EXPECT_EQ(chosen(machine, {.count = 1}, kIdle), "6,14") << "isolcpus=7";
  EXPECT_EQ(chosen(machine, {.count = 1}, kIdle, {}, {14}), "5,13") << "14 was taken by people";
  machine.has_switch.erase(13);
  EXPECT_EQ(chosen(machine, {.count = 1}, kIdle, {}, {14}), "4,12") << "13 can't go offline";
  machine.online.erase(4);
  EXPECT_EQ(chosen(machine, {.count = 1}, kIdle, {}, {14}), "3,11") << "4 is offline by somebody else";
}

// Whatever the machine, the use and the settings.
TEST(Cores, AlwaysLeaveWhatIsInUseOnline) {
  std::mt19937 random(4);
  for (int round = 0; round < 3000; ++round) {
    const int cores = 1 + static_cast<int>(random() % 12);
    const int threads = 1 + static_cast<int>(random() % 2);
    Machine machine;
    for (int cpu = 0; cpu < cores * threads; ++cpu) {
      machine.present.insert(cpu);
      machine.online.insert(cpu);
      if (random() % 8 != 0) machine.has_switch.insert(cpu);
      if (random() % 10 == 0) machine.reserved.insert(cpu);
      machine.cores[{cpu % cores % 2, cpu % cores}].insert(cpu);
    }
    const UseHistory::Use use{.peak_cpus = static_cast<double>(random() % 1000) / 100, .whole_window = true};
    const CpuSet gone = choose_cores(machine, {.count = static_cast<std::int64_t>(random() % 14)}, use, {}, {}).offline;
    const double online_cores = cores - static_cast<double>(gone.size()) / threads;
    EXPECT_GE(online_cores, std::min<double>(cores, use.peak_cpus));
    EXPECT_FALSE(gone.contains(0));
    for (const int cpu : gone) {
      EXPECT_TRUE(machine.has_switch.contains(cpu) && !machine.reserved.contains(cpu));
      for (const int sibling : machine.cores.at({cpu % cores % 2, cpu % cores})) EXPECT_TRUE(gone.contains(sibling));
    }
  }
}

TEST(CoreObstacle, IsAPinningKubeletAnUnknownOneOrControlGroupsOfVersion1) {
  const Result<std::string> none(std::string(R"({"policyName":"none","defaultCpuSet":"","checksum":1})"));
  const Result<std::string> pins(std::string(R"({"policyName":"static","defaultCpuSet":"0-1,4","entries":{"u":{"c":"2-3"}}})"));
  const Result<std::string> v2(std::string("0::/init.scope"));
  const Result<std::string> v1(std::string("4:memory:/\n1:cpu:/\n0::/"));
  const Result<std::string> unread(Error{ErrorClass::Denied, "permission denied"});
  EXPECT_EQ(core_obstacle(none, v2), "");
  EXPECT_THAT(core_obstacle(pins, v2), HasSubstr("policy static"));
  EXPECT_THAT(core_obstacle(unread, v2), HasSubstr("permission denied"));
  EXPECT_THAT(core_obstacle(std::string("{"), v2), HasSubstr("no JSON"));
  EXPECT_THAT(core_obstacle(std::string(R"({"policyName":1})"), v2), HasSubstr("no JSON"));
  EXPECT_THAT(core_obstacle(none, v1), HasSubstr("version 1"));
  EXPECT_THAT(core_obstacle(none, unread), HasSubstr("not known"));
}

TEST(CpuUse, IsReadFromTheFirstLineOfStat) {
  EXPECT_EQ(busy_ticks("cpu  10 1 5 1000 50 2 3 4 7 0\ncpu0 1 1 1 1 1 1 1 1 1 1"), 25U);
  for (const char* text : {"", "cpu", "cpu0 1 2 3 4 5 6 7 8", "cpu 1 2 3", "cpu a b c d e f g h"})
    EXPECT_EQ(busy_ticks(text), std::nullopt) << text;
}

TEST(CpuUse, IsThePeakOfTheWindow) {
  UseHistory history(100);
  EXPECT_EQ(history.use(seconds{0}, minutes{1}), std::nullopt);
  history.add(seconds{0}, 0, 4);
  EXPECT_EQ(history.use(seconds{0}, minutes{1}), std::nullopt) << "one reading is no use yet";
  history.add(seconds{10}, 3000, 4);  // three CPUs
  history.add(seconds{20}, 3500, 4);  // half of one
  EXPECT_DOUBLE_EQ(history.use(seconds{20}, minutes{1})->peak_cpus, 3);
  EXPECT_DOUBLE_EQ(history.use(seconds{20}, seconds{10})->peak_cpus, 0.5);
  EXPECT_FALSE(history.use(seconds{20}, minutes{1})->whole_window);
  EXPECT_TRUE(history.use(seconds{20}, seconds{20})->whole_window);
}

TEST(CpuUse, IsCrowdedWhenFourFifthsOfWhatIsOnlineAreBusy) {
  UseHistory history(100);
  history.add(seconds{0}, 0, 4);
  history.add(seconds{10}, 3200, 4);
  EXPECT_TRUE(history.use(seconds{10}, minutes{1})->crowded);
  history.add(seconds{20}, 6300, 4);
  EXPECT_FALSE(history.use(seconds{20}, minutes{1})->crowded);
}

TEST(CpuUse, IsUnknownAfterAGapOrWithoutAReading) {
  UseHistory history(100);
  history.add(seconds{0}, 0, 4);
  history.add(seconds{10}, 100, 4);
  history.add(seconds{20}, std::nullopt, 4);
  EXPECT_EQ(history.use(seconds{20}, minutes{1}), std::nullopt);
  history.add(seconds{30}, 300, 4);
  history.add(seconds{40}, 400, 4);
  EXPECT_TRUE(history.use(seconds{40}, minutes{1}));
  history.add(seconds{140}, 500, 4);
  EXPECT_EQ(history.use(seconds{140}, minutes{1}), std::nullopt) << "what was in use in those 100 s nobody knows";
}

}  // namespace
}  // namespace drover::nodepower
