#include "act/executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <thread>

#include "act/fake_kube_api.h"
#include "act/fakes.h"
#include "act/rounds.h"
#include "base/bounded_queue.h"
#include "support/driven.h"
#include "support/manual_clock.h"

namespace drover {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

const PolicyRef kPolicy{{"vms", "p"}, "policy-1"};

class ExecutorTest : public testing::Test {
 protected:
  void begin(LaneLimits limits = {}) {
    Means means{.api = api, .metrics = metrics, .clock = clock};
    means.drivers.add(PowerDriverKind::Redfish, driver);
    executor.emplace(
        std::move(means), log, telemetry, [this](Event event) { EXPECT_TRUE(events.push(std::move(event), {})); }, limits);
  }
  Event next() {
    auto event = events.pop(seconds{30});
    EXPECT_TRUE(event.has_value()) << "no event came";
    return event ? std::move(*event) : Event{};
  }
  static CancelMigration cancel(const std::string& vm, const std::string& migration) {
    return {.migration = {"vms", migration}, .uid = "", .vm = {"vms", vm}, .reason = ""};
  }

  void put_vm(const std::string& name) {
    api.put(resource::kVmis, {"vms", name},
            {{"metadata", {{"name", name}, {"namespace", "vms"}, {"uid", "uid-" + name}}},
             {"status", {{"phase", "Running"}, {"nodeName", "n1"}}}});
  }
  static CreateMigration create(const std::string& vm) {
    return {.policy = kPolicy,
            .name = "move-" + vm,
            .vm = {"vms", vm},
            .vm_uid = "uid-" + vm,
            .source = "n1",
            .target = "n2",
            .target_host = "n2"};
  }

  test::FakeKubeApi api;
  test::FakeMetrics metrics;
  test::FakePowerDriver driver;
  test::FakeLog log;
  test::FakeTelemetry telemetry;
  test::ManualClock clock;
  BoundedQueue<Event> events{1000};
  std::optional<Executor> executor;
};

TEST_F(ExecutorTest, AnswersEachEffectUnderItsId) {
  begin();
  executor->dispatch({7, cancel("a", "m")});
  EXPECT_EQ(std::get<EffectDone>(next()).id, 7U);
  executor->dispatch({8, SampleSignal{kPolicy, PromQlSignal{}}});
  const auto sampled = std::get<SignalSampled>(next());
  EXPECT_EQ(sampled.id, 8U);
  EXPECT_EQ(sampled.policy, kPolicy);
  executor->dispatch({9, SampleUse{}});
  EXPECT_EQ(std::get<UseSampled>(next()).id, 9U);
}

TEST_F(ExecutorTest, KeepsTheOrderOfOneVmsEffects) {
  begin();
  for (int i = 0; i < 50; ++i) executor->dispatch({static_cast<EffectId>(i + 1), cancel("a", "m" + std::to_string(i))});
  for (int i = 0; i < 50; ++i) EXPECT_EQ(std::get<EffectDone>(next()).id, static_cast<EffectId>(i + 1));
}

TEST_F(ExecutorTest, WritesAStatusOnlyAfterTheNewsBeforeItIsTold) {
  api.put(resource::kPolicies, {"vms", "p"}, {{"spec", Json::object()}});
  begin();
  for (int i = 0; i < 10; ++i) {
    executor->dispatch(
        {1, Announce{.vm = {"vms", "a"}, .vm_uid = "u", .news = News::MigrationStarted, .id_text = std::to_string(i)}});
    executor->dispatch({2, WriteStatus{.policy = kPolicy, .status = {}}});
  }
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(std::get<EffectDone>(next()).id, 1U);
    EXPECT_EQ(std::get<EffectDone>(next()).id, 2U);
  }
}

TEST_F(ExecutorTest, ASlowSourceOfMetricsBlocksNothingElse) {
  std::latch release(1);
  metrics.signal = [&](std::stop_token) -> Result<SignalTable> {
    release.wait();
    return SignalTable{};
  };
  begin();
  for (EffectId id = 1; id <= 10; ++id) executor->dispatch({id, SampleSignal{kPolicy, PromQlSignal{}}});
  executor->dispatch({11, cancel("a", "m")});
  EXPECT_EQ(std::get<EffectDone>(next()).id, 11U);
  release.count_down();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(std::holds_alternative<SignalSampled>(next()));
}

