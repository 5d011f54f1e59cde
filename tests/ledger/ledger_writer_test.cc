#include "ledger/ledger_writer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <numeric>

#include "support/ledger_sample.h"
#include "support/recording_log.h"

namespace drover::test {
namespace {

class CountingTelemetry final : public Telemetry {
 public:
  void count(std::string_view name, MetricLabels, double by) override {
    const std::scoped_lock lock(mutex_);
    counts_[std::string(name)] += by;
  }
  void gauge(std::string_view, MetricLabels, double) override {}
  void observe(std::string_view, MetricLabels, double) override {}
  [[nodiscard]] double of(const std::string& name) const {
    const std::scoped_lock lock(mutex_);
    const auto at = counts_.find(name);
    return at == counts_.end() ? 0 : at->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, double> counts_;
};

// A ledger in memory, as several openings see it, that can be away, refuse, or hang.
struct Shelf {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<LedgerBatch> batches;
  std::optional<Instant> booked;
  int fail_next = 0;  // appends, as if the connection were lost
  bool away = false;
  bool refuses = false;
  bool hangs = false;
  int opened = 0;

  void set(const std::function<void()>& change) {
    {
      const std::scoped_lock lock(mutex);
      change();
    }
    changed.notify_all();
  }
};

class ShelfStore final : public LedgerStore {
 public:
  explicit ShelfStore(Shelf& shelf) : shelf_(shelf) {}
  Status append(const LedgerBatch& batch) override {
    std::unique_lock lock(shelf_.mutex);
    shelf_.changed.wait(lock, [&] { return !shelf_.hangs; });
    if (shelf_.refuses) return Error{ErrorClass::Invalid, "no such column"};
    if (shelf_.fail_next > 0 || shelf_.away) {
      --shelf_.fail_next;
      return Error{ErrorClass::Retryable, "connection lost"};
    }
    shelf_.batches.push_back(batch);
    return ok();
  }
  Result<std::optional<Instant>> booked_until() override { return shelf_.booked; }
  Result<LedgerExtract> read(Instant, Instant) override { return LedgerExtract{}; }

 private:
  Shelf& shelf_;
};

class Writer : public testing::Test {
 protected:
  std::unique_ptr<LedgerWriter> make(LedgerWriterOptions options = {}) {
    options.writer = "w";
    options.first_backoff = milliseconds{1};
    options.longest_backoff = milliseconds{5};
    return std::make_unique<LedgerWriter>(
        [this]() -> Result<std::unique_ptr<LedgerStore>> {
          const std::scoped_lock lock(shelf.mutex);
          ++shelf.opened;
          if (shelf.away) return Error{ErrorClass::Retryable, "nobody answers"};
          return std::unique_ptr<LedgerStore>(std::make_unique<ShelfStore>(shelf));
        },
        log, telemetry, options);
  }
  static LedgerRows rows(std::int64_t interval) {
    LedgerRows made;
    made.energy.push_back(energy_row(interval));
    return made;
  }
  std::vector<std::int64_t> intervals_written() {
    const std::scoped_lock lock(shelf.mutex);
    std::vector<std::int64_t> written;
    for (const LedgerBatch& batch : shelf.batches) {
      for (const EnergyRow& row : batch.rows.energy) written.push_back((row.from - kLedgerStart) / kLedgerInterval);
    }
    return written;
  }

