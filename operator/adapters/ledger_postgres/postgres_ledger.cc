#include "adapters/ledger_postgres/postgres_ledger.h"

#include <libpq-fe.h>

#include <charconv>
#include <map>
#include <utility>
#include <vector>

#include "adapters/ledger_sql/schema.h"
#include "adapters/ledger_sql/sql_ledger.h"

namespace drover {
namespace {

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, Clear>;
struct Free {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, Free>;

template <typename Number>
std::string text_of(Number number) {
  char digits[32];  // NOLINT(modernize-avoid-c-arrays): as to_chars takes it
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  return {digits, end};
}

template <typename Number>
Number number_of(const char* text) {
  Number number{};
  const std::string_view digits(text);
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text) c = c == '\n' ? ' ' : c;
  return text;
}

// By SQLSTATE (PostgreSQL's appendix A).
ErrorClass class_of(std::string_view state) {
  if (state.empty() || state.starts_with("08") || state.starts_with("40") || state.starts_with("53") || state.starts_with("55") ||
      state.starts_with("57") || state.starts_with("58"))
    return ErrorClass::Retryable;
  if (state == "23505" || state == "42P07" || state == "42P06") return ErrorClass::Retryable;  // another made it at the same moment
  if (state.starts_with("28") || state == "42501" || state == "25006") return ErrorClass::Denied;
  if (state == "42P01" || state == "3D000") return ErrorClass::NotFound;
  return ErrorClass::Invalid;
}

class PostgresRow final : public SqlRow {
 public:
  PostgresRow(const PGresult* result, int row) : result_(result), row_(row) {}
  [[nodiscard]] std::int64_t integer(int column) const override {
    return number_of<std::int64_t>(PQgetvalue(result_, row_, column));
  }
  [[nodiscard]] double real(int column) const override { return number_of<double>(PQgetvalue(result_, row_, column)); }
  [[nodiscard]] std::string_view text(int column) const override {
    return {PQgetvalue(result_, row_, column), static_cast<std::size_t>(PQgetlength(result_, row_, column))};
  }

 private:
  const PGresult* result_;
  int row_;
};

class PostgresConnection final : public SqlConnection {
 public:
  PostgresConnection(PGconn* connection, std::string name) : connection_(connection), name_(std::move(name)) {}
  ~PostgresConnection() override { PQfinish(connection_); }
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Status begin(bool write) override {
    return run(write ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
  }
  [[nodiscard]] Status commit() override { return run("COMMIT"); }
  void roll_back() override { PgResult(PQexec(connection_, "ROLLBACK")); }
  [[nodiscard]] Status run(const char* script) override {
    const PgResult result(PQexec(connection_, script));
    return PQresultStatus(result.get()) == PGRES_COMMAND_OK ? ok() : Status(problem(result.get()));
  }

  [[nodiscard]] Result<std::int64_t> change(const char* statement, std::span<const SqlValue> values) override {
    auto result = execute(statement, values);
    if (!result) return result.error();
    return number_of<std::int64_t>(PQcmdTuples(result->get()));
  }

  [[nodiscard]] Status query(const char* statement, std::span<const SqlValue> values,
                             const std::function<void(const SqlRow&)>& take) override {
    auto result = execute(statement, values);
    if (!result) return result.error();
    const int rows = PQntuples(result->get());
    for (int row = 0; row < rows; ++row) take(PostgresRow(result->get(), row));
    return ok();
  }

 private:
  [[nodiscard]] Error problem(const PGresult* result) const {
    const char* state = result != nullptr ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
    const bool away = PQstatus(connection_) != CONNECTION_OK;
    const char* said = state != nullptr ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : nullptr;
    return {.cls = away ? ErrorClass::Retryable : class_of(state != nullptr ? state : ""),
            .message = "ledger " + name_ + ": " + one_line(said != nullptr ? said : PQerrorMessage(connection_))};
  }

  Result<PgResult> execute(const char* statement, std::span<const SqlValue> values) {
    auto [at, is_new] = prepared_.try_emplace(statement, "s" + std::to_string(prepared_.size()));
    if (is_new) {
      const PgResult made(PQprepare(connection_, at->second.c_str(), statement, 0, nullptr));
      if (PQresultStatus(made.get()) != PGRES_COMMAND_OK) {
        prepared_.erase(at);
        return problem(made.get());
      }
    }
    std::vector<std::string> texts;
    texts.reserve(values.size());
    for (const SqlValue& value : values) {
      if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        texts.push_back(text_of(*integer));
      } else if (const auto* real = std::get_if<double>(&value)) {
        texts.push_back(text_of(*real));
      } else {
        texts.emplace_back(std::get<std::string_view>(value));
      }
    }
    std::vector<const char*> pointers;
    pointers.reserve(texts.size());
    for (const std::string& text : texts) pointers.push_back(text.c_str());
    PgResult result(
        PQexecPrepared(connection_, at->second.c_str(), static_cast<int>(pointers.size()), pointers.data(), nullptr, nullptr, 0));
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return problem(result.get());
    return result;
  }

