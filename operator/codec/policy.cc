#include "codec/policy.h"

#include <array>
#include <charconv>
#include <utility>

#include "codec/json_value.h"

namespace drover {
namespace {

// Keeps the first thing that can't be acted upon.
class Problem {
 public:
  explicit Problem(std::string& text) : text_(&text) {}
  void at(const JsonValue& value, std::string_view what) { at(value.context().path().substr(1), what); }
  void at(std::string_view path, std::string_view what) {
    if (text_->empty()) *text_ = std::string(path) + ": " + std::string(what);
  }

 private:
  std::string* text_;
};

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text.substr(0, 100)) + "\"";
}

Duration read_duration(JsonValue value, Duration fallback, Problem& problem) {
  const std::string_view text = value.text();
  if (const auto duration = parse_duration(text)) return *duration;
  problem.at(value, in_quotes(text) + " is not a duration; write it like 90s, 5m or 1h30m");
  return fallback;
}

// A window, or the part of a budget that says when it holds.
struct WindowParts {
  std::optional<std::string> cron;
  std::optional<Duration> duration;
  std::string time_zone = "UTC";

  bool read_field(std::string_view key, JsonValue value, Problem& problem) {
    if (key == "cron" || key == "schedule") {
      cron = value.string();
    } else if (key == "duration") {
      duration = read_duration(value, Duration::zero(), problem);
      if (*duration <= Duration::zero()) problem.at(value, "a window of no length never opens; write for example 6h");
    } else if (key == "timeZone") {
      time_zone = value.string();
    } else {
      return false;
    }
    return true;
  }
  [[nodiscard]] Window window() const { return {cron.value_or(""), duration.value_or(Duration::zero()), time_zone}; }
};

Window read_window(JsonValue item, Problem& problem) {
  WindowParts parts;
  item.each_field([&](std::string_view key, JsonValue value) { parts.read_field(key, value, problem); });
  if (!parts.cron) problem.at(item, "cron is missing; write for example cron: \"0 22 * * *\"");
  if (!parts.duration) problem.at(item, "duration is missing; write for example duration: 6h");
  return parts.window();
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

Budget read_budget(JsonValue item, Problem& problem) {
  Budget budget;
  WindowParts parts;
  bool counted = false;
  item.each_field([&](std::string_view key, JsonValue value) {
    if (key == "migrations") {
      read_migrations(value, budget, problem);
      counted = true;
    } else {
      parts.read_field(key, value, problem);
    }
  });
  if (!counted) problem.at(item, "migrations is missing; write for example migrations: 1");
  if (parts.cron.has_value() != parts.duration.has_value()) {
    problem.at(item, "schedule and duration come together; write both or neither");
  }
  if (parts.cron) budget.window = parts.window();
  return budget;
}

void read_per_vm(JsonValue value, PerVm& per_vm, Problem& problem) {
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "cooldown") per_vm.cooldown = read_duration(field, per_vm.cooldown, problem);
    if (key == "movesPerDay") {
      per_vm.moves_per_day = field.integer();
      if (per_vm.moves_per_day < 1) problem.at(field, "must be at least 1; to stop all moves write suspend: true");
    }
  });
}

void read_targets(JsonValue value, Targets& targets) {
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "nodeSelector") targets.node_selector = field.labels();
    if (key == "zones") targets.zones = field.strings();
  });
}

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

Signal read_signal(JsonValue value, Problem& problem) {
  Signal signal;
  int members = 0;
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "promql") {
      signal = read_promql(field, problem);
    } else if (key == "kubevirtMetric") {
      signal = read_kubevirt_metric(field, problem);
    } else if (key == "guestReport") {
      GuestReportSignal report;
      field.each_field([&](std::string_view name, JsonValue text) {
        if (name == "name") report.name = text.string();
      });
      if (report.name.empty()) problem.at(field, "name is missing");
      signal = report;
    } else {
      return;
    }
    ++members;
  });
  if (members != 1) problem.at(value, "write exactly one of promql, kubevirtMetric and guestReport");
  return signal;
}

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
  if (!has_signal) problem.at(value, "signal is missing; write promql, kubevirtMetric or guestReport under it");
  if (!has_level) problem.at(value, "level is missing; write the figure from which on a VM is to move");
}

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

void read_power_down(JsonValue value, ConsolidationSettings& settings, Problem& problem) {
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "enabled") settings.power_down.enabled = field.boolean();
    if (key == "after") settings.power_down.after = read_duration(field, settings.power_down.after, problem);
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
    } else if (key == "powerDown") {
      read_power_down(field, settings, problem);
    }
  });
  if (settings.low_load >= settings.overload) problem.at(value, "lowLoad must be lower than overload");
}

void read_settings(JsonValue /*value*/, GeoSettings& /*settings*/, Problem& /*problem*/) {}
void read_settings(JsonValue /*value*/, EncryptedSettings& /*settings*/, Problem& /*problem*/) {}
void read_settings(JsonValue /*value*/, RandomIntervalSettings& /*settings*/, Problem& /*problem*/) {}