  Shelf shelf;
  RecordingLog log;
  CountingTelemetry telemetry;
};

TEST_F(Writer, WritesInTheOrderInWhichRowsCameInBatchesThatCountUp) {
  const auto writer = make({.batch_rows = 3});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(writer->put(rows(i)));
  ASSERT_TRUE(writer->flush(seconds{10}));
  std::vector<std::int64_t> all(100);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(intervals_written(), all);
  for (std::size_t i = 0; i < shelf.batches.size(); ++i) EXPECT_EQ(shelf.batches[i].number, static_cast<std::int64_t>(i) + 1);
  EXPECT_EQ(telemetry.of("drover_ledger_rows_written_total"), 100);
}

TEST_F(Writer, DoesNotHoldUpWhoeverPutsRowsWhileTheStoreHangs) {
  shelf.hangs = true;
  const auto writer = make();
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(writer->put(rows(i)));
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds{1});
  EXPECT_FALSE(writer->flush(milliseconds{10}));
  shelf.set([&] { shelf.hangs = false; });
  EXPECT_TRUE(writer->flush(seconds{10}));
  EXPECT_EQ(intervals_written().size(), 1000U);
}

TEST_F(Writer, DropsWhatFindsNoRoomAndSaysSo) {
  shelf.hangs = true;
  const auto writer = make({.most_rows = 10});
  int dropped = 0;
  for (int i = 0; i < 15; ++i) dropped += writer->put(rows(i)) ? 0 : 1;
  EXPECT_EQ(dropped, 5);
  EXPECT_EQ(writer->state().dropped, 5U);
  EXPECT_EQ(telemetry.of("drover_ledger_rows_dropped_total"), 5);
  shelf.set([&] { shelf.hangs = false; });
  ASSERT_TRUE(writer->flush(seconds{10}));
  EXPECT_EQ(intervals_written(), (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  const auto lines = log.lines();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(), [](const auto& line) { return line.find("dropped") != std::string::npos; }),
            1);
}

TEST_F(Writer, OpensAStoreThatWasAwayAgainAndSendsTheSameBatch) {
  const auto writer = make({.batch_rows = 1});
  ASSERT_TRUE(writer->put(rows(0)));
  ASSERT_TRUE(writer->flush(seconds{10}));
  shelf.set([&] { shelf.fail_next = 3; });
  for (int i = 1; i < 5; ++i) ASSERT_TRUE(writer->put(rows(i)));
  ASSERT_TRUE(writer->flush(seconds{10}));
  EXPECT_EQ(intervals_written(), (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(shelf.opened, 4);
  EXPECT_EQ(shelf.batches[1].number, 2);
  EXPECT_EQ(writer->state().problem, "");
}

TEST_F(Writer, TellsWhyTheLedgerCannotBeWritten) {
  shelf.away = true;
  const auto writer = make();
  ASSERT_TRUE(writer->put(rows(0)));
  EXPECT_FALSE(writer->flush(milliseconds{50}));
  EXPECT_EQ(writer->state().problem, "nobody answers");
  shelf.set([&] { shelf.away = false; });
  EXPECT_TRUE(writer->flush(seconds{10}));
}

TEST_F(Writer, DropsABatchThatTheStoreWillNeverTake) {
  shelf.refuses = true;
  const auto writer = make();
  ASSERT_TRUE(writer->put(rows(0)));
  EXPECT_TRUE(writer->flush(seconds{10}));
  EXPECT_EQ(writer->state().dropped, 1U);
  shelf.set([&] { shelf.refuses = false; });
  ASSERT_TRUE(writer->put(rows(1)));
  EXPECT_TRUE(writer->flush(seconds{10}));
  EXPECT_EQ(intervals_written(), std::vector<std::int64_t>{1});
}

TEST_F(Writer, LeavesOutTheTimeThatAnotherHasBooked) {
  shelf.booked = kLedgerStart + 2 * kLedgerInterval;
  const auto writer = make({.batch_rows = 1});
  for (int i = 0; i < 4; ++i) {
    LedgerRows put = rows(i);
    put.moves.push_back(move_row("m" + std::to_string(i)));
    ASSERT_TRUE(writer->put(std::move(put)));
  }
  ASSERT_TRUE(writer->flush(seconds{10}));
  EXPECT_EQ(intervals_written(), (std::vector<std::int64_t>{2, 3}));
  std::size_t moves = 0;
  for (const LedgerBatch& batch : shelf.batches) moves += batch.rows.moves.size();
  EXPECT_EQ(moves, 4U) << "moves have keys: what is there already stays as it is";
}

TEST_F(Writer, EndsAtOnceWhileTheStoreIsAway) {
  shelf.away = true;
  auto writer = make({.first_backoff = hours{1}});
  ASSERT_TRUE(writer->put(rows(0)));
  writer.reset();
}

}  // namespace
}  // namespace drover::test
