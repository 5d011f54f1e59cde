// Rows of a ledger as tests write them.
#pragma once

#include <string>

#include "model/ledger_rows.h"

namespace drover::test {

inline constexpr Instant kLedgerStart = Instant{std::chrono::sys_days{std::chrono::year{2026} / 11 / 2}};  // a Monday
inline constexpr Duration kLedgerInterval = minutes{5};

// The interval that begins so many after kLedgerStart: 60 W where all on would be 100 W, unless it is said otherwise.
inline EnergyRow energy_row(std::int64_t interval, const std::string& node = "n1") {
  return {.from = kLedgerStart + interval * kLedgerInterval,
          .until = kLedgerStart + (interval + 1) * kLedgerInterval,
          .node = node,
          .policy = "pack",
          .state = EnergyState::On,
          .source = "model",
          .cls = EnergyClass::Modelled,
          .input = true,
          .baseline = EnergyClass::Modelled,
          .joules = 60 * 300,
          .all_on_joules = 100 * 300,
          .copy_joules = 3,
          .overloaded_seconds = 1,
          .known_load_seconds = 290,
          .profile = "p@1"};
}

inline MoveRow move_row(const std::string& uid, Instant started = kLedgerStart) {
  return {.migration_uid = uid,
          .vm = {"shop", "web-1"},
          .source = "n1",
          .target = "n2",
          .policy = "pack",
          .reason = "packs",
          .succeeded = true,
          .started = started,
          .took = seconds{12},
          .downtime = milliseconds{140},
          .downtime_measured = false};
}

}  // namespace drover::test
