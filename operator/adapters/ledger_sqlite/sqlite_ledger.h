// The ledger in a file of SQLite: for one cluster, on a volume of its own.
//
// Write-ahead log, so that a report reads while the operator writes, and synchronous=FULL: a transaction that was committed
// outlives a loss of power, too. That costs a flush of the disk for each batch; the writer makes at most a few of these a second,
// on a thread of its own. A file on a network volume whose locks do not work is none for SQLite.
#pragma once

#include <memory>
#include <string>

#include "adapters/ledger_sql/sql_connection.h"
#include "base/result.h"
#include "ports/ledger_store.h"

namespace drover {

// Errors: NotFound (Read, and no such file), Denied (rights; the text names the file and what to do), Invalid (no file of SQLite;
// a schema that is newer), Retryable (another process holds it for long).
[[nodiscard]] Result<std::unique_ptr<LedgerStore>> open_sqlite_ledger(const std::string& path, LedgerAccess access);

// The connection alone, for what is made of several.
[[nodiscard]] Result<std::unique_ptr<SqlConnection>> open_sqlite(const std::string& path, LedgerAccess access);

}  // namespace drover