TEST_F(ExecutorTest, ARoundBlocksNothingElse) {
  std::latch release(1);
  begin({.workers = {1, 1, 1, 1, 1}});
  executor->dispatch({1, test::round_of([&] { release.wait(); })});
  executor->dispatch({2, SampleUse{}});
  EXPECT_EQ(std::get<UseSampled>(next()).id, 2U);
  executor->dispatch({3, cancel("a", "m")});
  EXPECT_EQ(std::get<EffectDone>(next()).id, 3U);
  release.count_down();
  const auto held = std::get<RoundHeld>(next());
  EXPECT_EQ(held.id, 1U);
  ASSERT_TRUE(held.outcome) << to_string(held.outcome.error());
  EXPECT_EQ((*held.outcome)->notes.at(0), "it was held");
  EXPECT_NE(held.strategy, nullptr);
}

TEST_F(ExecutorTest, ARoundThatFindsTooManyWaitingGivesItsStrategyBack) {
  std::latch release(1);
  std::latch began(1);
  begin({.places = 1});
  executor->dispatch({1, test::round_of([&] {
                        began.count_down();
                        release.wait();
                      })});
  began.wait();
  executor->dispatch({2, test::round_of([] {})});
  executor->dispatch({3, test::round_of([] {})});
  const auto put_off = std::get<RoundHeld>(next());
  EXPECT_EQ(put_off.id, 3U);
  EXPECT_EQ(put_off.outcome.error().cls, ErrorClass::Retryable);
  EXPECT_NE(put_off.strategy, nullptr);
  release.count_down();
  EXPECT_EQ(std::get<RoundHeld>(next()).id, 1U);
  EXPECT_EQ(std::get<RoundHeld>(next()).id, 2U);
}

TEST_F(ExecutorTest, ARoundOfAnEarlierTermIsNotBegun) {
  std::latch release(1);
  std::latch began(1);
  std::atomic<int> held = 0;
  begin();
  executor->dispatch({1, test::round_of([&] {
                        began.count_down();
                        release.wait();
                      })});
  began.wait();
  executor->dispatch({2, test::round_of([&] { ++held; })});
  executor->forget();
  release.count_down();
  EXPECT_EQ(std::get<RoundHeld>(next()).id, 1U);
  executor->shut_down(seconds{30});
  EXPECT_EQ(held, 0);
}

TEST_F(ExecutorTest, ShutsDownInTheMiddleOfARoundAndBeginsNoOther) {
  std::latch release(1);
  std::latch began(1);
  std::atomic<int> held = 0;
  begin();
  executor->dispatch({1, test::round_of([&] {
                        began.count_down();
                        release.wait();
                      })});
  began.wait();
  executor->dispatch({2, test::round_of([&] { ++held; }, "other")});
  {
    std::jthread closing([&] { executor->shut_down(seconds{30}); });
    while (log.text().find("no more effects are begun") == std::string::npos) std::this_thread::yield();
    release.count_down();
  }
  EXPECT_EQ(std::get<RoundHeld>(next()).id, 1U);
  EXPECT_EQ(held, 0);
}

SamplePower ask(const std::string& node, PowerDriverKind kind = PowerDriverKind::Redfish) {
  return {.node = node, .driver = test::driven(node, kind)};
}

