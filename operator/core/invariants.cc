#include "core/invariants.h"

#include "base/planted.h"
#include "core/arbiter.h"
#include "core/feasibility.h"
#include "core/selection.h"
#include "core/window.h"

namespace drover {
namespace {

std::optional<Violation> limits_broken(const CreateMigration& effect, const Vm& vm, const ClusterView& view, const Plan& plan,
                                       const CoreOptions& options, Instant now) {
  const auto violation = [](std::string detail) { return Violation{"LimitsHold", std::move(detail)}; };
  if (planted(Bug::IgnoresKubeVirtLimits)) return std::nullopt;
  if (plan.total() >= view.limits.in_cluster) return violation("KubeVirt's limit for the cluster is reached");
  if (plan.outbound(effect.source) >= view.limits.out_of_node) {
    return violation("KubeVirt's limit for moves away from " + effect.source + " is reached");
  }
  if (plan.inbound(effect.target) >= options.max_inbound_per_node)
    return violation("the limit for arrivals at " + effect.target + " is reached");
  for (const Policy* policy : bounding_policies(view, vm)) {
    const std::string name = to_string(policy->ref.key);
    if (!schedule_at(policy->spec, view.time_zones, now).open) return violation("the schedule of " + name + " is closed");
    if (planted(Bug::IgnoresBudgets)) continue;
    const std::int64_t allowed = budget_at(
        policy->spec, view.time_zones, [&] { return selected_count(view, *policy); }, now);
    if (moves_under(view, *policy, plan) >= allowed) {
      return violation("the budget of " + name + " is spent");
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Violation> broken_by(const CreateMigration& effect, const ClusterView& view, const Plan& plan, bool leading,
                                   const CoreOptions& options, Instant now) {
  if (!leading) return Violation{"OnlyTheLeaderActs", "create of " + effect.name};
  const Vm* vm = view.vm(effect.vm);
  if (vm == nullptr || vm->uid != effect.vm_uid) return Violation{"TargetFits", to_string(effect.vm) + " is not in the view"};
  if (plan.moves(effect.vm)) return Violation{"NoVmInTwoMoves", to_string(effect.vm) + " is in a move already"};
  for (const Migration* migration : view.migrations_of(effect.vm)) {
    if (!migration->is_final() && !planted(Bug::ForgetsMovesUnderWay))
      return Violation{"NoVmInTwoMoves", to_string(effect.vm) + " has " + migration->key.name + " in flight"};
  }
  const Node* target = view.node(effect.target);
  if (target == nullptr) return Violation{"TargetFits", "node " + effect.target + " is not in the view"};
  std::vector<const Targets*> allowed;
  for (const Policy* policy : bounding_policies(view, *vm)) allowed.push_back(&policy->spec.targets);
  if (const auto why = obstacles(view, *vm, *target, plan, allowed); !why.empty()) {
    return Violation{"TargetFits", effect.target + ": " + why.front()};
  }
  return limits_broken(effect, *vm, view, plan, options, now);
}

std::optional<Violation> broken_by(const CancelMigration& effect, const ClusterView& view, bool leading) {
  if (!leading) return Violation{"OnlyTheLeaderActs", "cancel of " + to_string(effect.migration)};
  const auto found = view.migrations.find(effect.migration);
  if (found != view.migrations.end() && found->second->uid == effect.uid &&
      found->second->labels.find(mark::kPolicyUid) == nullptr) {
    return Violation{"OnlyOursIsCancelled", to_string(effect.migration) + " is not Drover's"};
  }
  return std::nullopt;
}

}  // namespace drover
