// Invariant 3, how many: budgets, KubeVirt's own limits and the limit of arrivals at a node, in flight included.
#include <algorithm>
#include <cmath>

#include "torture_cases/oracles/oracle.h"

namespace drover::torture {
namespace {

struct Moving {
  ObjectKey vm;
  std::string source;
  std::string target;
};

class LimitsHold : public Oracle {
 public:
  explicit LimitsHold(const Ground& ground) : Oracle("LimitsHold", ground) {}

  void decided(const sim::Simulation& sim, const sim::Replica& by, const Effect& effect) override {
    const auto* create = std::get_if<CreateMigration>(&effect.body);
    if (create == nullptr || create->dry_run || !up_to_date(sim, by)) return;
    const std::vector<Moving> moving = moving_now(sim, by);
    const auto count = [&](const auto& which) {
      return static_cast<std::int64_t>(std::count_if(moving.begin(), moving.end(), which));
    };
    const KubeVirt& kubevirt = sim.scenario().kubevirt;
    check(sim, *create, "KubeVirt's migrations in the cluster", count([](const Moving&) { return true; }),
          kubevirt.parallel_migrations_per_cluster);
    check(sim, *create, "KubeVirt's migrations from " + create->source,
          count([&](const Moving& m) { return m.source == create->source; }), kubevirt.parallel_outbound_migrations_per_node);
    check(sim, *create, "arrivals at " + create->target, count([&](const Moving& m) { return m.target == create->target; }),
          sim.options().core.max_inbound_per_node);
    const Vm* vm = sim.api().view().vm(create->vm);
    if (vm == nullptr) return;
    for (const Policy* policy : bounds_of(sim, *vm)) {
      // One that only recommends keeps others to what its author wrote, and the default budget is the API server's.
      if (policy->spec.mode == PolicyMode::Recommend && policy->spec.budgets == std::vector<Budget>{kDefaultBudget}) continue;
      const auto of_it = count([&](const Moving& m) {
        const Vm* other = sim.api().view().vm(m.vm);
        return other != nullptr && selects(sim, *policy, *other);
      });
      check(sim, *create, "the budget of " + to_string(policy->ref.key), of_it, budget_of(sim, *policy, by.now()));
    }
  }

 private:
  [[nodiscard]] std::vector<Moving> moving_now(const sim::Simulation& sim, const sim::Replica& by) const {
    std::vector<Moving> moving;
    for (const Migration* migration : in_flight(sim)) {
      // Another's that KubeVirt does not run counts against nothing.
      if (migration->labels.find(mark::kPolicyUid) == nullptr && !migration->is_running()) continue;
      moving.push_back({migration->vm(), std::string(migration->annotations.value_or(mark::kSource, "")),
                        std::string(migration->annotations.value_or(mark::kTarget, ""))});
    }
    for (const CreateMigration* create : ground_.creates_of(by)) moving.push_back({create->vm, create->source, create->target});
    return moving;
  }

  static std::int64_t budget_of(const sim::Simulation& sim, const Policy& policy, Instant now) {
    std::optional<std::int64_t> least;
    for (const Budget& budget : policy.spec.budgets) {
      if (budget.window && !is_open_at(*budget.window, now)) continue;
      std::int64_t allowed = budget.migrations;
      if (budget.percent) {
        std::int64_t selected = 0;
        for (const auto& [key, vm] : sim.api().view().vms) selected += selects(sim, policy, *vm) ? 1 : 0;
        allowed = static_cast<std::int64_t>(std::ceil(static_cast<double>(selected) * *budget.percent / 100 - 1e-9));
      }
      least = std::min(least.value_or(allowed), allowed);
    }
    return least.value_or(1);
  }

  void check(const sim::Simulation& sim, const CreateMigration& create, const std::string& what, std::int64_t now,
             std::int64_t allowed) {
    if (now < allowed) return;
    complain(sim, "the move of VM " + to_string(create.vm) + " to " + create.target + " is one too many: " + what + ": " +
                      std::to_string(now) + " under way, " + std::to_string(allowed) + " allowed");
  }
};

}  // namespace

std::unique_ptr<Oracle> limits_hold(const Ground& ground) {
  return std::make_unique<LimitsHold>(ground);
}

}  // namespace drover::torture
