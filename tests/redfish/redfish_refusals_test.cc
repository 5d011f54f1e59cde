// What will pass, what will not, and what is never done.
#include <gmock/gmock.h>

#include "redfish/fake_bmc.h"

namespace drover::redfish::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kPost = std::string("POST ") + kReset;
const std::string kGet = std::string("GET ") + kSystem;

TEST(RedfishRetry, OfWhatDellHpeAndOthersSayInPassing) {
  struct Passing {
    int status;
    const char* message;
    Duration wait;
  };
  for (const auto& [status, message, wait] :
       {Passing{503, "Base.1.0.ServiceInUnknownState", seconds{3}}, Passing{500, "IDRAC.2.8.SYS518", seconds{3}},
        Passing{400, "iLO.2.14.InvalidOperationForSystemState", seconds{3}},
        Passing{400, "iLO.2.14.UnableToModifyDuringSystemPOST", seconds{3}},
        Passing{409, "Base.1.12.ActionParameterValueConflict", seconds{10}}}) {
    Bench bench;
    bench.bmc.next(kPost, status, message);
    bench.bmc.next(kPost, status, message);
    const Duration began = bench.bmc.clock.monotonic();
    EXPECT_TRUE(bench.order(PowerRequest::ForceOff)) << message;
    EXPECT_EQ(bench.bmc.count(kPost), 3) << message;
    EXPECT_EQ(bench.bmc.clock.monotonic() - began, 2 * wait) << message;
  }
}

TEST(RedfishRetry, HeedsRetryAfterAndEndsWithTheCall) {
  Bench bench;
  for (int i = 0; i < 20; ++i) bench.bmc.next(kPost, 503, "", {{"retry-after", "7"}});
  const Duration began = bench.bmc.clock.monotonic();
  const auto busy = bench.order(PowerRequest::ForceOff);
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().cls, ErrorClass::Retryable);
  EXPECT_EQ(busy.error().retry_after, std::optional<Duration>(seconds{7}));
  EXPECT_EQ(bench.bmc.count(kPost), 6);
  EXPECT_LT(bench.bmc.clock.monotonic() - began, minutes{1});
}

TEST(RedfishRetry, OfAGetOnceMoreAfterAnEmptyBodyOrABrokenConnection) {
  Bench bench;
  ASSERT_TRUE(bench.state());
  bench.bmc.next(kGet, HttpResponse{200, {}, ""});
  EXPECT_EQ(bench.state()->state, Powered::On);
  bench.bmc.next(kGet, Error{ErrorClass::Retryable, "connection reset"});
  EXPECT_EQ(bench.state()->state, Powered::On);
  bench.bmc.next(kGet, 500);
  EXPECT_EQ(bench.state()->state, Powered::On);
}

TEST(RedfishRefusal, OfWhatIsDoneAlreadyIsSuccess) {
  for (const int status : {400, 409}) {
    Bench bench;
    bench.bmc.heeds = false;
    bench.bmc.next(kGet, HttpResponse{200, {}, bench.bmc.system().dump()});
    bench.bmc.next(kGet, HttpResponse{200, {}, bench.bmc.system().dump()});
    bench.bmc.system()["PowerState"] = "Off";  // which it shows only afterwards
    bench.bmc.next(kPost, status, "Base.1.8.PropertyValueConflict");
    EXPECT_TRUE(bench.order(PowerRequest::ForceOff)) << status;
    EXPECT_EQ(bench.bmc.count(kPost), 1);
  }
}

TEST(RedfishRefusal, OfWhatIsNotDoneIsToldWithTheControllersWords) {
  Bench bench;
  bench.bmc.heeds = false;
  bench.bmc.next(kPost, 400, "Base.1.8.ActionNotSupported");
  const auto refused = bench.order(PowerRequest::GracefulOff);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message,
              HasSubstr("node n1: POST /redfish/v1/Systems/1/Actions/ComputerSystem.Reset at n1-bmc:443: 400 "
                        "Base.1.8.ActionNotSupported (as it says)"));
  EXPECT_EQ(bench.bmc.count(kPost), 1);
}

TEST(RedfishLostAnswer, ToAnOrderIsSettledByReadingNotByGivingItAgain) {
  Bench done;
  done.bmc.next(kGet, HttpResponse{200, {}, done.bmc.system().dump()});
  done.bmc.next(kGet, HttpResponse{200, {}, done.bmc.system().dump()});
  done.bmc.system()["PowerState"] = "Off";
  done.bmc.next(kPost, Error{ErrorClass::UnknownOutcome, "sent, but no answer came"});
  EXPECT_TRUE(done.order(PowerRequest::ForceOff));
  EXPECT_EQ(done.bmc.count(kPost), 1);
  Bench open;
  open.bmc.next(kPost, Error{ErrorClass::UnknownOutcome, "sent, but no answer came"});
  const auto unsettled = open.order(PowerRequest::ForceOff);
  ASSERT_FALSE(unsettled);
  EXPECT_EQ(unsettled.error().cls, ErrorClass::Retryable);
  EXPECT_EQ(open.bmc.count(kPost), 1);
}