TEST_F(ExecutorTest, AManagementControllerThatHangsHoldsUpNoMoveNoMarkAndNoOtherNode) {
  api.put(resource::kNodes, {"", "n1"}, {{"metadata", {{"name", "n1"}, {"uid", "node-1"}}}, {"spec", Json::object()}});
  driver.says = [](const std::string& node, const std::stop_token& stop) -> Result<PowerAnswer> {
    if (node != "n1") return PowerAnswer{.state = Powered::Off};
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait(lock, stop, [] { return false; });
    return Error{ErrorClass::Cancelled, "stopped"};
  };
  begin({.workers = {1, 1, 1, 2, 1}});
  executor->dispatch({1, ask("n1")});
  executor->dispatch({2, MarkNode{.node = "n1", .node_uid = "node-1", .marks = {.life = NodeLife::Retiring, .policy_uid = "p"}}});
  EXPECT_EQ(std::get<EffectDone>(next()).id, 2U);
  executor->dispatch({3, cancel("a", "m")});
  EXPECT_EQ(std::get<EffectDone>(next()).id, 3U);
  executor->dispatch({4, SampleUse{}});
  EXPECT_EQ(std::get<UseSampled>(next()).id, 4U);
  executor->dispatch({5, ask("n2")});
  const auto other = std::get<PowerSampled>(next());
  EXPECT_EQ(other.id, 5U);
  EXPECT_EQ(other.answer->state, Powered::Off);
  executor->dispatch({6, SwitchPower{.node = "n1", .node_uid = "node-1", .driver = test::driven("n1")}});
  executor->shut_down(milliseconds{1});
  EXPECT_EQ(std::get<PowerSampled>(next()).answer.error().cls, ErrorClass::Cancelled);
  EXPECT_THAT(driver.orders(), testing::IsEmpty()) << "one thing at a time is asked or ordered of a node";
}

TEST_F(ExecutorTest, SaysOnceOfANodeThatItsDriverIsNotCarriedOut) {
  begin();
  for (EffectId id = 1; id <= 2; ++id) {
    executor->dispatch({id, ask("n1", PowerDriverKind::Metal3)});
    EXPECT_EQ(std::get<PowerSampled>(next()).answer.error().cls, ErrorClass::Invalid);
  }
  const std::string text = log.text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
  EXPECT_THAT(text, HasSubstr("PowerProfile rack-a names driver Metal3 for node n1"));
  EXPECT_EQ(telemetry.value("drover_power_samples_total{result=invalid}"), 2);
}

// An API server that restarts loses several answers at once, and each is read back for more than a minute.
TEST_F(ExecutorTest, ACreateThatIsReadBackHoldsUpNoOtherVmAndNoNode) {
  put_vm("a");
  api.order({"create", "virtualmachineinstancemigrations", {ErrorClass::UnknownOutcome, "the answer was lost"}});
  std::latch reads(1);
  std::atomic<bool> first = true;
  api.hook = [&](const std::string& call) {
    if (call.starts_with("get virtualmachineinstancemigrations") && first.exchange(false)) reads.count_down();
  };
  begin({.workers = {1, 1, 1, 1}});
  executor->dispatch({1, create("a")});
  reads.wait();
  executor->dispatch({2, cancel("b", "m")});
  const auto other = events.pop(seconds{5});
  ASSERT_TRUE(other.has_value()) << "it waits for the create";
  EXPECT_EQ(std::get<EffectDone>(*other).id, 2U);
  executor->dispatch({3, cancel("a", "m")});
  EXPECT_FALSE(events.pop(milliseconds{100}).has_value()) << "the same VM's wait";
}

// A core that led before remembers nothing of what it asked for then: its budget is not counted any more.
TEST_F(ExecutorTest, WhatWasAskedForInAnEarlierTermIsNotBegunInTheNext) {
  put_vm("a");
  std::latch busy(1);
  std::latch release(1);
  std::atomic<bool> first = true;
  api.hook = [&](const std::string&) {
    if (!first.exchange(false)) return;
    busy.count_down();
    release.wait();
  };
  begin({.workers = {1, 1, 1, 1}});
  executor->dispatch({1, cancel("b", "m")});
  busy.wait();
  executor->dispatch({2, create("a")});
  executor->forget();  // it led no more for a while
  executor->dispatch({3, cancel("c", "m")});
  release.count_down();
  EXPECT_EQ(std::get<EffectDone>(next()).id, 1U);
  EXPECT_EQ(std::get<EffectDone>(next()).id, 3U);
  EXPECT_EQ(api.count("create"), 0U);
}

