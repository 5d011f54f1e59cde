// WeeklyDemand: what a cluster was asked for in the last weeks, half-hour by half-hour, and what it may be asked for soon.
//
// Foretold is how much demand will rise from where it stands, as it rose at the same time of the week before: in three weeks or
// more as in all but one of them, so that one odd week is forgotten; in fewer, as in the most. While there is no such week, as it
// rose at that time of at least two days, in the middle one of them. It is the rise and not the level that comes again: on a
// holiday what did not come within its half-hour is not waited for any longer.
//
// Times are UTC's: when clocks are put forward or back, a week passes until an hour's shift is learnt. Thread safety: none.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "consolidate/pool.h"

namespace drover {

class WeeklyDemand {
 public:
  static constexpr Duration kSlot = minutes{30};

  // What is asked for now: CPU in cores, memory in bytes.
  void observe(const Amounts& asked, Instant now);
  // The most that may be asked for from now until then, on from the less of what this half-hour began with and what is asked for
  // now; empty: too little is known of that time of the week. It must have been observed within this half-hour.
  [[nodiscard]] std::optional<Amounts> expected(Instant now, Instant until) const;
  // Since when it has been observed; empty: never.
  [[nodiscard]] std::optional<Instant> since() const;

 private:
  struct Slot {
    Amounts first;
    Amounts most;
    Amounts last;
  };
  using Number = std::int64_t;  // of a half-hour, since the epoch

  // From the beginning of that half-hour until the end of the last of so many; empty: one of them was not observed.
  [[nodiscard]] std::optional<Amounts> rise(Number slot, Number slots) const;

  std::map<Number, Slot> slots_;
};

}  // namespace drover
