#include "app/limit_costs.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace drover {
namespace {

struct Limit {
  const char* name;
  std::function<void(PolicySpec&)> lift;
};

const std::vector<Limit>& limits() {
  static const auto of_packing = [](const std::function<void(ConsolidationSettings&)>& lift) {
    return [lift](PolicySpec& spec) {
      if (auto* settings = std::get_if<ConsolidationSettings>(&spec.settings)) lift(*settings);
    };
  };
  static const std::vector<Limit> kAll = {
      {"spec.schedule", [](PolicySpec& spec) { spec.schedule.clear(); }},
      {"spec.disruption.budgets", [](PolicySpec& spec) { spec.budgets = {{.migrations = {}, .percent = 100, .window = {}}}; }},
      {"spec.perVM", [](PolicySpec& spec) { spec.per_vm = {.cooldown = Duration::zero(), .moves_per_day = 1000}; }},
      {"spec.targets", [](PolicySpec& spec) { spec.targets = {}; }},
      {"spec.consolidation.maxMoves", of_packing([](ConsolidationSettings& s) { s.max_moves = 1000; })},
      {"spec.consolidation.moveCostJoules", of_packing([](ConsolidationSettings& s) { s.move_cost_joules = 0; })},
      {"spec.consolidation.nodes", of_packing([](ConsolidationSettings& s) { s.nodes = {}; })},
      {"spec.consolidation.overload", of_packing([](ConsolidationSettings& s) { s.overload = 1; })},
      {"spec.consolidation.powerDown.after", of_packing([](ConsolidationSettings& s) { s.power_down.after = Duration::zero(); })},
      {"spec.consolidation.powerDown.maxResting", of_packing([](ConsolidationSettings& s) {
         s.power_down.max_resting_nodes.reset();
         s.power_down.max_resting_percent = 100;
       })},
      {"spec.consolidation.reserve", of_packing([](ConsolidationSettings& s) {
         s.reserve_nodes = 0;
         s.reserve_percent.reset();
       })},
  };
  return kAll;
}

}  // namespace

std::vector<LiftedLimit> lift_each_limit(const std::vector<Policy>& policies) {
  std::vector<LiftedLimit> found;
  for (const Limit& limit : limits()) {
    LiftedLimit lifted{limit.name, policies};
    bool any = false;
    for (std::size_t i = 0; i < policies.size(); ++i) {
      limit.lift(lifted.policies[i].spec);
      any = any || !(lifted.policies[i].spec == policies[i].spec);
    }
    if (any) found.push_back(std::move(lifted));
  }
  return found;
}

std::vector<LimitCost> cost_of_limits(const std::vector<Policy>& policies, const sim::Report& base,
                                      const std::function<sim::Report(const std::vector<Policy>&)>& run) {
  std::vector<LimitCost> costs;
  for (LiftedLimit& lifted : lift_each_limit(policies)) {
    const sim::Report without = run(lifted.policies);
    costs.push_back(
        {std::move(lifted.name), base.totals.joules - without.totals.joules, without.totals.unserved - base.totals.unserved});
  }
  std::stable_sort(costs.begin(), costs.end(), [](const LimitCost& a, const LimitCost& b) { return a.joules > b.joules; });
  return costs;
}

std::string json_of(const std::vector<LimitCost>& costs) {
  auto list = nlohmann::ordered_json::array();
  for (const LimitCost& cost : costs) {
    list.push_back(
        {{"limit", cost.name}, {"costKWh", cost.joules / kJoulesPerKilowattHour}, {"unservedCpuWithout", cost.unserved}});
  }
  return list.dump(-1, ' ', true);
}

std::string text_of(const std::vector<LimitCost>& costs) {
  std::string text =
      "the same run without one limit: what it would draw more (+) or less (-), and leave unserved; one seed, so small\n"
      "figures may be chance\n";
  for (const LimitCost& cost : costs) {
    char line[200];
    std::snprintf(line, sizeof line, "  without %-41s %+8.3f kWh, CPU not served %+.4f points\n", cost.name.c_str(),
                  -cost.joules / kJoulesPerKilowattHour, 100 * cost.unserved);
    text += line;
  }
  return text;
}

}  // namespace drover