TEST(RedfishRedirect, IsFollowedOnTheSameHostOnly) {
  Bench bench;
  for (const int status : {301, 307, 308}) {
    bench.bmc.next("GET /redfish/v1/Systems", status, "", {{"location", "https://n1-bmc/redfish/v1/Systems/"}});
    bench.bmc.resources["/redfish/v1/Systems/"] = bench.bmc.resources["/redfish/v1/Systems"];
  }
  EXPECT_TRUE(bench.state());
  Bench elsewhere;
  for (const char* place :
       {"https://evil/redfish/v1/Systems", "http://n1-bmc/redfish/v1/Systems", "https://n1-bmc:444/redfish/v1/Systems",
        "//evil/redfish/v1/Systems", "https://n1-bmc@evil/redfish/v1/Systems"}) {
    elsewhere.bmc.asked.clear();
    elsewhere.bmc.next("GET /redfish/v1/Systems", 308, "", {{"location", place}});
    const auto refused = elsewhere.state();
    ASSERT_FALSE(refused) << place;
    EXPECT_EQ(refused.error().cls, ErrorClass::Invalid) << place;
    EXPECT_EQ(elsewhere.bmc.asked.size(), 2u) << place;
  }
  Bench circle;
  for (int i = 0; i < 9; ++i) circle.bmc.next("GET /redfish/v1/", 308, "", {{"location", "/redfish/v1/"}});
  EXPECT_FALSE(circle.state());
}

TEST(RedfishRedirect, OfAnOrderKeepsItsMethodOrIsRefused) {
  Bench bench;
  bench.bmc.next(kPost, 307, "", {{"location", kReset}});
  EXPECT_TRUE(bench.order(PowerRequest::ForceOff));
  EXPECT_THAT(bench.bmc.orders, ElementsAre("ForceOff"));
  Bench moved;
  moved.bmc.next(kPost, 301, "", {{"location", kReset}});
  EXPECT_FALSE(moved.order(PowerRequest::ForceOff));
  EXPECT_THAT(moved.bmc.orders, IsEmpty());
}

TEST(RedfishRest, FollowsSilenceAndIsOverWithTheFirstAnswer) {
  Bench bench;
  for (int i = 0; i < 99; ++i) bench.bmc.next("GET /redfish/v1/", Error{ErrorClass::Retryable, "connection refused"});
  EXPECT_FALSE(bench.state());
  bench.bmc.asked.clear();
  const auto resting = bench.state();
  ASSERT_FALSE(resting);
  EXPECT_THAT(resting.error().message, HasSubstr("connection refused"));
  EXPECT_THAT(bench.bmc.asked, IsEmpty());
  EXPECT_FALSE(bench.order(PowerRequest::On)) << "an order is tried all the same";
  EXPECT_FALSE(bench.bmc.asked.empty());
  bench.bmc.script.clear();
  bench.bmc.clock.advance(minutes{1});
  EXPECT_TRUE(bench.state());
  EXPECT_TRUE(bench.state());
}

TEST(RedfishRest, FollowsARefusedPasswordSoThatNoAccountIsLocked) {
  Bench bench;
  bench.bmc.next("GET /redfish/v1/Systems", 401);
  EXPECT_EQ(bench.state().error().cls, ErrorClass::Denied);
  bench.bmc.asked.clear();
  EXPECT_EQ(bench.state().error().cls, ErrorClass::Denied);
  EXPECT_THAT(bench.bmc.asked, IsEmpty());
}

TEST(RedfishCall, TakesLessThanAMinuteHoweverSlowTheController) {
  for (const Duration takes : {Duration{seconds{4}}, Duration{seconds{19}}, Duration{minutes{5}}}) {
    Bench bench;
    bench.bmc.takes = takes;
    const Duration began = bench.bmc.clock.monotonic();
    (void)bench.order(PowerRequest::ForceOff);
    Duration asked_for{};
    for (const HttpRequest& request : bench.bmc.asked) asked_for += std::min(takes, request.deadline);
    EXPECT_LE(asked_for, minutes{1});
    EXPECT_LE(bench.bmc.asked.size() * takes, takes > minutes{1} ? 99 * takes : Duration{minutes{1}}) << to_string(takes);
    (void)began;
  }
}

TEST(RedfishCall, EndsWhenItIsStopped) {
  Bench bench;
  bench.stop.request_stop();
  EXPECT_EQ(bench.state().error().cls, ErrorClass::Cancelled);
  EXPECT_THAT(bench.bmc.asked, IsEmpty());
}

TEST(RedfishTurn, IsOneAtATimeForAController) {
  drover::test::ManualClock clock;
  Bmc bmc(clock);
  auto turn = bmc.take_turn(seconds{1}, {});
  ASSERT_TRUE(turn);
  EXPECT_FALSE(bmc.take_turn(milliseconds{1}, {}));
  std::jthread other([&] { EXPECT_TRUE(bmc.take_turn(minutes{1}, {})); });
  std::stop_source stop;
  std::jthread stopped([&] { EXPECT_FALSE(bmc.take_turn(minutes{5}, stop.get_token())); });
  stop.request_stop();
  stopped.join();
  turn.reset();
}

}  // namespace
}  // namespace drover::redfish::test
