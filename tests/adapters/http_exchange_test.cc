#include <gtest/gtest.h>

#include <thread>

#include "adapters/http_cpprest/exchange.h"

namespace drover {
namespace {

using Event = Exchange::Event;

Exchange::TimePoint soon(Duration wait = seconds{5}) {
  return std::chrono::steady_clock::now() + wait;
}

std::span<const char> span_of(const std::string& text) {
  return {text.data(), text.size()};
}

TEST(Exchange, GivesHeadThenBytesThenEnd) {
  Exchange exchange;
  EXPECT_TRUE(exchange.offer(span_of("body")));
  exchange.put_end({});
  exchange.put_head({.status = 200, .headers = {}, .body = ""});
  EXPECT_EQ(exchange.next(soon()), Event::Head);
  EXPECT_EQ(exchange.next(soon()), Event::Bytes);
  std::vector<char> bytes;
  EXPECT_FALSE(exchange.take(bytes));
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "body");
  EXPECT_EQ(exchange.next(soon()), Event::End);
}

TEST(Exchange, RefusesWhatFindsNoRoomAndAsksToResume) {
  Exchange exchange;
  const std::string half(Exchange::kRoomBytes / 2, 'x');
  EXPECT_TRUE(exchange.offer(span_of(half)));
  EXPECT_TRUE(exchange.offer(span_of(half)));
  EXPECT_FALSE(exchange.offer(span_of("one more")));
  std::vector<char> bytes;
  EXPECT_TRUE(exchange.take(bytes));
  EXPECT_EQ(bytes.size(), 2 * half.size());
  EXPECT_FALSE(exchange.take(bytes));
}

TEST(Exchange, TakesAChunkLargerThanTheRoomAlone) {
  Exchange exchange;
  EXPECT_TRUE(exchange.offer(span_of(std::string(2 * Exchange::kRoomBytes, 'x'))));
  EXPECT_FALSE(exchange.offer(span_of("y")));
}

TEST(Exchange, CancellationComesBeforeEverythingElse) {
  Exchange exchange;
  exchange.put_head({});
  exchange.put_end({});
  exchange.cancel();
  EXPECT_EQ(exchange.next(soon()), Event::Cancelled);
}

TEST(Exchange, WakesAWaitingReaderByTheFirstByteAfterAPause) {
  Exchange exchange;
  exchange.put_head({});
  EXPECT_EQ(exchange.next(soon()), Event::Head);
  EXPECT_EQ(exchange.next(soon(milliseconds{5})), Event::TimedOut);
  std::jthread writer([&] { EXPECT_TRUE(exchange.offer(span_of("x"))); });
  EXPECT_EQ(exchange.next(soon()), Event::Bytes);
}

}  // namespace
}  // namespace drover