  PGconn* connection_;
  const std::string name_;
  std::map<const char*, std::string> prepared_;  // by the address of their text
};

// The words of the connection string by name; those that it does not have are left out.
Result<std::map<std::string, std::string>> read_words(const std::string& connection_string) {
  char* said = nullptr;
  const Options options(PQconninfoParse(connection_string.c_str(), &said));
  if (options == nullptr) {
    // What libpq says may repeat the string, and so a password.
    PQfreemem(said);
    return Error{ErrorClass::Invalid,
                 "ledger: the connection string can't be read; write postgresql://USER@HOST:PORT/DATABASE?sslmode=verify-full, or "
                 "host=HOST dbname=DATABASE user=USER"};
  }
  std::map<std::string, std::string> words;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr && *option->val != '\0') words[option->keyword] = option->val;
  }
  return words;
}

std::string name_of(const std::map<std::string, std::string>& words) {
  const auto word = [&](const char* key, const char* otherwise) {
    const auto at = words.find(key);
    return at == words.end() ? std::string(otherwise) : at->second;
  };
  return word("host", "localhost") + ":" + word("port", "5432") + "/" + word("dbname", "");
}

}  // namespace

bool names_postgres(const std::string& location) {
  return location.starts_with("postgres://") || location.starts_with("postgresql://") || location.find('=') != std::string::npos;
}

Result<std::unique_ptr<LedgerStore>> open_postgres_ledger(const std::string& connection_string, LedgerAccess access) {
  auto words = read_words(connection_string);
  if (!words) return words.error();
  const std::string name = name_of(*words);
  if (words->contains("password")) {
    return Error{ErrorClass::Invalid, "ledger " + name +
                                          ": leave the password out of the connection string, where the list of processes shows "
                                          "it; PGPASSFILE or passfile= name a file with it, or PGPASSWORD has it"};
  }
  words->try_emplace("connect_timeout", "10");
  words->try_emplace("tcp_user_timeout", "30000");
  words->try_emplace("application_name", "drover");
  std::string& options = (*words)["options"];  // what the caller wrote there comes last, and wins
  options = std::string("-c statement_timeout=30000") +
            (access == LedgerAccess::Read ? " -c default_transaction_read_only=on " : " ") + options;
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : *words) {
    keys.push_back(key.c_str());
    values.push_back(value.c_str());
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  PGconn* opened = PQconnectdbParams(keys.data(), values.data(), 0);
  auto connection = std::make_unique<PostgresConnection>(opened, name);
  if (PQstatus(opened) != CONNECTION_OK) {
    const std::string said = one_line(PQerrorMessage(opened));
    const bool denied = said.find("password") != std::string::npos || said.find("no pg_hba.conf entry") != std::string::npos ||
                        said.find("role \"") != std::string::npos;
    const bool absent = said.find("database \"") != std::string::npos && said.find("does not exist") != std::string::npos;
    return Error{absent   ? ErrorClass::NotFound
                 : denied ? ErrorClass::Denied
                          : ErrorClass::Retryable,
                 "ledger " + name + ": " + said};
  }
  PQsetNoticeProcessor(
      opened, [](void*, const char*) {}, nullptr);  // "relation already exists, skipping"
  if (const auto prepared = prepare_ledger_schema(*connection, access); !prepared) return prepared.error();
  return std::unique_ptr<LedgerStore>(std::make_unique<SqlLedger>(std::move(connection)));
}

}  // namespace drover
