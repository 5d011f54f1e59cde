#include "control/inbox.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace drover {
namespace {

using reflect::Delta;

TEST(Inbox, HoldsProducersOfDeltasBackButNobodyElse) {
  Inbox inbox(2);
  EXPECT_TRUE(inbox.put(Delta{}, {}));
  EXPECT_TRUE(inbox.put(Delta{}, {}));
  std::promise<void> done;
  std::jthread third([&] {
    EXPECT_TRUE(inbox.put(Delta{}, {}));
    done.set_value();
  });
  for (int i = 0; i < 100; ++i) inbox.put(Urgent(Leadership{}));
  EXPECT_EQ(done.get_future().wait_for(milliseconds{20}), std::future_status::timeout);
  const Batch batch = inbox.take(seconds{30}, {});
  EXPECT_EQ(batch.deltas.size(), 2U);
  EXPECT_EQ(batch.urgent.size(), 100U);
  EXPECT_EQ(inbox.take(seconds{30}, {}).deltas.size(), 1U);
}

TEST(Inbox, LetsAProducerGoThatIsStopped) {
  Inbox inbox(1);
  EXPECT_TRUE(inbox.put(Delta{}, {}));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(inbox.put(Delta{}, stop.get_token()));
}

TEST(Inbox, ComesBackEmptyAtTheTimeout) {
  Inbox inbox(1);
  EXPECT_TRUE(inbox.take(milliseconds{1}, {}).empty());
}

TEST(Inbox, HandsOutWhatCameInItsOrderAndOnce) {
  Inbox inbox(10);
  for (const Kind kind : {Kind::Node, Kind::Pod, Kind::Vm})
    EXPECT_TRUE(inbox.put(Delta{.kind = kind, .object = {}, .error = {}}, {}));
  EXPECT_TRUE(inbox.put(Urgent(Leadership{true})));
  EXPECT_TRUE(inbox.put(Urgent(Leadership{false})));
  const Batch batch = inbox.take(seconds{30}, {});
  ASSERT_EQ(batch.deltas.size(), 3U);
  EXPECT_EQ(batch.deltas[0].kind, Kind::Node);
  EXPECT_EQ(batch.deltas[2].kind, Kind::Vm);
  ASSERT_EQ(batch.urgent.size(), 2U);
  EXPECT_TRUE(std::get<Leadership>(batch.urgent[0]).leading);
  EXPECT_TRUE(inbox.take(milliseconds{1}, {}).empty());
}

TEST(Inbox, LetsAProducerGoThatWaitsWhenItIsClosed) {
  Inbox inbox(1);
  EXPECT_TRUE(inbox.put(Delta{}, {}));
  std::promise<bool> answer;
  std::jthread producer([&] { answer.set_value(inbox.put(Delta{}, {})); });
  inbox.close();
  EXPECT_FALSE(answer.get_future().get());
  EXPECT_FALSE(inbox.put(Urgent(Leadership{})));
  EXPECT_EQ(inbox.take(seconds{30}, {}).deltas.size(), 1U) << "what was there is still to be had";
}

}  // namespace
}  // namespace drover
