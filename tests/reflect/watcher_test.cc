#include "reflect/watcher.h"

#include <gtest/gtest.h>

#include "base/bounded_queue.h"
#include "reflect/scripted_api.h"

namespace drover::reflect {
namespace {

class StillClock : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return {}; }
  [[nodiscard]] Duration monotonic() const override { return {}; }
};

std::string object(const std::string& name, const std::string& version) {
  return R"({"metadata":{"name":")" + name + R"(","namespace":"x","resourceVersion":")" + version +
         R"("},"status":{"phase":"Running"}})";
}
ScriptedApi::ListAnswer page(const std::string& items, const std::string& version, const std::string& token = "") {
  return {R"({"items":[)" + items + R"(],"metadata":{"resourceVersion":")" + version + R"(","continue":")" + token + R"("}})"};
}
std::string line(const std::string& type, const std::string& json) {
  return R"({"type":")" + type + R"(","object":)" + json + "}";
}
const std::string kTooOld = line("ERROR", R"({"kind":"Status","code":410,"reason":"Expired","message":"too old"})");

std::string text(const Delta& delta) {
  switch (delta.type) {
    case Delta::Type::RelistBegin: return "begin";
    case Delta::Type::Upsert: return "upsert " + delta.object.key.name;
    case Delta::Type::Delete: return "delete " + delta.object.key.name;
    case Delta::Type::RelistEnd: return "end";
    case Delta::Type::Problem: return "problem " + std::string(to_string(delta.error.cls));
    case Delta::Type::Recovered: return "recovered";
  }
  return "?";
}

struct Told {
  std::vector<std::string> deltas;
  std::vector<std::string> asked;
  std::vector<Duration> pauses;
};

// Runs a watcher to the end of the script, or until the sink has taken `room` deltas.
Told run(std::vector<ScriptedApi::Answer> script, std::size_t room = 1000) {
  Told told;
  std::stop_source stop;
  ScriptedApi api(std::move(script), [&] { stop.request_stop(); });
  const StillClock clock;
  const auto sink = [&](Delta delta, const std::stop_token&) {
    if (told.deltas.size() == room) return false;
    told.deltas.push_back(text(delta));
    return true;
  };
  const WatcherTools tools{api, clock, sink, [] { return 0.0; },
                           [&](Duration d, const std::stop_token&) {
                             told.pauses.push_back(d);
                             return true;
                           }};
  run_watcher(tools, {.kind = Kind::Vm, .label_selector = "", .field_selector = "", .page = 2, .watch_timeout = seconds{290}},
              stop.get_token());
  told.asked = api.asked;
  return told;
}

using Texts = std::vector<std::string>;

TEST(Watcher, ListsInPagesAndThenWatches) {
  const Told told = run({page(object("a", "1") + "," + object("b", "2"), "9", "next"), page(object("c", "3"), "9"),
                         ScriptedApi::WatchAnswer{{line("MODIFIED", object("a", "10")), line("DELETED", object("b", "11")),
                                                   line("BOOKMARK", R"({"metadata":{"resourceVersion":"15"}})")}}});
  EXPECT_EQ(told.deltas, (Texts{"begin", "upsert a", "upsert b", "upsert c", "end", "upsert a", "delete b"}));
  EXPECT_EQ(told.asked,
            (Texts{"list virtualmachineinstances limit=2 continue=", "list virtualmachineinstances limit=2 continue=next",
                   "watch virtualmachineinstances from=9", "watch virtualmachineinstances from=15"}));
}

TEST(Watcher, ListsAgainWhenItsVersionIsTooOld) {
  const Told told = run({page(object("a", "1"), "9"), ScriptedApi::WatchAnswer{{kTooOld}}, page(object("b", "1"), "20"),
                         ScriptedApi::WatchAnswer{{}, Error{.cls = ErrorClass::Gone, .message = "410"}}, page("", "30")});
  EXPECT_EQ(told.deltas,
            (Texts{"begin", "upsert a", "end", "problem expired", "begin", "upsert b", "end", "problem expired", "begin", "end"}));
  EXPECT_EQ(told.asked.back(), "watch virtualmachineinstances from=30");
}

TEST(Watcher, NeverEndsAListThatWasNotReadToItsEnd) {
  const Told told =
      run({page(object("a", "1"), "9", "next"), ScriptedApi::ListAnswer{Error{.cls = ErrorClass::Gone, .message = "token"}},
           page(object("a", "1") + "," + object("b", "2"), "10")});
  EXPECT_EQ(told.deltas, (Texts{"begin", "upsert a", "problem expired", "begin", "upsert a", "upsert b", "end"}));
  EXPECT_EQ(told.asked[2], "list virtualmachineinstances limit=0 continue=");
}

