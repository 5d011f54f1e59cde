#include "nodepower/daemon.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "nodepower/made_up_machine.h"
#include "support/manual_clock.h"
#include "support/recording_log.h"

namespace drover::nodepower {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

// A machine with its programs' settings, time and load.
class DaemonTest : public testing::Test {
 protected:
  DaemonTest() {
    proc.write("sys/kernel/random/boot_id", "boot-1\n");
    proc.write("1/cgroup", "0::/init.scope\n");
    etc.write("cpu_manager_state", R"({"policyName":"none","checksum":1})");
    busy(0);
  }
  void say(const std::string& settings) { etc.write("settings.yaml", settings); }
  // From now on so many CPUs are busy.
  void busy(double cpus) { busy_cpus = cpus; }
  void begin() {
    daemon = std::make_unique<Daemon>(
        DaemonTools{.sysfs = machine, .procfs = *procfs, .store = store, .clock = clock, .log = log},
        DaemonOptions{
            .settings_file = etc.path("settings.yaml"), .cpu_manager_state_file = etc.path("cpu_manager_state"), .version = "1"});
  }
  void pass_for(Duration time) {
    for (Duration t{}; t < time; t += seconds{5}) {
      ticks += busy_cpus * 500;
      proc.write("stat", "cpu  " + std::to_string(static_cast<long>(ticks)) + " 0 0 0 0 0 0 0 0 0\n");
      clock.advance(seconds{5});
      daemon->pass();
    }
  }

  MadeUpMachine machine{{.cores = 4, .threads = 2}};
  const std::map<std::string, std::string> at_first = machine.all();
  test::TemporaryFolder proc;
  test::TemporaryFolder etc;
  std::unique_ptr<RootSysFs> procfs = RootSysFs::open(proc.path(), nullptr).value();
  MemoryStore store;
  test::ManualClock clock;
  test::RecordingLog log;
  std::unique_ptr<Daemon> daemon;
  double busy_cpus = 0;
  double ticks = 1000;
};

TEST_F(DaemonTest, DoesWhatTheFileSaysAndUndoesItWhenTheFileIsGone) {
  say("governor: performance");
  begin();
  pass_for(seconds{5});
  EXPECT_EQ(machine.governor(3), "performance");
  EXPECT_EQ(daemon->snapshot().held_files, 8U);
  std::filesystem::remove(etc.path("settings.yaml"));
  pass_for(seconds{5});
  EXPECT_EQ(machine.all(), at_first);
}

TEST_F(DaemonTest, GoesOnWithTheSettingsBeforeWhenTheNewOnesAreWrong) {
  say("governor: performance");
  begin();
  pass_for(seconds{5});
  say("governor: [");
  pass_for(seconds{5});
  EXPECT_EQ(machine.governor(), "performance");
  EXPECT_FALSE(daemon->snapshot().settings_valid);
  EXPECT_THAT(standing_text(daemon->snapshot()), HasSubstr("not understood"));
}

TEST_F(DaemonTest, TakesIdleCoresOfflineAfterAWholeWindowAndBringsThemBackUnderLoad) {
  say("idleCores: {offline: 50%, window: 2m}");
  busy(0.5);
  begin();
  pass_for(minutes{2});
  EXPECT_EQ(machine.online(), "0-7") << "not yet";
  pass_for(seconds{15});
  EXPECT_EQ(machine.online(), "0-1,4-5");
  EXPECT_EQ(daemon->snapshot().resting_cpus, 4U);
  busy(3.5);
  pass_for(seconds{5});
  EXPECT_EQ(machine.online(), "0-7");
  EXPECT_TRUE(daemon->put_back());
  EXPECT_EQ(machine.all(), at_first);
}

TEST_F(DaemonTest, LetsACoreAloneThatDoesNotGoAndItsSiblingComesBack) {
  say("idleCores: {offline: 1, window: 1m}");
  machine.refuse = [](const std::string& path, std::string_view) -> std::optional<Error> {
    if (path != online_file(7)) return std::nullopt;
    return Error{ErrorClass::Retryable, path + ": Device or resource busy"};
  };
  begin();
  pass_for(seconds{75});
  EXPECT_EQ(machine.online(), "0-1,3-5,7") << "the core of 2 and 6, in the place of 3 and 7";
}

TEST_F(DaemonTest, TakesNoCoreOfflineWhereTheKubeletPins) {
  etc.write("cpu_manager_state", R"({"policyName":"static","defaultCpuSet":"0-3","entries":{"u":{"c":"4-7"}}})");
  say("idleCores: {offline: 50%, window: 1m}");
  begin();
  pass_for(minutes{2});
  EXPECT_EQ(machine.online(), "0-7");
  EXPECT_THAT(daemon->snapshot().remarks, Contains(HasSubstr("policy static")));
}

TEST_F(DaemonTest, BringsCoresBackWhenTheKubeletBeginsToPin) {
  say("idleCores: {offline: 50%, window: 1m}");
  begin();
  pass_for(minutes{2});
  ASSERT_EQ(machine.online(), "0-1,4-5");
  etc.write("cpu_manager_state", R"({"policyName":"static"})");
  pass_for(seconds{5});
  EXPECT_EQ(machine.online(), "0-7");
}

TEST_F(DaemonTest, AfterACrashBringsCoresBackAndHoldsTheRestOn) {
  say("governor: performance\nidleCores: {offline: 50%, window: 1m}");
  begin();
  pass_for(minutes{2});
  ASSERT_EQ(machine.online(), "0-1,4-5");
  begin();  // killed, started again: what is in use is not known yet
  pass_for(seconds{10});
  EXPECT_EQ(machine.online(), "0-7");
  EXPECT_EQ(machine.governor(7), "performance");
  EXPECT_TRUE(daemon->put_back());
  EXPECT_EQ(machine.all(), at_first);
}

TEST_F(DaemonTest, WritesNothingAndReadsOnWhenWhatWasBeforeIsNotKnown) {
  store.fault = Error{ErrorClass::Invalid, "held.json: is no JSON object; remove it"};
  say("governor: performance");
  begin();
  pass_for(seconds{5});
  EXPECT_EQ(machine.all(), at_first);
  EXPECT_THAT(daemon->snapshot().obstacle, HasSubstr("remove it"));
  EXPECT_EQ(daemon->snapshot().policies.size(), 8U);
  EXPECT_FALSE(daemon->put_back());
}

TEST_F(DaemonTest, SaysAProblemOnce) {
  say("governor: ondemand");
  begin();
  pass_for(minutes{1});
  int said = 0;
  for (const std::string& line : log.lines()) said += line.find("does not offer ondemand") != std::string::npos ? 1 : 0;
  EXPECT_EQ(said, 1);
  EXPECT_THAT(metrics_text(daemon->snapshot()), HasSubstr("drover_nodepower_unmet_settings 1\n"));
}

TEST(CpuManagerState, ThatWasReplacedUnderItsMountIsNotBelieved) {
  const test::TemporaryFolder folder;
  EXPECT_FALSE(read_cpu_manager_state(folder.path("not-there")));
  const std::string path = folder.write("state", "{}");
  EXPECT_EQ(read_cpu_manager_state(path).value(), "{}");
  // A file that has no name any more, as behind the mount of one.
  const int fd = open(path.c_str(), O_RDONLY);
  std::filesystem::remove(path);
  EXPECT_THAT(read_cpu_manager_state("/proc/self/fd/" + std::to_string(fd)).error().message, HasSubstr("restart this pod"));
  close(fd);
}

}  // namespace
}  // namespace drover::nodepower
