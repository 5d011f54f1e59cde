#include "codec/policy_settings.h"

#include <charconv>

#include "codec/window_parts.h"

namespace drover {

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text.substr(0, 100)) + "\"";
}

Duration read_duration(JsonValue value, Duration fallback, Problem& problem) {
  const std::string text = value.int_or_string();  // a number without a unit is one too, for the message
  if (const auto duration = parse_duration(text)) return *duration;
  problem.at(value, in_quotes(text) + " is not a duration; write it like 90s, 5m or 1h30m");
  return fallback;
}

// "2" or "10%".
void read_migrations(JsonValue value, Budget& budget, Problem& problem) {
  const std::string text = value.int_or_string();
  const bool percent = text.ends_with('%');
  const char* const end = text.data() + text.size() - (percent ? 1 : 0);
  std::int64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc{} || stop != end || number < 0 || (percent && number > 100)) {
    problem.at(value, in_quotes(text) + " is neither a number nor a percentage; write for example 2 or \"10%\"");
    return;
  }
  if (percent) {
    budget.percent = static_cast<double>(number);
  } else {
    budget.migrations = number;
  }
}

namespace {

PromQlSignal read_promql(JsonValue value, Problem& problem) {
  PromQlSignal signal;
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "query") signal.query = field.string();
    if (key == "namespaceLabel") signal.namespace_label = field.string();
    if (key == "nameLabel") signal.name_label = field.string();
  });
  if (signal.query.empty()) problem.at(value, "query is missing; write a PromQL expression with one series per VM");
  return signal;
}

KubeVirtMetricSignal read_kubevirt_metric(JsonValue value, Problem& problem) {
  KubeVirtMetricSignal signal;
  bool known = false;
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "name") {
      const std::string_view name = field.text();
      known = name == "CPUUtilization" || name == "CPUDelay" || name == "MemoryUtilization";
      if (name == "CPUDelay") signal.metric = KubeVirtMetric::CpuDelay;
      if (name == "MemoryUtilization") signal.metric = KubeVirtMetric::MemoryUtilization;
    } else if (key == "window") {
      signal.window = read_duration(field, signal.window, problem);
      if (signal.window < seconds{1}) problem.at(field, "must be at least 1s");
    }
  });
  if (!known) problem.at(value, "name must be CPUUtilization, CPUDelay or MemoryUtilization");
  return signal;
}

std::string read_name(JsonValue value, Problem& problem) {
  std::string name;
  value.each_field([&](std::string_view key, JsonValue text) {
    if (key == "name") name = text.string();
  });
  if (name.empty()) problem.at(value, "name is missing");
  return name;
}

Signal read_signal(JsonValue value, Problem& problem) {
  Signal signal;
  int members = 0;
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "promql") {
      signal = read_promql(field, problem);
    } else if (key == "kubevirtMetric") {
      signal = read_kubevirt_metric(field, problem);
    } else if (key == "guestReport") {
      signal = GuestReportSignal{read_name(field, problem)};
    } else if (key == "named") {
      signal = NamedSignal{.name = read_name(field, problem), .unit = ""};
    } else {
      return;
    }
    ++members;
  });
  if (members != 1) problem.at(value, "write exactly one of kubevirtMetric, named, promql and guestReport");
  return signal;
}

}  // namespace

void read_settings(JsonValue value, ThresholdSettings& threshold, Problem& problem) {
  threshold.for_duration = minutes{1};
  bool has_signal = false;
  bool has_level = false;
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "signal") {
      threshold.signal = read_signal(field, problem);
      has_signal = true;
    } else if (key == "direction") {
      const std::string_view name = field.text();
      threshold.direction = name == "Below" ? Direction::Below : Direction::Above;
      if (name != "Below" && name != "Above") problem.at(field, in_quotes(name) + " is no direction; write Above or Below");
    } else if (key == "level") {
      threshold.level = field.number();
      has_level = true;
    } else if (key == "hysteresis") {
      threshold.hysteresis = field.number();
      if (threshold.hysteresis < 0) problem.at(field, "must not be negative");
    } else if (key == "for") {
      threshold.for_duration = read_duration(field, threshold.for_duration, problem);
    } else if (key == "interval") {
      threshold.interval = read_duration(field, threshold.interval, problem);
      if (threshold.interval < seconds{1}) problem.at(field, "must be at least 1s");
    } else if (key == "minimumGain") {
      threshold.minimum_gain = field.number();
      if (threshold.minimum_gain < 0 || threshold.minimum_gain > 1) problem.at(field, "must be from 0 to 1");
    }
  });
  if (!has_signal) problem.at(value, "signal is missing; write kubevirtMetric, named, promql or guestReport under it");
  if (!has_level) problem.at(value, "level is missing; write the figure from which on a VM is to move");
}

