#include <algorithm>
#include <array>

#include "consolidate/strategy.h"
#include "torture_cases/case.h"

namespace drover::torture {
namespace {

constexpr std::array kStrategies = {ConsolidationStrategy::DynamicRoundRobin, ConsolidationStrategy::Fuzzy,
                                    ConsolidationStrategy::Balanced, ConsolidationStrategy::Placement};

Duration drawn(SeededRandom& random, int low_minutes, int high_minutes) {
  return minutes{low_minutes + static_cast<int>(random.below(static_cast<std::size_t>(high_minutes - low_minutes) + 1))};
}

// "M */H * * *": it opens often, so that what waits for it is over before the run is.
Window draw_window(SeededRandom& random) {
  const int every = 1 << random.below(3);
  return {.cron = std::to_string(random.below(60)) + " */" + std::to_string(every) + " * * *",
          .duration = drawn(random, 15, 60 * every - 10)};
}

std::vector<Budget> draw_budgets(SeededRandom& random) {
  std::vector<Budget> budgets(1);
  if (random.chance(0.3)) {
    budgets[0].percent = random.uniform(5, 60);
  } else {
    budgets[0].migrations = 1 + static_cast<std::int64_t>(random.below(6));
  }
  if (random.chance(0.2)) budgets.push_back({.migrations = 2, .percent = {}, .window = draw_window(random)});
  return budgets;
}

Policy draw_common(SeededRandom& random, ObjectKey key, const std::vector<sim::NodeGroup>& nodes) {
  Policy policy;
  policy.ref = {.key = key, .uid = "policy-" + key.ns + "-" + key.name};
  policy.generation = 1;
  policy.spec.mode = random.chance(0.85) ? PolicyMode::Enforce : PolicyMode::Recommend;
  policy.spec.budgets = draw_budgets(random);
  if (random.chance(0.3)) policy.spec.schedule.push_back(draw_window(random));
  policy.spec.per_vm.cooldown = drawn(random, 1, 40);
  policy.spec.per_vm.moves_per_day = 1 + static_cast<std::int64_t>(random.below(8));
  if (random.chance(0.15)) policy.spec.targets.zones = {nodes.front().zones.front()};
  return policy;
}

Policy draw_threshold(SeededRandom& random, ObjectKey key, const std::vector<sim::NodeGroup>& nodes) {
  Policy policy = draw_common(random, std::move(key), nodes);
  if (random.chance(0.4)) policy.spec.selector.requirements = {{.key = "app", .values = {random.chance(0.5) ? "web" : "db"}}};
  ThresholdSettings settings;
  const double kind = random.uniform();
  settings.signal = KubeVirtMetricSignal{.metric = kind < 0.6   ? KubeVirtMetric::CpuUtilization
                                                   : kind < 0.8 ? KubeVirtMetric::MemoryUtilization
                                                                : KubeVirtMetric::CpuDelay};
  settings.level = random.uniform(0.05, 0.8);
  settings.for_duration = drawn(random, 0, 5);
  settings.interval = seconds{30 + 30 * static_cast<int>(random.below(8))};
  settings.minimum_gain = random.uniform(0.02, 0.3);
  policy.spec.settings = settings;
  return policy;
}

Policy draw_consolidation(SeededRandom& random, ObjectKey key, const std::vector<sim::NodeGroup>& nodes) {
  Policy policy = draw_common(random, std::move(key), nodes);
  ConsolidationSettings settings;
  settings.strategy = kStrategies[random.below(kStrategies.size())];
  if (make_strategy(settings) == nullptr) settings.strategy = kStrategies[random.below(2)];
  settings.interval = drawn(random, 1, 5);  // Placement remembers 288 rounds, which must be over before all is to be still
  settings.max_moves = 1 + static_cast<std::int64_t>(random.below(12));
  settings.reserve_nodes = static_cast<std::int64_t>(random.below(4)) / 2;
  if (random.chance(0.3)) settings.reserve_percent = random.uniform(0, 40);
  settings.retirement_threshold = drawn(random, 1, 15);
  settings.overload = random.uniform(0.6, 0.95);
  settings.low_load = random.uniform(0.15, 0.5);
  settings.power_down.enabled = random.chance(0.7);
  settings.power_down.after = drawn(random, 1, 20);
  policy.spec.settings = settings;
  return policy;
}

}  // namespace

std::vector<Policy> draw_policies(SeededRandom random, const std::vector<sim::NodeGroup>& nodes) {
  std::vector<Policy> policies;
  const std::size_t consolidations = random.chance(0.9) ? (random.chance(0.1) ? 2 : 1) : 0;
  for (std::size_t i = 0; i < consolidations; ++i) {
    SeededRandom own = random.fork();
    policies.push_back(draw_consolidation(own, {"", "pack-" + std::to_string(i + 1)}, nodes));
  }
  for (const char* ns : {"blue", "green"}) {
    SeededRandom own = random.fork();
    if (own.chance(0.5)) policies.push_back(draw_threshold(own, {ns, "hot"}, nodes));
  }
  SeededRandom own = random.fork();
  if (policies.empty() || own.chance(0.2)) policies.push_back(draw_threshold(own, {"", "all-hot"}, nodes));
  return policies;
}

}  // namespace drover::torture