TEST(Watcher, TellsEachFailureAndWaitsBeforeTheNextTry) {
  const Told told = run({ScriptedApi::ListAnswer{Error{.cls = ErrorClass::Denied, .message = "403"}},
                         ScriptedApi::ListAnswer{{std::string("<html>")}}, page("", "1"),
                         ScriptedApi::WatchAnswer{{}, Error{.cls = ErrorClass::Retryable, .message = "reset"}}});
  EXPECT_EQ(told.deltas,
            (Texts{"begin", "problem denied", "begin", "problem invalid", "begin", "end", "problem not done, may be tried again"}));
  EXPECT_EQ(told.pauses, (std::vector<Duration>{milliseconds{800}, milliseconds{1600}, milliseconds{3200}}));
}

TEST(Watcher, TellsWhenAWatchThatFailedAnswersAgainEvenWithoutAChange) {
  const Error denied{.cls = ErrorClass::Denied, .message = "403"};
  const Told told = run({page("", "1"), ScriptedApi::WatchAnswer{{}, denied}, ScriptedApi::WatchAnswer{{}, denied},
                         ScriptedApi::WatchAnswer{{line("BOOKMARK", R"({"metadata":{"resourceVersion":"5"}})"),
                                                   line("BOOKMARK", R"({"metadata":{"resourceVersion":"6"}})")}},
                         ScriptedApi::WatchAnswer{{}, denied}, ScriptedApi::WatchAnswer{{}}});
  EXPECT_EQ(told.deltas, (Texts{"begin", "end", "problem denied", "problem denied", "recovered", "problem denied", "recovered"}));
}

TEST(Watcher, HidesAnObjectThatCannotBeReadAndGoesOn) {
  const std::string bad = R"({"metadata":{"name":"a","resourceVersion":"10"},"status":{"phase":1}})";
  const Told told = run({page(bad + "," + object("b", "2"), "9"), ScriptedApi::WatchAnswer{{line("MODIFIED", bad)}}});
  EXPECT_EQ(told.deltas, (Texts{"begin", "upsert b", "problem invalid", "end", "problem invalid", "delete a"}));
  EXPECT_EQ(told.asked.back(), "watch virtualmachineinstances from=10");
}

TEST(Watcher, ListsAgainAfterALineThatIsNoEvent) {
  const Told told =
      run({page("", "9"), ScriptedApi::WatchAnswer{{"{\"type\":\"ADD", line("ADDED", object("a", "10"))}}, page("", "11")});
  EXPECT_EQ(told.deltas, (Texts{"begin", "end", "problem invalid", "begin", "end"}));
}

TEST(Watcher, EndsWhenItsConsumerIsGone) {
  EXPECT_EQ(run({page(object("a", "1") + "," + object("b", "2"), "9")}, 2).asked.size(), 1U);
  EXPECT_EQ(run({page("", "9"), ScriptedApi::WatchAnswer{{line("ADDED", object("a", "10"))}}}, 2).asked.size(), 2U);
}

TEST(Watcher, HoldsTheServerBackWhileNobodyTakesWhatItReads) {
  std::vector<std::string> lines;
  for (int i = 0; i < 500; ++i) lines.push_back(line("ADDED", object("vm-" + std::to_string(i), std::to_string(i + 10))));
  std::atomic<bool> ended = false;
  ScriptedApi api({page("", "9"), ScriptedApi::WatchAnswer{lines}}, [&] { ended = true; });
  const StillClock clock;
  BoundedQueue<Delta> queue(4);
  const Watcher watcher({api, clock, [&](Delta delta, const std::stop_token& stop) { return queue.push(std::move(delta), stop); },
                         [] { return 0.0; }},
                        {.kind = Kind::Vm, .label_selector = "", .field_selector = "", .page = 500, .watch_timeout = seconds{290}});
  while (queue.size() < 4) std::this_thread::yield();
  EXPECT_FALSE(ended);
  std::size_t upserts = 0;
  while (upserts < 500) {
    const auto delta = queue.pop(seconds{10});
    ASSERT_TRUE(delta);
    upserts += delta->type == Delta::Type::Upsert ? 1 : 0;
  }
}

TEST(Watcher, StopsAtOnceWhileItWaits) {
  ScriptedApi api(
      {ScriptedApi::ListAnswer{Error{.cls = ErrorClass::Retryable, .message = "no", .http_status = 503, .retry_after = hours{1}}}},
      [] {});
  const StillClock clock;
  BoundedQueue<Delta> queue(10);
  {
    const Watcher watcher(
        {api, clock, [&](Delta delta, const std::stop_token& stop) { return queue.push(std::move(delta), stop); },
         [] { return 0.0; }},
        {.kind = Kind::Vm, .label_selector = "", .field_selector = "", .page = 500, .watch_timeout = seconds{290}});
    while (queue.size() < 2) std::this_thread::yield();
  }
  EXPECT_EQ(api.asked.size(), 1U);
}

}  // namespace
}  // namespace drover::reflect
