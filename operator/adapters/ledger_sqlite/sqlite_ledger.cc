#include "adapters/ledger_sqlite/sqlite_ledger.h"

#include <sqlite3.h>

#include <map>
#include <utility>

#include "adapters/ledger_sql/schema.h"
#include "adapters/ledger_sql/sql_ledger.h"

namespace drover {
namespace {

constexpr int kBusyMilliseconds = 10000;  // for another's lock

ErrorClass class_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
    case SQLITE_SCHEMA: return ErrorClass::Retryable;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH: return ErrorClass::Denied;
    default: return ErrorClass::Invalid;
  }
}

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

class SqliteRow final : public SqlRow {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  [[nodiscard]] std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
  [[nodiscard]] double real(int column) const override { return sqlite3_column_double(statement_, column); }
  [[nodiscard]] std::string_view text(int column) const override {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    if (bytes == nullptr) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  sqlite3_stmt* statement_;
};

class SqliteConnection final : public SqlConnection {
 public:
  SqliteConnection(sqlite3* db, std::string name) : db_(db), name_(std::move(name)) {}
  ~SqliteConnection() override {
    statements_.clear();
    sqlite3_close(db_);
  }
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Status begin(bool write) override { return run(write ? "BEGIN IMMEDIATE" : "BEGIN"); }
  [[nodiscard]] Status commit() override {
    auto committed = run("COMMIT");
    if (!committed) roll_back();
    return committed;
  }
  void roll_back() override { sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr); }
  [[nodiscard]] Status run(const char* script) override {
    const int code = sqlite3_exec(db_, script, nullptr, nullptr, nullptr);
    return code == SQLITE_OK ? ok() : Status(problem(code));
  }

  [[nodiscard]] Result<std::int64_t> change(const char* statement, std::span<const SqlValue> values) override {
    auto bound = bind(statement, values);
    if (!bound) return bound.error();
    const int code = sqlite3_step(*bound);
    const std::int64_t changed = sqlite3_changes(db_);
    sqlite3_reset(*bound);
    if (code != SQLITE_DONE) return problem(code);
    return changed;
  }

  [[nodiscard]] Status query(const char* statement, std::span<const SqlValue> values,
                             const std::function<void(const SqlRow&)>& take) override {
    auto bound = bind(statement, values);
    if (!bound) return bound.error();
    const SqliteRow row(*bound);
    int code = sqlite3_step(*bound);
    for (; code == SQLITE_ROW; code = sqlite3_step(*bound)) take(row);
    sqlite3_reset(*bound);
    return code == SQLITE_DONE ? ok() : Status(problem(code));
  }

 private:
  [[nodiscard]] Error problem(int code) const {
    const std::string said = sqlite3_errmsg(db_);
    const bool absent = code == SQLITE_ERROR && said.starts_with("no such table");
    return {.cls = absent ? ErrorClass::NotFound : class_of(code), .message = "ledger " + name_ + ": " + said};
  }

  Result<sqlite3_stmt*> bind(const char* text, std::span<const SqlValue> values) {
    Statement& statement = statements_[text];
    if (statement == nullptr) {
      sqlite3_stmt* made = nullptr;
      const int code = sqlite3_prepare_v3(db_, text, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
      if (code != SQLITE_OK) {
        const Error error = problem(code);
        statements_.erase(text);
        return error;
      }
      statement.reset(made);
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      const int at = static_cast<int>(i) + 1;
      if (const auto* integer = std::get_if<std::int64_t>(&values[i])) {
        sqlite3_bind_int64(statement.get(), at, *integer);
      } else if (const auto* real = std::get_if<double>(&values[i])) {
        sqlite3_bind_double(statement.get(), at, *real);
      } else {
        // The caller's text outlives the step, which ends before this object is bound anew.
        const auto text_value = std::get<std::string_view>(values[i]);
        sqlite3_bind_text(statement.get(), at, text_value.data() == nullptr ? "" : text_value.data(),
                          static_cast<int>(text_value.size()), SQLITE_STATIC);
      }
    }
    return statement.get();
  }

  sqlite3* db_;
  const std::string name_;
  std::map<const char*, Statement> statements_;  // by the address of their text
};

std::string fix_for(int code, const std::string& path, LedgerAccess access) {
  if ((code & 0xff) != SQLITE_CANTOPEN) return "";
  return access == LedgerAccess::Write ? "; the folder of " + path + " must be there and be writable for this user" : "";
}

}  // namespace

Result<std::unique_ptr<SqlConnection>> open_sqlite(const std::string& path, LedgerAccess access) {
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (access == LedgerAccess::Write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
  if (code != SQLITE_OK) {
    const std::string said = db != nullptr ? sqlite3_errmsg(db) : "out of memory";
    sqlite3_close(db);
    return Error{access == LedgerAccess::Read && (code & 0xff) == SQLITE_CANTOPEN ? ErrorClass::NotFound : class_of(code),
                 "ledger " + path + ": " + said + fix_for(code, path, access)};
  }
  sqlite3_busy_timeout(db, kBusyMilliseconds);
  auto connection = std::make_unique<SqliteConnection>(db, path);
  if (access == LedgerAccess::Write) {
    if (const auto set = connection->run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"); !set) return set.error();
  }
  return std::unique_ptr<SqlConnection>(std::move(connection));
}

Result<std::unique_ptr<LedgerStore>> open_sqlite_ledger(const std::string& path, LedgerAccess access) {
  auto connection = open_sqlite(path, access);
  if (!connection) return connection.error();
  if (const auto prepared = prepare_ledger_schema(**connection, access); !prepared) return prepared.error();
  return std::unique_ptr<LedgerStore>(std::make_unique<SqlLedger>(std::move(connection).value()));
}

}  // namespace drover