namespace {

void read_reserve(JsonValue value, ConsolidationSettings& settings, Problem& problem) {
  Budget reserve;  // of the same form
  read_migrations(value, reserve, problem);
  settings.reserve_percent = reserve.percent;
  settings.reserve_nodes = reserve.percent ? 0 : reserve.migrations;
}

double read_share(JsonValue value, Problem& problem) {
  const double share = value.number();
  if (share < 0 || share > 1) problem.at(value, "must be from 0 to 1");
  return share;
}

void read_drain(JsonValue value, ConsolidationSettings::PowerDown::Drain& drain, Problem& problem) {
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "pods") drain.evicts = field.text() != "Keep";
    if (key == "localData") drain.local_data = field.boolean();
    if (key == "jobs") drain.jobs = field.boolean();
    if (key == "barePods") drain.bare_pods = field.boolean();
    if (key == "deadline") drain.deadline = read_duration(field, drain.deadline, problem);
  });
}

ConsolidationSettings::PowerDown::WakeTest read_wake_test(JsonValue value, Problem& problem) {
  ConsolidationSettings::PowerDown::WakeTest test;
  WindowParts parts;
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "every") {
      test.every = read_duration(field, test.every, problem);
      if (test.every < hours{24}) problem.at(field, "must be at least 24h: each test is a boot");
    } else {
      parts.read_field(key, field, problem);
    }
  });
  if (!parts.cron) problem.at(value, "schedule is missing; write for example schedule: \"0 3 * * sat\"");
  if (!parts.duration) problem.at(value, "duration is missing; write for example duration: 4h");
  test.window = parts.window();
  return test;
}

void read_power_down(JsonValue value, ConsolidationSettings& settings, Problem& problem) {
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "enabled") settings.power_down.enabled = field.boolean();
    if (key == "wakeTest") settings.power_down.wake_test = read_wake_test(field, problem);
    if (key == "drain") read_drain(field, settings.power_down.drain, problem);
    if (key == "maxSleep") settings.power_down.max_sleep = read_duration(field, settings.power_down.max_sleep, problem);
    if (key == "after") settings.power_down.after = read_duration(field, settings.power_down.after, problem);
    if (key == "forecast") {
      const std::string_view name = field.text();
      if (name != "Weekly" && name != "None") problem.at(field, in_quotes(name) + " is no forecast; write Weekly or None");
      settings.power_down.forecast = name == "None" ? Forecasting::None : Forecasting::Weekly;
    }
    if (key == "maxResting") {
      Budget most;  // of the same form
      read_migrations(field, most, problem);
      settings.power_down.max_resting_percent = most.percent;
      if (!most.percent) settings.power_down.max_resting_nodes = most.migrations;
    }
  });
}

ConsolidationStrategy read_strategy(JsonValue value, Problem& problem) {
  using enum ConsolidationStrategy;
  const std::string_view name = value.text();
  for (const auto strategy : {Balanced, DynamicRoundRobin, Fuzzy, Placement}) {
    if (to_string(strategy) == name) return strategy;
  }
  problem.at(value, in_quotes(name) + " is no strategy; write Balanced, DynamicRoundRobin, Fuzzy or Placement");
  return Balanced;
}

}  // namespace

void read_settings(JsonValue value, ConsolidationSettings& settings, Problem& problem) {
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "strategy") {
      settings.strategy = read_strategy(field, problem);
    } else if (key == "nodes") {
      settings.nodes = field.selector();
    } else if (key == "interval") {
      settings.interval = read_duration(field, settings.interval, problem);
      if (settings.interval < seconds{1}) problem.at(field, "must be at least 1s");
    } else if (key == "maxMoves") {
      settings.max_moves = field.integer();
      if (settings.max_moves < 1) problem.at(field, "must be at least 1; to stop all moves write suspend: true");
    } else if (key == "reserve") {
      read_reserve(field, settings, problem);
    } else if (key == "retirementThreshold") {
      settings.retirement_threshold = read_duration(field, settings.retirement_threshold, problem);
    } else if (key == "overload") {
      settings.overload = read_share(field, problem);
    } else if (key == "lowLoad") {
      settings.low_load = read_share(field, problem);
    } else if (key == "moveCostJoules") {
      settings.move_cost_joules = field.number();
      if (!(settings.move_cost_joules >= 0)) problem.at(field, "must be at least 0");
    } else if (key == "powerDown") {
      read_power_down(field, settings, problem);
    }
  });
  if (settings.low_load >= settings.overload) problem.at(value, "lowLoad must be lower than overload");
}

void read_settings(JsonValue value, GeoSettings& /*settings*/, Problem& /*problem*/) {
  value.pass_over();
}
void read_settings(JsonValue value, EncryptedSettings& /*settings*/, Problem& /*problem*/) {
  value.pass_over();
}
void read_settings(JsonValue value, RandomIntervalSettings& /*settings*/, Problem& /*problem*/) {
  value.pass_over();
}

}  // namespace drover
