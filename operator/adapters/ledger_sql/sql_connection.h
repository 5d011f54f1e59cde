// SqlConnection: what the ledger needs of a database, in SQL that SQLite and PostgreSQL both read. Parameters are $1, $2, ..., each
// named for the first time in this order; they are never put into the text.
//
// Errors: Retryable (away, busy, full), Denied (rights, a password), NotFound (no such table or database), Invalid. After a
// Retryable one that is not a matter of a lock the connection may be dead: whoever opened it opens another.
//
// Calls block. Thread safety: one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace drover {

using SqlValue = std::variant<std::int64_t, double, std::string_view>;

// A row of an answer, valid while it is being told of. Columns count from 0.
class SqlRow {
 public:
  virtual ~SqlRow() = default;
  [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
  [[nodiscard]] virtual double real(int column) const = 0;
  [[nodiscard]] virtual std::string_view text(int column) const = 0;
};

class SqlConnection {
 public:
  virtual ~SqlConnection() = default;
  // For messages: "ledger.db", "db.example:5432/drover"; never a password.
  [[nodiscard]] virtual const std::string& name() const = 0;
  // Begins a transaction that may write, or one in which all that is read is of one moment.
  [[nodiscard]] virtual Status begin(bool write) = 0;
  [[nodiscard]] virtual Status commit() = 0;
  virtual void roll_back() = 0;
  // Statements without parameters.
  [[nodiscard]] virtual Status run(const char* script) = 0;
  // How many rows it changed. The text must outlive the connection: it is prepared once.
  [[nodiscard]] virtual Result<std::int64_t> change(const char* statement, std::span<const SqlValue> values) = 0;
  [[nodiscard]] virtual Status query(const char* statement, std::span<const SqlValue> values,
                                     const std::function<void(const SqlRow&)>& take) = 0;
};

}  // namespace drover
