// Cron expressions and the windows they open: when moves may happen, when a budget holds.
//
// Five fields (minute hour day-of-month month day-of-week) with *, ?, lists, ranges, steps and names; Sunday is 0 or 7. Also
// @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually. As in Vixie cron, day-of-month and day-of-week are
// joined by OR when both are restricted (neither begins with * nor lists * alone). An opening is the first instant at which the
// local clock has reached the named minute: local time skipped by a change of the clocks opens at the first instant after the gap;
// time that occurs twice opens at its first occurrence. Pure functions; nothing here takes long, whatever the expression.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/policy.h"
#include "model/time_zone.h"

namespace drover {

struct Cron {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days;     // 1..31
  std::bitset<13> months;   // 1..12
  std::bitset<7> weekdays;  // 0 is Sunday
  bool days_restricted = false;
  bool weekdays_restricted = false;

  // Invalid names the field, what was read there, and what may stand there. An expression that never comes (30 February) is
  // Invalid too.
  [[nodiscard]] static Result<Cron> parse(std::string_view text);
  // The latest opening at or before t, and the first after t. The rarest, 29 February on one weekday, is at most 40 years away.
  // Empty beyond the years 1730 to 2220.
  [[nodiscard]] std::optional<Instant> last_at_or_before(Instant t, const TimeZone& zone) const;
  [[nodiscard]] std::optional<Instant> next_after(Instant t, const TimeZone& zone) const;
};

// Whether the window is open at t: some opening lies within (t - duration, t]. The duration is time that passes, whatever clocks
// say.
[[nodiscard]] bool is_open(const Window& window, const Cron& cron, const TimeZone& zone, Instant t);

// What is wrong with a policy's windows, budgets and wake tests (bad cron, duration, unknown time zone: not in `zones`; UTC needs
// no entry), naming field and fix, or "".
[[nodiscard]] std::string window_problem(const PolicySpec& spec, const std::map<std::string, TimeZone>& zones);

// Whether moves may start at t under the policy's schedule (no windows: always); otherwise when the next window opens. A window
// that window_problem() complains about is never open.
struct ScheduleAnswer {
  bool open = true;
  std::optional<Instant> opens_at;
};
[[nodiscard]] ScheduleAnswer schedule_at(const PolicySpec& spec, const std::map<std::string, TimeZone>& zones, Instant t);

// Since when the window has been open at t, empty if it is closed; and when it opens next. One that window_problem() complains
// about never does.
struct WindowAnswer {
  std::optional<Instant> since;
  std::optional<Instant> opens_at;
};
[[nodiscard]] WindowAnswer window_at(const Window& window, const std::map<std::string, TimeZone>& zones, Instant t);

// The most restrictive budget that holds at t: how many of `selected` VMs may be in motion at once. When none holds: 1. A budget
// whose window can't be read holds always.
[[nodiscard]] std::int64_t budget_at(const PolicySpec& spec, const std::map<std::string, TimeZone>& zones, std::int64_t selected,
                                     Instant t);
// The same; VMs are counted only when a budget that holds is a share of them.
[[nodiscard]] std::int64_t budget_at(const PolicySpec& spec, const std::map<std::string, TimeZone>& zones,
                                     const std::function<std::int64_t()>& count_selected, Instant t);

}  // namespace drover
