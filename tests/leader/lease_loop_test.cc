#include "leader/lease_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <thread>

#include "support/lease_server.h"
#include "support/manual_clock.h"
#include "support/recording_log.h"

namespace drover {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const ObjectKey kKey{"drover-system", "drover"};

// Runs the loop on this thread: each wait moves the clock, and then the script looks at the world.
struct LeaseLoopTest : testing::Test {
  test::ManualClock clock;
  test::LeaseServer server;
  test::RecordingLog log;
  std::vector<std::string> told;
  std::stop_source stop;
  std::function<void()> after_wait = [] {};
  Duration start = clock.monotonic();
  LeaseLoop loop{
      server,
      clock,
      log,
      kKey,
      {.identity = "me"},
      {.started = [this] { told.push_back("started"); }, .stopped = [this](const std::string& why) { told.push_back(why); }},
      [this](Duration d, const std::stop_token&) {
        clock.advance(d);
        after_wait();
        if (clock.monotonic() - start > minutes{10}) stop.request_stop();
        return true;
      }};
  [[nodiscard]] Duration elapsed() const { return clock.monotonic() - start; }
};

TEST_F(LeaseLoopTest, LeadsAndRenewsAndReleasesWhenStopped) {
  after_wait = [&] {
    EXPECT_TRUE(loop.leads());
    EXPECT_EQ(server.holder(), "me");
    if (elapsed() >= minutes{1}) stop.request_stop();
  };
  loop.run(stop.get_token());
  EXPECT_THAT(told, ElementsAre("started", "stopping"));
  EXPECT_EQ(server.holder(), "");
  EXPECT_FALSE(loop.leads());
  EXPECT_EQ(server.calls(), 1 + 1 + 29 + 1);  // read, create, a renewal every 2 s, release
}

TEST_F(LeaseLoopTest, StopsActingWhenTheServerIsAwayAndLeadsAgainWhenItIsBack) {
  bool away = false;
  server.fault = [&](const std::string&, const std::stop_token&) {
    return away ? std::optional(Error{ErrorClass::Retryable, "connection refused"}) : std::nullopt;
  };
  Duration lost{};
  after_wait = [&] {
    away = elapsed() > seconds{20} && elapsed() < seconds{60};
    if (lost == Duration::zero() && !loop.leads()) lost = elapsed();
    if (elapsed() >= seconds{80}) stop.request_stop();
  };
  loop.run(stop.get_token());
  EXPECT_THAT(told,
              ElementsAre("started", HasSubstr("could not be renewed within 10s: not done, may be tried again: connection refused"),
                          "started", "stopping"));
  EXPECT_GE(lost, seconds{30});
  EXPECT_LE(lost, seconds{31});
}

TEST_F(LeaseLoopTest, ARenewalThatTheStopCutsOffDoesNotHinderTheRelease) {
  server.fault = [&](const std::string& verb, const std::stop_token& token) -> std::optional<Error> {
    if (verb != "replace" || elapsed() < seconds{20} || stop.stop_requested()) return std::nullopt;
    stop.request_stop();
    EXPECT_TRUE(token.stop_requested());
    server.edit([](auto&) {});  // stored all the same
    return Error{ErrorClass::Cancelled, "cancelled"};
  };
  loop.run(stop.get_token());
  EXPECT_EQ(server.holder(), "");
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("leading")));
}

TEST_F(LeaseLoopTest, ALeaseThatWasStolenMeanwhileIsNotReleased) {
  after_wait = [&] {
    server.edit([](auto& lease) { lease["spec"]["holderIdentity"] = "thief"; });
    stop.request_stop();
  };
  loop.run(stop.get_token());
  EXPECT_EQ(server.holder(), "thief");
}

TEST_F(LeaseLoopTest, AStolenLeaseIsNoticedAtTheNextRenewalAndNotTakenBack) {
  after_wait = [&] {
    if (elapsed() == seconds{20}) server.edit([](auto& lease) { lease["spec"]["holderIdentity"] = "thief"; });
    if (elapsed() > seconds{22} && elapsed() < seconds{36}) {
      EXPECT_FALSE(loop.leads());
      EXPECT_EQ(server.holder(), "thief");
    }
    if (elapsed() > seconds{40}) stop.request_stop();
  };
  loop.run(stop.get_token());
  EXPECT_THAT(told, ElementsAre("started", HasSubstr("was taken by thief"), "started", "stopping"));
}

TEST_F(LeaseLoopTest, AMissingRightIsToldOnceAndShown) {
  server.fault = [](const std::string& verb, const std::stop_token&) {
    return verb == "create" ? std::optional(Error{ErrorClass::Denied, "grant create on leases", 403}) : std::nullopt;
  };
  after_wait = [&] {
    if (elapsed() <= minutes{1}) {
      EXPECT_THAT(loop.state().problem, HasSubstr("grant create on leases"));
      EXPECT_FALSE(loop.state().leads);
    } else {
      server.fault = nullptr;
    }
    if (loop.leads()) {
      EXPECT_EQ(server.holder(), "me");
      stop.request_stop();
    }
  };
  loop.run(stop.get_token());
  EXPECT_THAT(log.lines(), ElementsAre(HasSubstr("can't be read or written"), HasSubstr("leading")));
  EXPECT_EQ(loop.state().problem, "");
}

