#include "kube/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "support/temporary_folder.h"

namespace drover::kube {
namespace {

using testing::HasSubstr;

Program shell(std::string script) {
  return {.command = "sh", .arguments = {"-c", std::move(script)}};
}

Duration elapsed_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::steady_clock::now() - start;
}

TEST(Process, CollectsBothOutputsAndTheExitCode) {
  const ProgramResult result = run_program(shell("echo out; echo err >&2; exit 3"), {}).value();
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.error_text, "err\n");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(run_program(shell("kill -TERM $$"), {}).value().exit_code, 128 + SIGTERM);
}

TEST(Process, ArgumentsAndEnvironmentAreNotSeenByAShell) {
  const Program program{.command = "/usr/bin/env", .arguments = {"printf", "%s", "$HOME; `id`"}};
  EXPECT_EQ(run_program(program, {}).value().output, "$HOME; `id`");
  Program named = shell("echo \"$A|$HOME\"");
  named.environment = {{"A", "x y"}, {"HOME", "/ours"}};
  EXPECT_EQ(run_program(named, {}).value().output, "x y|/ours\n");
}

TEST(Process, StandardInputIsEmpty) {
  EXPECT_EQ(run_program(shell("cat; echo end"), {}).value().output, "end\n");
}

TEST(Process, AProgramThatIsNotThereIsNotFound) {
  EXPECT_EQ(run_program({.command = "/nowhere/plugin"}, {}).error().cls, ErrorClass::NotFound);
  EXPECT_EQ(run_program({.command = "drover-no-such-program"}, {}).error().cls, ErrorClass::NotFound);
}

TEST(Process, IsKilledWithItsChildrenWhenItsTimeIsUp) {
  const test::TemporaryFolder folder;
  Program program = shell("sleep 600 & echo $! >" + folder.path("pid") + "; wait");
  program.timeout = milliseconds{300};
  const auto start = std::chrono::steady_clock::now();
  const auto result = run_program(program, {});
  EXPECT_EQ(result.error().cls, ErrorClass::Retryable);
  EXPECT_THAT(result.error().message, HasSubstr("did not end within 300ms"));
  EXPECT_LT(elapsed_since(start), seconds{20});
  pid_t grandchild = 0;
  std::ifstream(folder.path("pid")) >> grandchild;
  ASSERT_GT(grandchild, 0);
  for (int i = 0; i < 500 && kill(grandchild, 0) == 0; ++i) {  // gone once its new parent has reaped it
    std::string state;
    std::ifstream(("/proc/" + std::to_string(grandchild) + "/stat")) >> state >> state >> state;
    if (state == "Z") return;
    std::this_thread::sleep_for(milliseconds{10});
  }
  EXPECT_NE(kill(grandchild, 0), 0);
}

TEST(Process, IsStoppedOnRequest) {
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(run_program(shell("sleep 600"), stop.get_token()).error().cls, ErrorClass::Cancelled);
}

TEST(Process, PrintingWithoutEndIsRefused) {
  EXPECT_EQ(run_program(shell("yes"), {}).error().cls, ErrorClass::Invalid);
  EXPECT_LE(run_program(shell("yes no | head -c 100000 >&2"), {}).value().error_text.size(), 4096u);
}

TEST(Process, AChildLeftBehindWithThePipesOpenDoesNotHoldItUp) {
  const auto start = std::chrono::steady_clock::now();
  const ProgramResult result = run_program(shell("sleep 8 & echo done"), {}).value();
  EXPECT_EQ(result.output, "done\n");
  EXPECT_LT(elapsed_since(start), seconds{7});
}

}  // namespace
}  // namespace drover::kube
