// LedgerStore: where the ledger of energy is kept: a file of SQLite, or a database of PostgreSQL.
//
// Calls block until the store has answered, or its own time limit has passed. Thread safety: one thread at a time; several objects,
// also of several processes, may be open on the same ledger.
#pragma once

#include <optional>

#include "base/result.h"
#include "model/ledger_rows.h"

namespace drover {

class LedgerStore {
 public:
  virtual ~LedgerStore() = default;
  // Whole or not at all; a batch that is there already counts as written. Once it returns, a crash of this process or of the
  // machine takes nothing of it away. Retryable: it may or may not be there; appending it again is safe, with this object or a new
  // one.
  [[nodiscard]] virtual Status append(const LedgerBatch& batch) = 0;
  // Until when nodes are booked; empty: nothing is. Whoever writes next begins there, so that no time is counted twice.
  [[nodiscard]] virtual Result<std::optional<Instant>> booked_until() = 0;
  // Whole hours: from the beginning of that of `from` to the end of the last that begins before `until`; of VMs whole days. A
  // writer is not held up.
  [[nodiscard]] virtual Result<LedgerExtract> read(Instant from, Instant until) = 0;
};

enum class LedgerAccess { Write, Read };  // Write makes what is not there yet, and brings an old schema up to date

}  // namespace drover
