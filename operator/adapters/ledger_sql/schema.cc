#include "adapters/ledger_sql/schema.h"

#include <array>
#include <optional>

namespace drover {
namespace {

constexpr const char* kEnergyAndMoves = R"(
CREATE TABLE ledger_writers (
  writer TEXT NOT NULL PRIMARY KEY,
  last_number BIGINT NOT NULL
);
CREATE TABLE energy (
  from_ns BIGINT NOT NULL,
  until_ns BIGINT NOT NULL,
  node TEXT NOT NULL,
  policy TEXT NOT NULL,
  state TEXT NOT NULL,
  source TEXT NOT NULL,
  class TEXT NOT NULL,
  at_input BIGINT NOT NULL,
  baseline TEXT NOT NULL,
  joules DOUBLE PRECISION NOT NULL,
  all_on_joules DOUBLE PRECISION NOT NULL,
  copy_joules DOUBLE PRECISION NOT NULL,
  overloaded_seconds DOUBLE PRECISION NOT NULL,
  profile TEXT NOT NULL,
  PRIMARY KEY (from_ns, node, state, source)
);
CREATE TABLE node_hours (
  hour BIGINT NOT NULL,
  node TEXT NOT NULL,
  policy TEXT NOT NULL,
  state TEXT NOT NULL,
  source TEXT NOT NULL,
  class TEXT NOT NULL,
  at_input BIGINT NOT NULL,
  baseline TEXT NOT NULL,
  seconds DOUBLE PRECISION NOT NULL,
  joules DOUBLE PRECISION NOT NULL,
  all_on_joules DOUBLE PRECISION NOT NULL,
  copy_joules DOUBLE PRECISION NOT NULL,
  overloaded_seconds DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (hour, node, policy, state, source, class, at_input, baseline)
);
CREATE TABLE namespace_hours (
  hour BIGINT NOT NULL,
  namespace TEXT NOT NULL,
  source TEXT NOT NULL,
  class TEXT NOT NULL,
  joules DOUBLE PRECISION NOT NULL,
  demanded DOUBLE PRECISION NOT NULL,
  served DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (hour, namespace, source, class)
);
CREATE TABLE vm_days (
  day BIGINT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  class TEXT NOT NULL,
  joules DOUBLE PRECISION NOT NULL,
  demanded DOUBLE PRECISION NOT NULL,
  served DOUBLE PRECISION NOT NULL,
  lost_to_copies DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (day, namespace, name, source, class)
);
CREATE TABLE moves (
  migration_uid TEXT NOT NULL PRIMARY KEY,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  target TEXT NOT NULL,
  policy TEXT NOT NULL,
  reason TEXT NOT NULL,
  succeeded BIGINT NOT NULL,
  started_ns BIGINT NOT NULL,
  took_ns BIGINT NOT NULL,
  downtime_ns BIGINT NOT NULL,
  downtime_measured BIGINT NOT NULL
);
CREATE INDEX moves_by_start ON moves (started_ns);
CREATE TABLE lives (
  at_ns BIGINT NOT NULL,
  node TEXT NOT NULL,
  event TEXT NOT NULL,
  policy TEXT NOT NULL,
  took_ns BIGINT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (at_ns, node, event)
);
)";

constexpr const char* kHeldAndMarks = R"(
CREATE TABLE held_hours (
  hour BIGINT NOT NULL,
  policy TEXT NOT NULL,
  node TEXT NOT NULL,
  held_by TEXT NOT NULL,
  seconds DOUBLE PRECISION NOT NULL,
  joules DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (hour, policy, node, held_by)
);
CREATE TABLE floor_hours (
  hour BIGINT NOT NULL PRIMARY KEY,
  seconds DOUBLE PRECISION NOT NULL,
  joules DOUBLE PRECISION NOT NULL
);
CREATE TABLE marks (
  at_ns BIGINT NOT NULL,
  until_ns BIGINT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (at_ns, kind, subject)
);
)";

// Rows of before: the load was taken for known all the time that a node was on.
constexpr const char* kKnownLoad = R"(
ALTER TABLE energy ADD COLUMN known_load_seconds DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE node_hours ADD COLUMN known_load_seconds DOUBLE PRECISION NOT NULL DEFAULT 0;
UPDATE node_hours SET known_load_seconds = seconds WHERE state = 'on';
)";

constexpr std::array<const char*, 3> kSteps{kEnergyAndMoves, kHeldAndMarks, kKnownLoad};

constexpr const char* kReadVersion = "SELECT version FROM ledger_version";
constexpr const char* kMakeVersion = "CREATE TABLE IF NOT EXISTS ledger_version (version BIGINT NOT NULL)";

// Empty: the table is there, and says nothing.
Result<std::optional<std::int64_t>> version_of(SqlConnection& connection) {
  std::optional<std::int64_t> version;
  const auto read = connection.query(kReadVersion, {}, [&](const SqlRow& row) { version = row.integer(0); });
  if (!read) return read.error();
  return version;
}

std::string newer(const SqlConnection& connection, std::int64_t version) {
  return "ledger " + connection.name() + ": its schema has version " + std::to_string(version) + ", this program knows up to " +
         std::to_string(kSteps.size()) + "; use the newer drover that made it, or another ledger";
}

Status bring_up_to_date(SqlConnection& connection) {
  if (auto made = connection.run(kMakeVersion); !made) return made;
  const auto version = version_of(connection);
  if (!version) return version.error();
  const std::int64_t have = version->value_or(0);
  if (have > static_cast<std::int64_t>(kSteps.size())) return Error{ErrorClass::Invalid, newer(connection, have)};
  if (have == static_cast<std::int64_t>(kSteps.size())) return ok();
  for (auto step = static_cast<std::size_t>(have); step < kSteps.size(); ++step) {
    if (auto made = connection.run(ledger_schema_steps()[step]); !made) return made;
  }
  const SqlValue now = static_cast<std::int64_t>(kSteps.size());
  const auto written = version->has_value() ? connection.change("UPDATE ledger_version SET version = $1", {&now, 1})
                                            : connection.change("INSERT INTO ledger_version (version) VALUES ($1)", {&now, 1});
  return written ? ok() : Status(written.error());
}

Status check_version(SqlConnection& connection) {
  const auto version = version_of(connection);
  if (!version && version.error().cls == ErrorClass::NotFound) {
    return Error{ErrorClass::NotFound, "ledger " + connection.name() +
                                           ": there is no ledger in it; name the one that `drover operator "
                                           "--ledger` or `drover simulate --ledger` writes"};
  }
  if (!version) return version.error();
  const std::int64_t have = version->value_or(0);
  if (have > static_cast<std::int64_t>(kSteps.size())) return Error{ErrorClass::Invalid, newer(connection, have)};
  if (have < static_cast<std::int64_t>(kSteps.size())) {
    return Error{ErrorClass::Invalid, "ledger " + connection.name() + ": its schema has version " + std::to_string(have) +
                                          ", this program reads version " + std::to_string(kSteps.size()) +
                                          "; a drover operator of this version that writes to it brings it up to date"};
  }
  return ok();
}

}  // namespace

std::span<const char* const> ledger_schema_steps() {
  return kSteps;
}

Status prepare_ledger_schema(SqlConnection& connection, LedgerAccess access) {
  if (access == LedgerAccess::Read) return check_version(connection);
  if (auto begun = connection.begin(true); !begun) return begun;
  auto done = bring_up_to_date(connection);
  if (!done) {
    connection.roll_back();
    return done;
  }
  return connection.commit();
}

}  // namespace drover
