#include "core/window.h"

#include <algorithm>
#include <cmath>

namespace drover {
namespace {

const TimeZone* find_zone(const std::map<std::string, TimeZone>& zones, const std::string& name) {
  static const TimeZone kUtc;
  if (const auto at = zones.find(name); at != zones.end()) return &at->second;
  return name.empty() || name == "UTC" ? &kUtc : nullptr;
}

// A window made ready to be asked; empty when it can't be.
struct Ready {
  Cron cron;
  const TimeZone* zone;
};
std::optional<Ready> prepare(const Window& window, const std::map<std::string, TimeZone>& zones) {
  const auto cron = Cron::parse(window.cron);
  const TimeZone* zone = find_zone(zones, window.time_zone);
  if (!cron || zone == nullptr || window.duration <= Duration::zero()) return std::nullopt;
  return Ready{*cron, zone};
}

// `cron_field` is the name that the API gives to the expression.
std::string problem_of(const Window& window, const std::map<std::string, TimeZone>& zones, const std::string& path,
                       const std::string& cron_field) {
  if (const auto cron = Cron::parse(window.cron); !cron) return path + "." + cron_field + ": " + cron.error().message;
  if (window.duration <= Duration::zero()) return path + ".duration: must be longer than 0, such as \"6h\"";
  if (find_zone(zones, window.time_zone) == nullptr) {
    return path + ".timeZone: \"" + window.time_zone +
           "\" is no known time zone; write an IANA name such as \"Europe/Berlin\" or \"UTC\"";
  }
  return "";
}

std::int64_t allowed_by(const Budget& budget, std::int64_t selected) {
  if (!budget.percent) return std::max<std::int64_t>(budget.migrations, 0);
  const double share = static_cast<double>(selected) * *budget.percent / 100.0;
  if (!(share > 0)) return 0;
  // 10 % of 30 is 3, though floating point may make a little more of it.
  return static_cast<std::int64_t>(std::ceil(std::min(share, static_cast<double>(selected)) - 1e-9));
}

}  // namespace

bool is_open(const Window& window, const Cron& cron, const TimeZone& zone, Instant t) {
  const auto opened = cron.last_at_or_before(t, zone);
  return opened && t - *opened < window.duration;
}

std::string window_problem(const PolicySpec& spec, const std::map<std::string, TimeZone>& zones) {
  for (std::size_t i = 0; i < spec.schedule.size(); ++i) {
    std::string problem = problem_of(spec.schedule[i], zones, "spec.schedule[" + std::to_string(i) + "]", "cron");
    if (!problem.empty()) return problem;
  }
  for (std::size_t i = 0; i < spec.budgets.size(); ++i) {
    const Budget& budget = spec.budgets[i];
    const std::string path = "spec.disruption.budgets[" + std::to_string(i) + "]";
    const bool in_range = budget.percent ? *budget.percent >= 0 && *budget.percent <= 100 : budget.migrations >= 0;
    if (!in_range) return path + ".migrations: write a number from 0 on, or a share from \"0%\" to \"100%\"";
    if (!budget.window) continue;
    std::string problem = problem_of(*budget.window, zones, path, "schedule");
    if (!problem.empty()) return problem;
  }
  const auto* consolidation = std::get_if<ConsolidationSettings>(&spec.settings);
  if (consolidation == nullptr || !consolidation->power_down.wake_test) return "";
  return problem_of(consolidation->power_down.wake_test->window, zones, "spec.consolidation.powerDown.wakeTest", "schedule");
}

WindowAnswer window_at(const Window& window, const std::map<std::string, TimeZone>& zones, Instant t) {
  const auto ready = prepare(window, zones);
  if (!ready) return {};
  WindowAnswer answer{.since = ready->cron.last_at_or_before(t, *ready->zone), .opens_at = ready->cron.next_after(t, *ready->zone)};
  if (answer.since && t - *answer.since >= window.duration) answer.since.reset();
  return answer;
}

ScheduleAnswer schedule_at(const PolicySpec& spec, const std::map<std::string, TimeZone>& zones, Instant t) {
  if (spec.schedule.empty()) return {};
  ScheduleAnswer answer{.open = false, .opens_at = std::nullopt};
  for (const Window& window : spec.schedule) {
    const auto ready = prepare(window, zones);
    if (!ready) continue;
    if (is_open(window, ready->cron, *ready->zone, t)) return {};
    const auto next = ready->cron.next_after(t, *ready->zone);
    if (next && (!answer.opens_at || *next < *answer.opens_at)) answer.opens_at = next;
  }
  return answer;
}

std::int64_t budget_at(const PolicySpec& spec, const std::map<std::string, TimeZone>& zones, std::int64_t selected, Instant t) {
  return budget_at(
      spec, zones, [selected] { return selected; }, t);
}

std::int64_t budget_at(const PolicySpec& spec, const std::map<std::string, TimeZone>& zones,
                       const std::function<std::int64_t()>& count_selected, Instant t) {
  std::optional<std::int64_t> least;
  for (const Budget& budget : spec.budgets) {
    if (budget.window) {
      const auto ready = prepare(*budget.window, zones);
      if (ready && !is_open(*budget.window, ready->cron, *ready->zone, t)) continue;
    }
    const std::int64_t allowed = allowed_by(budget, budget.percent ? count_selected() : 0);
    least = std::min(least.value_or(allowed), allowed);
  }
  return least.value_or(1);
}

}  // namespace drover