TEST_F(ExecutorTest, AFullLaneIsAnsweredAtOnceAndNeverBlocks) {
  std::latch release(1);
  std::latch busy(1);
  std::atomic<bool> first = true;
  api.hook = [&](const std::string&) {
    if (first.exchange(false)) {
      busy.count_down();
      release.wait();
    }
  };
  begin({.workers = {1, 1, 1}, .places = 2});
  executor->dispatch({1, cancel("a", "m")});
  busy.wait();
  for (EffectId id = 2; id <= 4; ++id) executor->dispatch({id, cancel("a", "m")});
  const auto refused = std::get<EffectDone>(next());
  EXPECT_EQ(refused.id, 4U);
  EXPECT_EQ(refused.outcome.error().cls, ErrorClass::Retryable);
  release.count_down();
  for (EffectId id = 1; id <= 3; ++id) EXPECT_EQ(std::get<EffectDone>(next()).id, id);
}

TEST_F(ExecutorTest, TellsAPolicysSignalErrorByLogAndMetric) {
  metrics.signal = [](std::stop_token) -> Result<SignalTable> { return Error{ErrorClass::Invalid, "parse error at char 3"}; };
  begin();
  executor->dispatch({1, SampleSignal{kPolicy, PromQlSignal{}}});
  EXPECT_FALSE(std::get<SignalSampled>(next()).table.has_value());
  EXPECT_THAT(log.text(), HasSubstr("parse error at char 3"));
  EXPECT_EQ(telemetry.value("drover_signal_samples_total{policy_namespace=vms,policy=p,result=invalid}"), 1);
}

TEST_F(ExecutorTest, LogsASignalsErrorOnceAndItsEndOnce) {
  std::string error = "parse error";
  metrics.signal = [&](std::stop_token) -> Result<SignalTable> {
    if (error.empty()) return SignalTable{};
    return Error{ErrorClass::Invalid, error};
  };
  begin();
  const auto sample_twice = [&] {
    for (EffectId id = 1; id <= 2; ++id) {
      executor->dispatch({id, SampleSignal{kPolicy, PromQlSignal{}}});
      (void)next();
    }
  };
  sample_twice();
  error = "";
  sample_twice();
  const std::string text = log.text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
  EXPECT_THAT(text, HasSubstr("can be sampled again"));
}

TEST_F(ExecutorTest, LetsRunningCallsEndWhenItIsShutDownAndBeginsNoMore) {
  std::latch release(1);
  std::latch busy(1);
  std::atomic<bool> first = true;
  api.hook = [&](const std::string&) {
    if (first.exchange(false)) {
      busy.count_down();
      release.wait();
    }
  };
  begin({.workers = {1, 1, 1}, .places = 10});
  executor->dispatch({1, cancel("a", "m")});
  executor->dispatch({2, cancel("a", "m")});
  busy.wait();
  std::jthread closing([&] { executor->shut_down(seconds{30}); });
  while (log.text().find("no more effects are begun") == std::string::npos) std::this_thread::yield();
  release.count_down();
  closing.join();
  EXPECT_EQ(std::get<EffectDone>(next()).id, 1U);
  EXPECT_EQ(events.size(), 0U);
  EXPECT_EQ(api.calls().size(), 1U);
}

TEST_F(ExecutorTest, WhatPausesWhenItIsShutDownIsAnsweredAsStopped) {
  put_vm("a");
  api.order({"create", "", {ErrorClass::UnknownOutcome, "the answer was lost"}, false});
  std::latch reads(1);
  std::atomic<bool> first = true;
  api.hook = [&](const std::string& call) {
    if (call.starts_with("get virtualmachineinstancemigrations") && first.exchange(false)) reads.count_down();
  };
  begin();
  executor->dispatch({1, create("a")});
  reads.wait();
  executor->shut_down(Duration::zero());
  EXPECT_EQ(std::get<EffectDone>(next()).outcome.error().cls, ErrorClass::Cancelled);
}

TEST_F(ExecutorTest, CancelsWhatDoesNotEndInTime) {
  std::latch busy(1);
  metrics.use = [&](std::stop_token stop) -> Result<UseTable> {
    busy.count_down();
    std::condition_variable_any never;
    std::mutex mutex;
    std::unique_lock lock(mutex);
    never.wait(lock, stop, [] { return false; });
    return Error{ErrorClass::Cancelled, "stopped"};
  };
  begin();
  executor->dispatch({1, SampleUse{}});
  busy.wait();
  executor->shut_down(milliseconds{1});
  EXPECT_EQ(std::get<UseSampled>(next()).table.error().cls, ErrorClass::Cancelled);
}

}  // namespace
}  // namespace drover
