// BooksKeeper: what the loop sees once a minute, as rows of the ledger and as metrics: energy of nodes and VMs, moves that ended,
// nodes that slept and woke, and what kept nodes from sleeping. The writing itself is another thread's (ledger/ledger_writer.h).
//
// FOR TESTS ONLY. DROVER_BOOKS_PACE=SECONDS in the environment stands in for the minute, so that a night of minutes has a ledger
// that can be read; a row's interval is five times that, and must divide an hour.
//
// Thread safety: the loop's thread, but for finish(), which comes when the loop has ended.
#pragma once

#include <map>
#include <string>

#include "app/books_metrics.h"
#include "books/production_books.h"
#include "books/service_levels.h"
#include "core/step.h"
#include "ledger/ledger_writer.h"

namespace drover {

class BooksKeeper {
 public:
  static constexpr Duration kPace = minutes{1};
  static constexpr int kPacesOfInterval = 5;  // of a row: what a crash loses at most
  [[nodiscard]] static Duration pace_from_environment();

  // `writer`: unique in every life of a process.
  BooksKeeper(LedgerWriter::Open open, Log& log, Telemetry& telemetry, const std::string& writer, Duration pace = kPace);

  void look(const ClusterView& view, const Core& core, const StepResult& result, Instant now);
  // This process leads no more: another keeps the books from now on.
  void pause();
  // Ends the books here, and waits until all of them is written; false: it is not, after that time.
  [[nodiscard]] bool finish(Duration patience);

 private:
  struct Life {
    NodeMarks marks;
    Instant seen{};
  };
  [[nodiscard]] static Instant begin_of(const Life& life);
  void close();
  static void take_moves(const StepResult& result, LedgerRows& rows);
  void take_lives(const ClusterView& view, Instant now, LedgerRows& rows);
  void take_held(const ClusterView& view, const Core& core, Instant now, LedgerRows& rows);

  BooksMetrics metrics_;
  const Duration pace_;
  ProductionBooks books_;
  ServiceLevels levels_;
  std::map<std::string, Life> lives_;
  std::optional<Instant> looked_;
  LedgerWriter writer_;
};

}  // namespace drover
