#include "nodepower/keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nodepower/made_up_machine.h"
#include "support/recording_log.h"

namespace drover::nodepower {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Crash {};

const std::string kGovernor = policy_file(0, kGovernorName);
const std::string kEpp = policy_file(0, kPreferenceName);

Wish wishes(std::map<std::string, std::string> values, const std::string& settings = "some") {
  return {.settings = settings, .values = std::move(values), .remarks = {}, .cores_note = {}};
}

class KeeperTest : public testing::Test {
 protected:
  Keeper keeper(const std::string& boot = "boot-1") { return Keeper::open(machine, store, log, boot).value(); }

  MadeUpMachine machine{{.cores = 2, .threads = 1}};
  const std::map<std::string, std::string> at_first = machine.all();
  MemoryStore store;
  test::RecordingLog log;
};

TEST_F(KeeperTest, WritesWhatIsWishedAndPutsItBackWhenTheWishIsGone) {
  Keeper k = keeper();
  EXPECT_EQ(k.carry_out(wishes({{kGovernor, "performance"}})).writes, 1U);
  EXPECT_EQ(machine.governor(), "performance");
  EXPECT_EQ(k.carry_out(wishes({{kGovernor, "performance"}})).writes, 0U) << "it holds it";
  EXPECT_EQ(k.carry_out(wishes({})).writes, 1U);
  EXPECT_EQ(machine.all(), at_first);
  EXPECT_THAT(k.held().files, IsEmpty());
}

TEST_F(KeeperTest, HoldsNothingThatWasSoAlready) {
  Keeper k = keeper();
  EXPECT_THAT(k.carry_out(wishes({{kGovernor, "powersave"}})).problems, IsEmpty());
  EXPECT_THAT(machine.written, IsEmpty());
  EXPECT_THAT(k.held().files, IsEmpty());
}

TEST_F(KeeperTest, RemembersWhatWasThereFirstOverSeveralWishes) {
  Keeper k = keeper();
  (void)k.carry_out(wishes({{kEpp, "power"}}));
  (void)k.carry_out(wishes({{kEpp, "balance_power"}}));
  EXPECT_EQ(machine.preference(), "balance_power");
  (void)k.put_back();
  EXPECT_EQ(machine.all(), at_first);
}

TEST_F(KeeperTest, SetsFrequenciesBeforeACpuGoesOfflineAndAfterItIsBack) {
  Keeper k = keeper();
  (void)k.carry_out(wishes({{policy_file(1, kGovernorName), "performance"}}));
  (void)k.carry_out(wishes({{online_file(1), "0"}}));
  EXPECT_EQ(machine.online(), "0");
  (void)k.carry_out(wishes({}));
  EXPECT_THAT(machine.written, ElementsAre("cpufreq/policy1/scaling_governor=performance",
                                           "cpufreq/policy1/scaling_governor=powersave", "cpu1/online=0", "cpu1/online=1"));
  EXPECT_EQ(machine.all(), at_first);
}

TEST_F(KeeperTest, SetsTheGovernorBeforeTheEppThatItLimits) {
  Keeper k = keeper();
  machine.put(kGovernor, "performance");
  machine.put(kEpp, "performance");
  (void)k.carry_out(wishes({{kGovernor, "powersave"}, {kEpp, "power"}}));
  EXPECT_THAT(machine.written,
              ElementsAre("cpufreq/policy0/scaling_governor=powersave", "cpufreq/policy0/energy_performance_preference=power"));
}

TEST_F(KeeperTest, LeavesAFileToPeopleUntilTheSettingsChange) {
  Keeper k = keeper();
  (void)k.carry_out(wishes({{kEpp, "power"}}));
  machine.put(kEpp, "performance");  // by hand
  (void)k.carry_out(wishes({{kEpp, "power"}}));
  EXPECT_EQ(machine.preference(), "performance");
  EXPECT_THAT(log.lines().back(), HasSubstr("somebody else has written this file"));
  (void)k.carry_out(wishes({{kEpp, "power"}}));
  EXPECT_EQ(machine.preference(), "performance");
  Keeper after_restart = keeper();
  (void)after_restart.carry_out(wishes({{kEpp, "power"}}));
  EXPECT_EQ(machine.preference(), "performance") << "a restart is no change";
  (void)after_restart.carry_out(wishes({{kEpp, "balance_power"}}, "others"));
  EXPECT_EQ(machine.preference(), "balance_power");
  (void)after_restart.put_back();
  EXPECT_EQ(machine.preference(), "performance") << "what was there before is now what people wrote";
}

TEST_F(KeeperTest, LeavesAFileToPeopleAtTheEnd) {
  Keeper k = keeper();
  (void)k.carry_out(wishes({{kEpp, "power"}, {kGovernor, "performance"}}));
  machine.put(kEpp, "balance_power");
  (void)k.put_back();
  EXPECT_EQ(machine.preference(), "balance_power");
  EXPECT_EQ(machine.governor(), "powersave");
}

TEST_F(KeeperTest, SeesThatPeoplePutACpuBackOnline) {
  Keeper k = keeper();
  (void)k.carry_out(wishes({{online_file(1), "0"}}));
  machine.put(online_file(1), "1");
  (void)k.carry_out(wishes({{online_file(1), "0"}}));
  EXPECT_EQ(machine.holds(online_file(1)), "1");
  EXPECT_EQ(k.held().cpus_left(), CpuSet{1});
  EXPECT_EQ(k.held().resting(), CpuSet{});
}

TEST_F(KeeperTest, ReportsACpuThatIsBusyAndHoldsNothingOfIt) {
  Keeper k = keeper();
  machine.refuse = [](const std::string& path, std::string_view) -> std::optional<Error> {
    return Error{ErrorClass::Retryable, path + ": Device or resource busy"};
  };
  const PassReport report = k.carry_out(wishes({{online_file(1), "0"}}));
  EXPECT_EQ(report.did_not_go, CpuSet{1});
  EXPECT_THAT(report.problems, ElementsAre(HasSubstr("busy")));
  EXPECT_THAT(k.held().files, IsEmpty());
  EXPECT_THAT(store.kept->files, IsEmpty());
}

TEST_F(KeeperTest, GoesOnToPutBackWhatCouldNotBeWritten) {
  Keeper k = keeper();
  (void)k.carry_out(wishes({{kEpp, "power"}}));
  machine.refuse = [](const std::string& path, std::string_view) -> std::optional<Error> {
    return Error{ErrorClass::Denied, path};
  };
  EXPECT_THAT(k.put_back().problems, ElementsAre(kEpp));
  EXPECT_EQ(k.held().files.size(), 1U);
  machine.refuse = nullptr;
  EXPECT_THAT(k.put_back().problems, IsEmpty());
  EXPECT_EQ(machine.all(), at_first);
}

TEST_F(KeeperTest, WritesNothingThatCouldNotBeNotedButPutsBack) {
  Keeper k = keeper();
  (void)k.carry_out(wishes({{kEpp, "power"}}));
  store.fault = Error{ErrorClass::Retryable, "no space left"};
  EXPECT_THAT(k.carry_out(wishes({{kEpp, "power"}, {kGovernor, "performance"}})).problems, testing::Contains("no space left"));
  EXPECT_EQ(machine.governor(), "powersave");
  (void)k.put_back();
  EXPECT_EQ(machine.all(), at_first);
}

TEST_F(KeeperTest, ForgetsAFileThatHasGoneWithItsDriver) {
  Keeper k = keeper();
  (void)k.carry_out(wishes({{kEpp, "power"}}));
  machine.remove(kEpp);
  EXPECT_THAT(k.put_back().problems, IsEmpty());
  EXPECT_THAT(k.held().files, IsEmpty());
}

TEST_F(KeeperTest, KeepsInMindAFileWhoseCpuSomebodyElseTookOffline) {
  Keeper k = keeper();
  const std::string file = policy_file(1, kPreferenceName);
  (void)k.carry_out(wishes({{file, "power"}}));
  (void)machine.write(online_file(1), "0");
  EXPECT_THAT(k.put_back().problems, ElementsAre(HasSubstr(file)));
  (void)machine.write(online_file(1), "1");
  EXPECT_THAT(k.put_back().problems, IsEmpty());
  EXPECT_EQ(machine.all(), at_first);
}

TEST_F(KeeperTest, HasNothingToPutBackAfterTheMachineHasBooted) {
  Keeper first = keeper("boot-1");
  (void)first.carry_out(wishes({{kEpp, "power"}}));
  machine.put(kEpp, "performance");  // the kernel's own, this time
  Keeper second = keeper("boot-2");
  EXPECT_THAT(second.held().files, IsEmpty());
  (void)second.carry_out(wishes({{kEpp, "power"}}));
  (void)second.put_back();
  EXPECT_EQ(machine.preference(), "performance");
}

TEST_F(KeeperTest, DoesNotBeginWhenWhatIsKeptCantBeRead) {
  store.fault = Error{ErrorClass::Invalid, "held.json: is no JSON object"};
  EXPECT_FALSE(Keeper::open(machine, store, log, "boot-1"));
}

// The wishes of a life: set, changed, a CPU away, back, and nothing wished.
void live(Keeper k) {
  const std::string other = policy_file(1, kGovernorName);
  (void)k.carry_out(wishes({{kGovernor, "performance"}, {other, "performance"}}, "a"));
  (void)k.carry_out(wishes({{kEpp, "power"}, {online_file(1), "0"}}, "b"));
  (void)k.carry_out(wishes({{kEpp, "balance_power"}, {other, "performance"}}, "c"));
}

// Killed before and after every write of a file and of the notes, one after another: the next start always puts everything back.
TEST(KeeperCrash, AtAnyInstantLeavesNothingThatIsNotPutBack) {
  int at = 0;
  for (bool crashed = true; crashed; ++at) {
    MadeUpMachine machine({.cores = 2, .threads = 1});
    const auto at_first = machine.all();
    MemoryStore store;
    test::RecordingLog log;
    int left = at;
    const auto step = [&] {
      if (left-- == 0) throw Crash{};
    };
    machine.refuse = [&](const std::string&, std::string_view) -> std::optional<Error> { return step(), std::nullopt; };
    machine.after_write = [&](const std::string&) { step(); };
    store.before_save = store.after_save = step;
    crashed = false;
    try {
      live(Keeper::open(machine, store, log, "boot").value());
    } catch (const Crash&) {
      crashed = true;
    }
    machine.refuse = nullptr;
    machine.after_write = nullptr;
    store.before_save = store.after_save = nullptr;
    Keeper next = Keeper::open(machine, store, log, "boot").value();
    EXPECT_THAT(next.put_back().problems, IsEmpty()) << "crash " << at;
    EXPECT_EQ(machine.all(), at_first) << "crash " << at;
    EXPECT_THAT(next.held().files, IsEmpty()) << "crash " << at;
    for (const std::string& line : log.lines()) EXPECT_THAT(line, testing::Not(HasSubstr("somebody else"))) << "crash " << at;
  }
  EXPECT_GT(at, 30);
}

}  // namespace
}  // namespace drover::nodepower
