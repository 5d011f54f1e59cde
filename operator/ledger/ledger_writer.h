// LedgerWriter: takes rows from whoever makes them and writes them to the ledger on a thread of its own.
//
// put() costs no more than a lock that is held for a moment: it waits neither for a disk nor for a database. Rows are written in
// the order in which they were put, some thousands in a transaction. A store that is away is opened again with back-off until it is
// there; meanwhile rows queue, and beyond `most_rows` new ones are dropped, which is counted, told in the log once a time, and
// shown as drover_ledger_rows_dropped_total. A batch that the store finds Invalid is dropped likewise: it would be so for ever.
//
// Energy, shares and what was held that begin before the time up to which the ledger is booked when it is first opened are left
// out: another process has written that time.
//
// Thread safety: all calls, from any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "ports/ledger_store.h"
#include "ports/log.h"
#include "ports/telemetry.h"

namespace drover {

struct LedgerWriterOptions {
  std::string writer;              // unique in every life of a process
  std::size_t most_rows = 500000;  // that wait
  std::size_t batch_rows = 5000;   // in one transaction, about
  Duration first_backoff = seconds{1};
  Duration longest_backoff = minutes{1};
};

class LedgerWriter {
 public:
  using Open = std::function<Result<std::unique_ptr<LedgerStore>>()>;

  // The references must outlive it.
  LedgerWriter(Open open, Log& log, Telemetry& telemetry, LedgerWriterOptions options);
  // What still waits is lost; see flush().
  ~LedgerWriter();
  LedgerWriter(const LedgerWriter&) = delete;
  LedgerWriter& operator=(const LedgerWriter&) = delete;

  // False: there is no room, and the rows are dropped.
  bool put(LedgerRows rows);
  // Waits until all that was put is written or dropped; false: it is not after that time.
  [[nodiscard]] bool flush(Duration patience);

  struct State {
    std::size_t waiting = 0;    // rows
    std::uint64_t written = 0;  // rows, those that were there already among them
    std::uint64_t dropped = 0;
    std::string problem;  // why the ledger can't be written now, or ""
  };
  [[nodiscard]] State state() const;

 private:
  void run(const std::stop_token& stop);
  // The next rows for one transaction; empty: it was stopped.
  [[nodiscard]] LedgerRows next(const std::stop_token& stop);
  // Until it is written, found invalid, or stopped.
  void write(const LedgerBatch& batch, const std::stop_token& stop);
  [[nodiscard]] Status try_write(const LedgerBatch& batch);
  void settled(std::size_t rows, bool written);
  void note_problem(const Error& error);
  void wait(Duration pause, const std::stop_token& stop);

  const Open open_;
  Log& log_;
  Telemetry& telemetry_;
  const LedgerWriterOptions options_;

  // The thread's own.
  std::unique_ptr<LedgerStore> store_;
  std::optional<Instant> booked_until_;
  bool opened_once_ = false;

  mutable Mutex mutex_;
  ConditionVariable changed_;
  std::deque<LedgerRows> queue_ DROVER_GUARDED_BY(mutex_);
  State state_ DROVER_GUARDED_BY(mutex_);
  bool dropping_ DROVER_GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace drover