// Settings of each type, as none was written: a type that is in the variant is read, or does not compile.
const auto& blank_settings() {
  static const auto blank = []<std::size_t... kAt>(std::index_sequence<kAt...>) {
    return std::array{PolicySettings(std::in_place_index<kAt>)...};
  }
  (std::make_index_sequence<std::variant_size_v<PolicySettings>>());
  return blank;
}

// The member of the spec that holds the settings of a type: "RandomInterval" is in randomInterval.
std::string member_of(const PolicySettings& settings) {
  std::string name(type_of(settings));
  name.front() = static_cast<char>(name.front() - 'A' + 'a');
  return name;
}

// "Threshold, Geo or Consolidation"
std::string all_types() {
  std::string text;
  for (const PolicySettings& of_type : blank_settings()) {
    const bool is_last = &of_type == &blank_settings().back();
    text += (text.empty() ? "" : is_last ? " or " : ", ") + std::string(type_of(of_type));
  }
  return text;
}

// The discriminated union: `type` and the one member that must be there with it.
struct Union {
  std::optional<PolicySettings> type;  // blank
  std::vector<std::string> members;
  PolicySettings read;  // of the last member

  void read_type(JsonValue value, Problem& problem) {
    const std::string_view text = value.text();
    for (const PolicySettings& of_type : blank_settings()) {
      if (type_of(of_type) == text) type = of_type;
    }
    if (!type) problem.at(value, in_quotes(text) + " is no type; write " + all_types());
  }
  void read_member(std::string_view key, JsonValue value, Problem& problem) {
    for (const PolicySettings& of_type : blank_settings()) {
      if (member_of(of_type) != key) continue;
      members.emplace_back(key);
      read = of_type;
      std::visit([&](auto& settings) { read_settings(value, settings, problem); }, read);
    }
  }
  void settle(PolicySpec& spec, bool cluster_wide, Problem& problem) const {
    if (!type) return problem.at("spec.type", "is missing; write " + all_types());
    spec.settings = *type;
    const std::string wanted = member_of(*type);
    if (members != std::vector<std::string>{wanted}) {
      return problem.at("spec", "type " + std::string(type_of(*type)) + " goes with the member " + wanted + " and no other");
    }
    if (std::holds_alternative<ConsolidationSettings>(*type) && !cluster_wide) {
      return problem.at("spec.type", "Consolidation is for ClusterMigrationPolicy only");
    }
    spec.settings = read;
  }
};

void read_spec_field(std::string_view key, JsonValue value, PolicySpec& spec, Union& settings, Problem& problem) {
  if (key == "type") {
    settings.read_type(value, problem);
  } else if (key == "mode") {
    const std::string_view mode = value.text();
    spec.mode = mode == "Enforce" ? PolicyMode::Enforce : PolicyMode::Recommend;
    if (mode != "Enforce" && mode != "Recommend") problem.at(value, in_quotes(mode) + " is no mode; write Recommend or Enforce");
  } else if (key == "suspend") {
    spec.suspend = value.boolean();
  } else if (key == "selector") {
    spec.selector = value.selector();
  } else if (key == "namespaceSelector") {
    spec.namespaces = value.selector();
  } else if (key == "namespaces") {
    spec.namespace_names = value.strings();
  } else if (key == "schedule") {
    value.each_item([&](JsonValue item) { spec.schedule.push_back(read_window(item, problem)); });
  } else if (key == "disruption") {
    value.each_field([&](std::string_view name, JsonValue list) {
      if (name == "budgets") list.each_item([&](JsonValue item) { spec.budgets.push_back(read_budget(item, problem)); });
    });
  } else if (key == "perVM") {
    read_per_vm(value, spec.per_vm, problem);
  } else if (key == "targets") {
    read_targets(value, spec.targets);
  } else {
    settings.read_member(key, value, problem);
  }
}

}  // namespace

Policy read_policy(JsonValue object) {
  Policy policy;
  Problem problem(policy.problem);
  Union settings;
  bool has_spec = false;
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key == "metadata") {
      Metadata meta = read_metadata(value, Keep::None, no_annotations);
      policy.ref = {std::move(meta.key), std::move(meta.uid)};
      policy.generation = meta.generation;
      policy.created = meta.created.value_or(Instant{});
    } else if (key == "spec") {
      has_spec = true;
      value.each_field(
          [&](std::string_view name, JsonValue field) { read_spec_field(name, field, policy.spec, settings, problem); });
    } else if (key == "status") {
      policy.status = read_policy_status(value);
    }
  });
  if (!has_spec) problem.at("spec", "is missing");
  settings.settle(policy.spec, policy.ref.cluster_wide(), problem);
  if (policy.spec.budgets.empty()) policy.spec.budgets.push_back({.migrations = 1, .percent = {}, .window = {}});
  return policy;
}

Result<Policy> decode_policy(std::string_view json) {
  return decode_one<Policy>("migrationpolicies.policy.drover.dev", json, read_policy);
}

}  // namespace drover