TEST_F(LeaseLoopTest, AnAnswerThatIsNoLeaseIsAProblemAndNoCrash) {
  server.edit([](auto& lease) { lease = {{"spec", {{"holderIdentity", "x"}}}, {"metadata", nlohmann::json::object()}}; });
  after_wait = [&] { stop.request_stop(); };
  loop.run(stop.get_token());
  EXPECT_THAT(told, ElementsAre());
}

// The real clock, for what needs threads.
class RealClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return std::chrono::system_clock::now(); }
  [[nodiscard]] Duration monotonic() const override { return std::chrono::steady_clock::now().time_since_epoch(); }
};

struct Told {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> words;
  void add(std::string word) {
    const std::scoped_lock lock(mutex);
    words.push_back(std::move(word));
    changed.notify_all();
  }
  bool await(std::size_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, seconds{30}, [&] { return words.size() >= count; });
  }
};

TEST(LeaseLoop, ACallThatHangsIsCancelledInTimeToStopActing) {
  const RealClock clock;
  test::LeaseServer server;
  test::RecordingLog log;
  Told told;
  std::atomic<bool> hang = false;
  server.fault = [&](const std::string&, std::stop_token stop) -> std::optional<Error> {
    if (!hang) return std::nullopt;
    (void)wait_for(minutes{5}, stop);
    return Error{ErrorClass::Cancelled, "cancelled"};
  };
  const LeaseSettings settings{
      .identity = "me", .lease = milliseconds{900}, .renew_deadline = milliseconds{600}, .retry = milliseconds{50}};
  LeaseLoop loop(server, clock, log, kKey, settings,
                 {.started = [&] { told.add("started"); }, .stopped = [&](const std::string& why) { told.add(why); }});
  loop.start();
  ASSERT_TRUE(told.await(1));
  EXPECT_TRUE(loop.leads());
  hang = true;
  ASSERT_TRUE(told.await(2));
  EXPECT_FALSE(loop.leads());
  hang = false;
  ASSERT_TRUE(told.await(3));
  EXPECT_EQ(told.words[2], "started");
  loop.stop();
  EXPECT_EQ(server.holder(), "");
}

TEST(LeaseLoop, ACallThatBeginsLateIsNotGivenMoreThanTheTimeThatIsLeft) {
  const RealClock clock;
  test::LeaseServer server;
  test::RecordingLog log;
  Told told;
  Duration renewed{};  // by the loop's thread, as is all in the fault
  Duration given_up{};
  server.fault = [&](const std::string& verb, std::stop_token stop) -> std::optional<Error> {
    if (renewed == Duration::zero()) {
      if (verb == "create") renewed = clock.monotonic();
      return std::nullopt;
    }
    if (given_up == Duration::zero() && clock.monotonic() - renewed > milliseconds{1700}) {
      (void)wait_for(minutes{5}, stop);
      given_up = clock.monotonic();
    }
    return Error{ErrorClass::Retryable, "connection refused"};
  };
  const LeaseSettings settings{.identity = "me", .lease = seconds{3}, .renew_deadline = seconds{2}, .retry = milliseconds{200}};
  LeaseLoop loop(server, clock, log, kKey, settings,
                 {.started = [&] { told.add("started"); }, .stopped = [&](const std::string& why) { told.add(why); }});
  loop.start();
  ASSERT_TRUE(told.await(2));
  loop.stop();
  EXPECT_LT(given_up - renewed, milliseconds{2600}) << "half of the deadline after it began would be 2700 ms";
}

TEST(LeaseLoop, OfTwoReplicasOneLeadsAndTheOtherFollowsItsRelease) {
  const RealClock clock;
  test::LeaseServer server;
  test::RecordingLog log;
  Told told;
  const auto settings = [](const char* identity) {
    return LeaseSettings{.identity = identity, .lease = seconds{20}, .renew_deadline = seconds{10}, .retry = milliseconds{20}};
  };
  LeaseLoop first(server, clock, log, kKey, settings("first"), {[&] { told.add("first"); }, [](const std::string&) {}});
  first.start();
  ASSERT_TRUE(told.await(1));
  LeaseLoop second(server, clock, log, kKey, settings("second"), {[&] { told.add("second"); }, [](const std::string&) {}});
  second.start();
  while (second.state().holder != "first") std::this_thread::yield();
  EXPECT_TRUE(first.leads());
  EXPECT_FALSE(second.leads());
  first.stop();
  ASSERT_TRUE(told.await(2)) << "long before the lease would have expired";
  EXPECT_FALSE(first.leads());
  EXPECT_TRUE(second.leads());
  EXPECT_EQ(told.words[1], "second");
}

}  // namespace
}  // namespace drover
