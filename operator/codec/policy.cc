#include "codec/policy.h"

#include <array>
#include <utility>

#include "codec/json_value.h"
#include "codec/policy_settings.h"
#include "codec/window_parts.h"

namespace drover {
namespace {

Window read_window(JsonValue item, Problem& problem) {
  WindowParts parts;
  item.each_field([&](std::string_view key, JsonValue value) { parts.read_field(key, value, problem); });
  if (!parts.cron) problem.at(item, "cron is missing; write for example cron: \"0 22 * * *\"");
  if (!parts.duration) problem.at(item, "duration is missing; write for example duration: 6h");
  return parts.window();
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
  void name_type(PolicySpec& spec, bool cluster_wide, Problem& problem) const {
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

// A selector that can't be read selects all that it could: whom the policy protects is unknown.
Selector read_selector(JsonValue value, Problem& limits) {
  Selector selector = value.selector();
  if (!value.context().failed()) return selector;
  limits.forgive(value.context());
  return {};
}

// What bounds whoever moves the VMs. Whether it was such a field.
bool read_limit(std::string_view key, JsonValue value, PolicySpec& spec, Problem& problem) {
  if (key == "mode") {
    const std::string_view mode = value.text();
    spec.mode = mode == "Enforce" ? PolicyMode::Enforce : PolicyMode::Recommend;
    if (mode != "Enforce" && mode != "Recommend") problem.at(value, in_quotes(mode) + " is no mode; write Recommend or Enforce");
  } else if (key == "suspend") {
    spec.suspend = value.boolean();
  } else if (key == "selector") {
    spec.selector = read_selector(value, problem);
  } else if (key == "namespaceSelector") {
    spec.namespaces = read_selector(value, problem);
  } else if (key == "namespaces") {
    spec.namespace_names = value.strings();
    if (value.context().failed()) spec.namespace_names.clear();
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
    return false;
  }
  problem.forgive(value.context());
  return true;
}

}  // namespace

Policy read_policy(JsonValue object) {
  Policy policy;
  Problem problem(policy.problem);
  Problem limits(policy.limits_problem);
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
      value.each_field([&](std::string_view name, JsonValue field) {
        if (read_limit(name, field, policy.spec, limits)) return;
        if (name == "type") settings.read_type(field, problem);
        settings.read_member(name, field, problem);
        problem.forgive(field.context());
      });
      limits.forgive(value.context());
    } else if (key == "status") {
      // Without it the moves that it tells of are not known, and so not when the next may be.
      policy.status = read_policy_status(value);
      limits.forgive(value.context());
    }
  });
  if (!has_spec) limits.at("spec", "is missing");
  settings.name_type(policy.spec, policy.ref.cluster_wide(), problem);
  if (policy.spec.budgets.empty()) policy.spec.budgets.push_back(kDefaultBudget);
  if (policy.problem.empty()) policy.problem = policy.limits_problem;
  return policy;
}

Result<Policy> decode_policy_strictly(std::string_view json) {
  return decode_one<Policy>("policy", json, read_policy, Strictness::Strict);
}

Result<Policy> decode_policy(std::string_view json) {
  return decode_one<Policy>("migrationpolicies.policy.drover.dev", json, read_policy);
}

}  // namespace drover
