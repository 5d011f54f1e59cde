// SqlLedger: LedgerStore over a SqlConnection: the statements, in what SQLite and PostgreSQL both read.
//
// A batch is one transaction. Rows with a key are inserted where the key is new, and the sums by hour and day grow by the rows that
// were; so sums and rows agree after any crash.
#pragma once

#include <memory>

#include "adapters/ledger_sql/sql_connection.h"
#include "ports/ledger_store.h"

namespace drover {

class SqlLedger final : public LedgerStore {
 public:
  // The schema must be prepared.
  explicit SqlLedger(std::unique_ptr<SqlConnection> connection) : connection_(std::move(connection)) {}

  [[nodiscard]] Status append(const LedgerBatch& batch) override;
  [[nodiscard]] Result<std::optional<Instant>> booked_until() override;
  [[nodiscard]] Result<LedgerExtract> read(Instant from, Instant until) override;

 private:
  [[nodiscard]] Status write(const LedgerBatch& batch);

  std::unique_ptr<SqlConnection> connection_;
};

}  // namespace drover
