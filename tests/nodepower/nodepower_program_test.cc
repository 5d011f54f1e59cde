// drover-nodepower as it is run: on a made-up machine, and, reading only, on this one.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>

#include "nodepower/made_up_machine.h"

namespace drover::nodepower {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// A run of the program; both its streams come through a pipe.
class ProgramRun {
 public:
  explicit ProgramRun(std::vector<std::string> arguments) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    output_ = ends[0];
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDERR_FILENO);
    arguments.insert(arguments.begin(), DROVER_NODEPOWER_BINARY);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    char* none = nullptr;
    EXPECT_EQ(posix_spawn(&pid_, DROVER_NODEPOWER_BINARY, &files, nullptr, argv.data(), &none), 0);
    posix_spawn_file_actions_destroy(&files);
    close(ends[1]);
  }
  ~ProgramRun() {
    if (pid_ > 0) kill(pid_, SIGKILL);
    end();
    close(output_);
  }
  ProgramRun(const ProgramRun&) = delete;
  ProgramRun& operator=(const ProgramRun&) = delete;

  const std::string& read_until(const std::string& text) {
    std::array<char, 4096> buffer{};
    while (said_.find(text) == std::string::npos) {
      const ssize_t n = read(output_, buffer.data(), buffer.size());
      if (n <= 0) break;
      said_.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return said_;
  }
  void signal(int number) const { kill(pid_, number); }
  int end() {
    read_until("\x01");
    int status = -1;
    if (pid_ > 0) waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] const std::string& said() const { return said_; }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string said_;
};

class Program : public testing::Test {
 protected:
  Program() {
    folder.write("proc/sys/kernel/random/boot_id", "boot-1\n");
    folder.write("proc/1/cgroup", "0::/\n");
    folder.write("proc/stat", "cpu  0 0 0 0 0 0 0 0 0 0\n");
    folder.write("cpu_manager_state", R"({"policyName":"none"})");
    folder.write("settings.yaml", "governor: performance\n");
  }
  [[nodiscard]] std::vector<std::string> with_roots(std::vector<std::string> arguments) const {
    for (const auto& [flag, value] :
         std::map<std::string, std::string>{{"--sysfs", machine.root()}, {"--procfs", folder.path("proc")}})
      arguments.insert(arguments.end(), {flag, value});
    return arguments;
  }
  [[nodiscard]] std::vector<std::string> run_arguments() const {
    return with_roots({"run", "--settings", folder.path("settings.yaml"), "--state", folder.path("state/held.json"),
                       "--cpu-manager-state", folder.path("cpu_manager_state"), "--listen", "127.0.0.1:0"});
  }

  MadeUpMachine machine;
  const std::map<std::string, std::string> at_first = machine.all();
  test::TemporaryFolder folder;
};

TEST_F(Program, SetsTheGovernorAndPutsItBackAtSigterm) {
  ProgramRun run(run_arguments());
  run.read_until("policy7/scaling_governor");
  run.signal(SIGTERM);
  EXPECT_EQ(run.end(), 0) << run.said();
  EXPECT_THAT(run.said(), AllOf(HasSubstr("written"), HasSubstr("putBack=all")));
  EXPECT_EQ(machine.all(), at_first);
}

TEST_F(Program, PutsBackByHandWhatAKilledOneLeft) {
  ProgramRun run(run_arguments());
  run.read_until("policy7/scaling_governor");
  run.signal(SIGKILL);
  run.end();
  ASSERT_EQ(machine.governor(), "performance");
  ProgramRun restore(with_roots({"restore", "--state", folder.path("state/held.json")}));
  EXPECT_EQ(restore.end(), 0);
  EXPECT_THAT(restore.said(), HasSubstr("put back: 8; not put back: 0"));
  EXPECT_EQ(machine.all(), at_first);
}

TEST_F(Program, DoesNotRunTwiceOnOneMachine) {
  ProgramRun first(run_arguments());
  first.read_until("listening");
  ProgramRun second(run_arguments());
  EXPECT_EQ(second.end(), 1);
  EXPECT_THAT(second.said(), HasSubstr("another drover-nodepower"));
}

TEST_F(Program, ChecksAndWritesNothing) {
  ProgramRun check(
      with_roots({"check", "--settings", folder.path("settings.yaml"), "--cpu-manager-state", folder.path("cpu_manager_state")}));
  EXPECT_EQ(check.end(), 0);
  EXPECT_THAT(check.said(), HasSubstr("WOULD SET devices/system/cpu/cpufreq/policy0/scaling_governor = performance"));
  EXPECT_EQ(machine.all(), at_first);
}

TEST_F(Program, TellsWhatIsWrongWithWhatItWasGiven) {
  ProgramRun odd({"run", "--interval", "1h"});
  EXPECT_EQ(odd.end(), 2);
  EXPECT_THAT(odd.said(), HasSubstr("--interval: want a duration from 1s to 30s"));
  ProgramRun none({});
  EXPECT_EQ(none.end(), 2);
  ProgramRun wrong(with_roots({"check", "--settings", folder.write("wrong.yaml", "governer: x")}));
  EXPECT_EQ(wrong.end(), 2);
  EXPECT_THAT(wrong.said(), HasSubstr("governer: is no field here"));
}

// This machine, whatever it is: its CPUs are found, and nothing is written.
TEST(ThisMachine, IsChecked) {
  ProgramRun check({"check", "-o", "json", "--settings", "/nonexistent"});
  ASSERT_EQ(check.end(), 0) << check.said();
  const auto report = nlohmann::json::parse(check.said());
  const auto online = parse_cpu_list(report["cpus"]["online"].get<std::string>());
  ASSERT_TRUE(online);
  EXPECT_EQ(online->size(), static_cast<std::size_t>(sysconf(_SC_NPROCESSORS_ONLN)));
}

}  // namespace
}  // namespace drover::nodepower
