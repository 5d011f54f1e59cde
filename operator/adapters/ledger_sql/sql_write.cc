#include <array>

#include "adapters/ledger_sql/sql_ledger.h"

namespace drover {
namespace {

constexpr const char* kNoteBatch =
    "INSERT INTO ledger_writers (writer, last_number) VALUES ($1, $2) "
    "ON CONFLICT (writer) DO UPDATE SET last_number = excluded.last_number "
    "WHERE ledger_writers.last_number < excluded.last_number";

constexpr const char* kAddEnergy =
    "INSERT INTO energy (from_ns, until_ns, node, policy, state, source, class, at_input, baseline, joules, all_on_joules, "
    "copy_joules, overloaded_seconds, known_load_seconds, profile) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) "
    "ON CONFLICT DO NOTHING";

constexpr const char* kSumNodeHour =
    "INSERT INTO node_hours (hour, node, policy, state, source, class, at_input, baseline, seconds, joules, all_on_joules, "
    "copy_joules, overloaded_seconds, known_load_seconds) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) "
    "ON CONFLICT (hour, node, policy, state, source, class, at_input, baseline) DO UPDATE SET "
    "seconds = node_hours.seconds + excluded.seconds, joules = node_hours.joules + excluded.joules, "
    "all_on_joules = node_hours.all_on_joules + excluded.all_on_joules, "
    "copy_joules = node_hours.copy_joules + excluded.copy_joules, "
    "overloaded_seconds = node_hours.overloaded_seconds + excluded.overloaded_seconds, "
    "known_load_seconds = node_hours.known_load_seconds + excluded.known_load_seconds";

constexpr const char* kSumNamespaceHour =
    "INSERT INTO namespace_hours (hour, namespace, source, class, joules, demanded, served) VALUES ($1, $2, $3, $4, $5, $6, $7) "
    "ON CONFLICT (hour, namespace, source, class) DO UPDATE SET joules = namespace_hours.joules + excluded.joules, "
    "demanded = namespace_hours.demanded + excluded.demanded, served = namespace_hours.served + excluded.served";

constexpr const char* kSumVmDay =
    "INSERT INTO vm_days (day, namespace, name, source, class, joules, demanded, served, lost_to_copies) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (day, namespace, name, source, class) DO UPDATE SET "
    "joules = vm_days.joules + excluded.joules, demanded = vm_days.demanded + excluded.demanded, "
    "served = vm_days.served + excluded.served, lost_to_copies = vm_days.lost_to_copies + excluded.lost_to_copies";

constexpr const char* kAddMove =
    "INSERT INTO moves (migration_uid, namespace, name, source, target, policy, reason, succeeded, started_ns, took_ns, "
    "downtime_ns, downtime_measured) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING";

constexpr const char* kAddLife =
    "INSERT INTO lives (at_ns, node, event, policy, took_ns, reason) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";

constexpr const char* kSumHeld =
    "INSERT INTO held_hours (hour, policy, node, held_by, seconds, joules) VALUES ($1, $2, $3, $4, $5, $6) "
    "ON CONFLICT (hour, policy, node, held_by) DO UPDATE SET seconds = held_hours.seconds + excluded.seconds, "
    "joules = held_hours.joules + excluded.joules";

constexpr const char* kSumFloor =
    "INSERT INTO floor_hours (hour, seconds, joules) VALUES ($1, $2, $3) ON CONFLICT (hour) DO UPDATE SET "
    "seconds = floor_hours.seconds + excluded.seconds, joules = floor_hours.joules + excluded.joules";

constexpr const char* kAddMark =
    "INSERT INTO marks (at_ns, until_ns, kind, subject, note) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";

std::int64_t ns(Instant at) {
  return at.time_since_epoch().count();
}
std::int64_t flag(bool value) {
  return value ? 1 : 0;
}

template <std::size_t N>
Result<std::int64_t> change(SqlConnection& connection, const char* statement, const std::array<SqlValue, N>& values) {
  return connection.change(statement, values);
}

Status add(SqlConnection& c, const EnergyRow& row) {
  const std::string_view state = to_string(row.state);
  const std::string_view cls = to_string(row.cls);
  const std::string_view baseline = to_string(row.baseline);
  const auto added = change(c, kAddEnergy,
                            std::array<SqlValue, 15>{ns(row.from), ns(row.until), row.node, row.policy, state, row.source, cls,
                                                     flag(row.input), baseline, row.joules, row.all_on_joules, row.copy_joules,
                                                     row.overloaded_seconds, row.known_load_seconds, row.profile});
  if (!added) return added.error();
  if (*added == 0) return ok();
  const auto summed =
      change(c, kSumNodeHour,
             std::array<SqlValue, 14>{hour_of(row.from), row.node, row.policy, state, row.source, cls, flag(row.input), baseline,
                                      to_seconds(row.until - row.from), row.joules, row.all_on_joules, row.copy_joules,
                                      row.overloaded_seconds, row.known_load_seconds});
  return summed ? ok() : Status(summed.error());
}

Status add(SqlConnection& c, const ShareRow& row) {
  const std::string_view cls = to_string(row.cls);
  const auto hour =
      change(c, kSumNamespaceHour,
             std::array<SqlValue, 7>{hour_of(row.from), row.vm.ns, row.source, cls, row.joules, row.demanded, row.served});
  if (!hour) return hour.error();
  const auto day = change(c, kSumVmDay,
                          std::array<SqlValue, 9>{day_of(row.from), row.vm.ns, row.vm.name, row.source, cls, row.joules,
                                                  row.demanded, row.served, row.lost_to_copies});
  return day ? ok() : Status(day.error());
}

Status add(SqlConnection& c, const MoveRow& row) {
  const std::int64_t downtime = row.downtime ? row.downtime->count() : -1;
  const auto added = change(c, kAddMove,
                            std::array<SqlValue, 12>{row.migration_uid, row.vm.ns, row.vm.name, row.source, row.target, row.policy,
                                                     row.reason, flag(row.succeeded), ns(row.started),
                                                     std::int64_t{row.took.count()}, downtime, flag(row.downtime_measured)});
  return added ? ok() : Status(added.error());
}

Status add(SqlConnection& c, const LifeRow& row) {
  const auto added = change(
      c, kAddLife,
      std::array<SqlValue, 6>{ns(row.at), row.node, to_string(row.event), row.policy, std::int64_t{row.took.count()}, row.reason});
  return added ? ok() : Status(added.error());
}

Status add(SqlConnection& c, const HeldRow& row) {
  const auto added = change(
      c, kSumHeld,
      std::array<SqlValue, 6>{hour_of(row.from), row.policy, row.node, row.held_by, to_seconds(row.until - row.from), row.joules});
  return added ? ok() : Status(added.error());
}

Status add(SqlConnection& c, const FloorRow& row) {
  const auto added = change(c, kSumFloor, std::array<SqlValue, 3>{hour_of(row.from), to_seconds(row.until - row.from), row.joules});
  return added ? ok() : Status(added.error());
}

Status add(SqlConnection& c, const MarkRow& row) {
  const auto added =
      change(c, kAddMark, std::array<SqlValue, 5>{ns(row.at), ns(row.until), to_string(row.kind), row.subject, row.note});
  return added ? ok() : Status(added.error());
}

template <typename T>
Status add_all(SqlConnection& connection, const std::vector<T>& rows) {
  for (const T& row : rows) {
    if (auto added = add(connection, row); !added) return added;
  }
  return ok();
}

}  // namespace

Status SqlLedger::append(const LedgerBatch& batch) {
  if (auto begun = connection_->begin(true); !begun) return begun;
  auto written = write(batch);
  if (!written) {
    connection_->roll_back();
    return written;
  }
  return connection_->commit();
}

Status SqlLedger::write(const LedgerBatch& batch) {
  SqlConnection& c = *connection_;
  const auto noted = change(c, kNoteBatch, std::array<SqlValue, 2>{batch.writer, batch.number});
  if (!noted) return noted.error();
  if (*noted == 0) return ok();  // it is there
  if (auto added = add_all(c, batch.rows.energy); !added) return added;
  if (auto added = add_all(c, batch.rows.shares); !added) return added;
  if (auto added = add_all(c, batch.rows.moves); !added) return added;
  if (auto added = add_all(c, batch.rows.lives); !added) return added;
  if (auto added = add_all(c, batch.rows.held); !added) return added;
  if (auto added = add_all(c, batch.rows.floors); !added) return added;
  return add_all(c, batch.rows.marks);
}

}  // namespace drover
