#include <array>

#include "adapters/ledger_sql/sql_ledger.h"

namespace drover {
namespace {

constexpr const char* kBookedUntil =
    "SELECT COALESCE(MAX(until_ns), -1) FROM energy WHERE from_ns >= (SELECT MAX(from_ns) FROM energy) - 3600000000000";
constexpr const char* kNodeHours =
    "SELECT hour, node, policy, state, source, class, at_input, baseline, seconds, joules, all_on_joules, copy_joules, "
    "overloaded_seconds, known_load_seconds FROM node_hours WHERE hour >= $1 AND hour < $2";
constexpr const char* kNamespaceHours =
    "SELECT hour, namespace, source, class, joules, demanded, served FROM namespace_hours WHERE hour >= $1 AND hour < $2";
constexpr const char* kVmDays =
    "SELECT day, namespace, name, source, class, joules, demanded, served, lost_to_copies FROM vm_days "
    "WHERE day >= $1 AND day < $2";
constexpr const char* kMoves =
    "SELECT migration_uid, namespace, name, source, target, policy, reason, succeeded, started_ns, took_ns, downtime_ns, "
    "downtime_measured FROM moves WHERE started_ns >= $1 AND started_ns < $2 ORDER BY started_ns, migration_uid";
constexpr const char* kLives =
    "SELECT at_ns, node, event, policy, took_ns, reason FROM lives WHERE at_ns >= $1 AND at_ns < $2 ORDER BY at_ns, node, event";
constexpr const char* kHeld = "SELECT hour, policy, node, held_by, seconds, joules FROM held_hours WHERE hour >= $1 AND hour < $2";
constexpr const char* kFloors = "SELECT hour, seconds, joules FROM floor_hours WHERE hour >= $1 AND hour < $2 ORDER BY hour";
constexpr const char* kMarks =
    "SELECT at_ns, until_ns, kind, subject, note FROM marks WHERE until_ns >= $1 AND at_ns < $2 ORDER BY at_ns, kind, subject";

Instant instant(std::int64_t ns) {
  return Instant{Duration{ns}};
}
std::string text(const SqlRow& row, int column) {
  return std::string(row.text(column));
}
// A word that a newer version wrote would be misread: its schema would be newer, and refused.
EnergyClass cls_at(const SqlRow& row, int column) {
  return energy_class(row.text(column)).value_or(EnergyClass::Absent);
}

NodeHour node_hour(const SqlRow& row) {
  return {.hour = row.integer(0),
          .node = text(row, 1),
          .policy = text(row, 2),
          .state = energy_state(row.text(3)).value_or(EnergyState::On),
          .source = text(row, 4),
          .cls = cls_at(row, 5),
          .input = row.integer(6) != 0,
          .baseline = cls_at(row, 7),
          .seconds = row.real(8),
          .joules = row.real(9),
          .all_on_joules = row.real(10),
          .copy_joules = row.real(11),
          .overloaded_seconds = row.real(12),
          .known_load_seconds = row.real(13)};
}

NamespaceHour namespace_hour(const SqlRow& row) {
  return {.hour = row.integer(0),
          .ns = text(row, 1),
          .source = text(row, 2),
          .cls = cls_at(row, 3),
          .joules = row.real(4),
          .demanded = row.real(5),
          .served = row.real(6)};
}

VmDay vm_day(const SqlRow& row) {
  return {.day = row.integer(0),
          .vm = {text(row, 1), text(row, 2)},
          .source = text(row, 3),
          .cls = cls_at(row, 4),
          .joules = row.real(5),
          .demanded = row.real(6),
          .served = row.real(7),
          .lost_to_copies = row.real(8)};
}

MoveRow move_row(const SqlRow& row) {
  const std::int64_t downtime = row.integer(10);
  return {.migration_uid = text(row, 0),
          .vm = {text(row, 1), text(row, 2)},
          .source = text(row, 3),
          .target = text(row, 4),
          .policy = text(row, 5),
          .reason = text(row, 6),
          .succeeded = row.integer(7) != 0,
          .started = instant(row.integer(8)),
          .took = Duration{row.integer(9)},
          .downtime = downtime < 0 ? std::nullopt : std::optional(Duration{downtime}),
          .downtime_measured = row.integer(11) != 0};
}

LifeRow life_row(const SqlRow& row) {
  return {.at = instant(row.integer(0)),
          .node = text(row, 1),
          .event = node_event(row.text(2)).value_or(NodeEvent::Slept),
          .policy = text(row, 3),
          .took = Duration{row.integer(4)},
          .reason = text(row, 5)};
}

HeldRow held_row(const SqlRow& row) {
  const Instant from = begin_of_hour(row.integer(0));
  return {.from = from,
          .until = from + from_seconds(row.real(4)),
          .policy = text(row, 1),
          .node = text(row, 2),
          .held_by = text(row, 3),
          .joules = row.real(5)};
}

FloorRow floor_row(const SqlRow& row) {
  const Instant from = begin_of_hour(row.integer(0));
  return {.from = from, .until = from + from_seconds(row.real(1)), .joules = row.real(2)};
}

MarkRow mark_row(const SqlRow& row) {
  return {.at = instant(row.integer(0)),
          .until = instant(row.integer(1)),
          .kind = mark_kind(row.text(2)).value_or(MarkKind::Holdout),
          .subject = text(row, 3),
          .note = text(row, 4)};
}

// Each row of the answer, made by `make`, at the end of `to`.
template <typename T>
Status read_into(SqlConnection& connection, const char* statement, std::int64_t from, std::int64_t until, T (*make)(const SqlRow&),
                 std::vector<T>& to) {
  const std::array<SqlValue, 2> values{from, until};
  return connection.query(statement, values, [&](const SqlRow& row) { to.push_back(make(row)); });
}

Status read_all(SqlConnection& c, Instant from, Instant until, LedgerExtract& all) {
  const std::int64_t first = hour_of(from);
  const std::int64_t end = hour_of(until - Duration{1}) + 1;
  const std::int64_t first_ns = begin_of_hour(first).time_since_epoch().count();
  const std::int64_t end_ns = begin_of_hour(end).time_since_epoch().count();
  if (auto read = read_into(c, kNodeHours, first, end, node_hour, all.nodes); !read) return read;
  if (auto read = read_into(c, kNamespaceHours, first, end, namespace_hour, all.namespaces); !read) return read;
  if (auto read = read_into(c, kVmDays, day_of(from), day_of(until - Duration{1}) + 1, vm_day, all.vms); !read) return read;
  if (auto read = read_into(c, kMoves, first_ns, end_ns, move_row, all.moves); !read) return read;
  if (auto read = read_into(c, kLives, first_ns, end_ns, life_row, all.lives); !read) return read;
  if (auto read = read_into(c, kHeld, first, end, held_row, all.held); !read) return read;
  if (auto read = read_into(c, kFloors, first, end, floor_row, all.floors); !read) return read;
  return read_into(c, kMarks, first_ns, end_ns, mark_row, all.marks);
}

}  // namespace

Result<std::optional<Instant>> SqlLedger::booked_until() {
  std::optional<Instant> until;
  const auto read = connection_->query(kBookedUntil, {}, [&](const SqlRow& row) {
    if (row.integer(0) >= 0) until = instant(row.integer(0));
  });
  if (!read) return read.error();
  return until;
}

Result<LedgerExtract> SqlLedger::read(Instant from, Instant until) {
  if (const auto begun = connection_->begin(false); !begun) return begun.error();
  LedgerExtract all;
  const auto read = read_all(*connection_, from, until, all);
  connection_->roll_back();  // nothing was written
  if (!read) return read.error();
  return all;
}

}  // namespace drover
