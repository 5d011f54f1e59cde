#include "reflect/list_watch.h"

#include <gtest/gtest.h>

namespace drover::reflect {
namespace {

using State = ListWatch::State;

Todo to_list(std::string token = "", Duration after = {}, bool whole = false) {
  return {ReadPage{std::move(token), whole}, after};
}
Todo watch(std::string version, Duration after = {}) {
  return {Watch{std::move(version)}, after};
}
Failed failure(ErrorClass cls, Duration lasted = {}) {
  return {{.cls = cls, .message = "m"}, lasted};
}

ListWatch watching(const std::string& version = "10") {
  ListWatch machine;
  machine.step(PageRead{"", version}, 0);
  return machine;
}

TEST(ListWatch, ReadsPagesAndThenWatchesFromTheirVersion) {
  ListWatch machine;
  EXPECT_EQ(machine.state(), State::Empty);
  EXPECT_EQ(machine.todo(), to_list());
  machine.step(PageRead{"next", "10"}, 0);
  EXPECT_EQ(machine.state(), State::Listing);
  EXPECT_EQ(machine.todo(), to_list("next"));
  machine.step(PageRead{"", "10"}, 0);
  EXPECT_EQ(machine.state(), State::Watching);
  EXPECT_EQ(machine.todo(), watch("10"));
}

TEST(ListWatch, WatchesOnFromTheLastVersionWhenTheStreamEnds) {
  ListWatch machine = watching();
  machine.step(WatchMoved{"12"}, 0);
  machine.step(WatchMoved{""}, 0);  // an object without a version moves nothing
  machine.step(WatchEnded{minutes{5}}, 0);
  EXPECT_EQ(machine.todo(), watch("12"));
}

TEST(ListWatch, ListsAgainAfter410) {
  ListWatch machine = watching();
  machine.step(WatchMoved{"12"}, 0);
  machine.step(failure(ErrorClass::Gone), 0);
  EXPECT_EQ(machine.state(), State::Empty);
  EXPECT_EQ(machine.todo(), to_list());  // at once: it is the way of the world
}

TEST(ListWatch, DoesNotListInALoopWhenEachWatchIsGoneAtOnce) {
  ListWatch machine = watching();
  machine.step(failure(ErrorClass::Gone), 0);
  machine.step(PageRead{"", "10"}, 0);
  machine.step(failure(ErrorClass::Gone), 0);
  EXPECT_EQ(machine.todo(), to_list("", milliseconds{1600}));
}

TEST(ListWatch, ReadsEverythingInOnePageWhenAContinueTokenExpires) {
  ListWatch machine;
  machine.step(PageRead{"next", "10"}, 0);
  machine.step(failure(ErrorClass::Gone), 0);
  EXPECT_EQ(machine.todo(), to_list("", {}, true));
  machine.step(PageRead{"", "11"}, 0);
  EXPECT_EQ(machine.todo(), watch("11"));
  machine.step(failure(ErrorClass::Gone, minutes{1}), 0);
  EXPECT_EQ(machine.todo(), to_list());  // and in pages again the next time
}

TEST(ListWatch, TriesAPageAgainAfterAWaitThatDoublesTo30Seconds) {
  ListWatch machine;
  machine.step(PageRead{"next", "10"}, 0);
  for (const int ms : {800, 1600, 3200, 6400, 12800, 25600, 30000, 30000}) {
    machine.step(failure(ErrorClass::Retryable), 0);
    EXPECT_EQ(machine.todo(), to_list("next", milliseconds{ms}));
  }
}

TEST(ListWatch, DrawsTheWaitFromUpToTwiceTheBackoff) {
  ListWatch machine;
  machine.step(failure(ErrorClass::Denied), 0.5);
  EXPECT_EQ(machine.todo(), to_list("", milliseconds{1200}));
}

TEST(ListWatch, WaitsAsLongAsTheServerWishes) {
  ListWatch machine;
  machine.step(Failed{{.cls = ErrorClass::Retryable, .message = "429", .http_status = 429, .retry_after = seconds{7}}, {}}, 0);
  EXPECT_EQ(machine.todo(), to_list("", seconds{7}));
}

TEST(ListWatch, WatchesAgainFromTheLastVersionAfterAFailure) {
  ListWatch machine = watching();
  machine.step(WatchMoved{"12"}, 0);
  machine.step(failure(ErrorClass::Retryable), 0);
  EXPECT_EQ(machine.todo(), watch("12", milliseconds{800}));
  machine.step(failure(ErrorClass::Retryable), 0);
  EXPECT_EQ(machine.todo(), watch("12", milliseconds{1600}));
}

TEST(ListWatch, BeginsTheBackoffAnewAfterProgress) {
  ListWatch moved = watching();
  ListWatch held = watching();
  for (ListWatch* machine : {&moved, &held}) {
    machine->step(failure(ErrorClass::Retryable), 0);
    machine->step(failure(ErrorClass::Retryable), 0);
  }
  moved.step(WatchMoved{"12"}, 0);
  moved.step(failure(ErrorClass::Retryable), 0);
  EXPECT_EQ(moved.todo(), watch("12", milliseconds{800}));
  held.step(failure(ErrorClass::Retryable, seconds{10}), 0);
  EXPECT_EQ(held.todo(), watch("10", milliseconds{800}));
}

TEST(ListWatch, DoesNotCallInALoopWhenEachWatchIsClosedAtOnce) {
  ListWatch machine = watching();
  machine.step(WatchEnded{milliseconds{1}}, 0);
  EXPECT_EQ(machine.todo(), watch("10", milliseconds{800}));
  machine.step(WatchEnded{milliseconds{1}}, 0);
  EXPECT_EQ(machine.todo(), watch("10", milliseconds{1600}));
}

TEST(ListWatch, ListsAgainWhenWhatTheWatchBringsCannotBeRead) {
  ListWatch machine = watching();
  machine.step(failure(ErrorClass::Invalid), 0);
  EXPECT_EQ(machine.todo(), to_list("", milliseconds{800}));
}

}  // namespace
}  // namespace drover::reflect
