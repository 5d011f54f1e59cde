#include <algorithm>
#include <chrono>

#include "base/alongside.h"
#include "base/hash.h"
#include "base/planted.h"
#include "core/feasibility.h"
#include "core/invariants.h"
#include "core/ledger.h"
#include "core/selection.h"
#include "core/step_run.h"

namespace drover {

void StepRun::decide() {
  Plan plan(view_);
  for (const auto& [vm, create] : s_.creates) plan.add(create.move);

  see_lives(view_, now_, s_.lives);
  hold_rounds(plan);
  live_on(plan);
  std::vector<Proposal> proposals;
  for (auto& [ref, memory] : s_.policies) {
    const Policy& policy = *view_.policy(ref);
    if (consolidation_of(policy) != nullptr) {
      propose_wanted(policy, memory, plan, proposals);
    } else {
      survey(policy, memory, plan, proposals);
    }
  }
  if (proposals.empty() || !use_is_fresh()) return;

  std::stable_sort(proposals.begin(), proposals.end(), judged_before);
  Arbiter arbiter(view_, s_.roster, s_.use, s_.options, ledger(), s_.refusals, plan, now_);
  for (const Proposal& proposal : proposals) {
    Decision decision = arbiter.judge(proposal);
    if (decision.move) carry_out(decision, *proposal.vm, plan);
    record(std::move(decision));
  }
}

namespace {

// Why a VM that the policy selects is not proposed for a move: it cannot be moved, its breach is young, or its figure is unknown.
Decision held_back(const Policy& policy, const Vm& vm, const Breach& breach, const Immovable* immovable, const Plan& plan,
                   Instant now) {
  Decision decision{.vm = vm.key,
                    .policy = policy.ref,
                    .mode = policy.spec.mode,
                    .value = breach.value,
                    .breached_since = breach.breached_since,
                    .source = vm.node};
  const ThresholdSettings& settings = *threshold_of(policy);
  if (immovable != nullptr) {
    decision.reason = immovable->reason;
    decision.message = immovable->message;
    if (const PlannedMove* move = plan.find(vm.key)) decision.target = move->target;
  } else if (breach.breached_since) {
    decision.reason = Reason::BreachTooShort;
    decision.not_before = *breach.breached_since + settings.for_duration;
    decision.message = breach_text(settings, breach, now) + "; it counts after " + to_string(settings.for_duration);
  } else {
    decision.reason = Reason::NoData;
    decision.message = signal_text(settings.signal) + " has no data for it, which is unknown and not zero";
  }
  return decision;
}

}  // namespace

void StepRun::survey(const Policy& policy, PolicyMemory& memory, const Plan& plan, std::vector<Proposal>& proposals) {
  std::map<ObjectKey, Decision> before = std::move(memory.decisions);
  memory.decisions.clear();
  if (!memory.active || memory.signal_error) return memory.recommended.clear();
  const ThresholdSettings& settings = *threshold_of(policy);
  SelectsInOrder selected(view_, policy);
  memory.selected = 0;
  Alongside breaches(memory.breaches);
  const std::vector<Roster::Entry>& all = s_.roster.entries();
  for (auto at = policy.ref.cluster_wide() ? all.begin() : s_.roster.from({policy.ref.key.ns, ""}); at != all.end(); ++at) {
    const ObjectKey& key = at->key;
    const Vm* vm = at->vm.get();
    if (!policy.ref.cluster_wide() && key.ns != policy.ref.key.ns) break;
    if (!selected(key, at->is_final, *vm)) continue;
    ++*memory.selected;
    const Breach* known = breaches.find(key);
    const Breach breach = known != nullptr ? *known : Breach{};
    const bool due = is_due(settings, breach, now_);
    if (!due && !memory.recommended.empty()) memory.recommended.erase(key);
    const std::optional<Immovable> immovable = why_immovable_now(view_, *at, plan);
    const bool says_so = immovable && (due || immovable->reason != Reason::NotRunning);
    const bool lacks_data = !breach.value && memory.sampling == 0;
    if (!says_so && !due && !breach.breached_since && !lacks_data) continue;
    if (due && !says_so) {
      proposals.push_back({.policy = &policy, .vm = vm, .breach = breach, .severity = severity(settings, *breach.value)});
      if (auto old = before.extract(key)) memory.decisions.insert(std::move(old));  // holds until it is judged anew
      continue;
    }
    Decision decision = held_back(policy, *vm, breach, says_so ? &*immovable : nullptr, plan, now_);
    const auto old = before.find(vm->key);
    if (old == before.end() || old->second.reason != decision.reason) result_.decisions.push_back(decision);
    memory.decisions.insert_or_assign(vm->key, std::move(decision));
  }
}

const Ledger& StepRun::ledger() {
  if (!ledger_) {
    std::vector<const MoveRecord*> remembered;
    for (const auto& [ref, memory] : s_.policies) {
      for (const MoveRecord& record : *memory.moves) remembered.push_back(&record);
    }
    std::vector<const Vm*> moved;
    for (const Roster::Entry& entry : s_.roster.entries()) {
      if (entry.moved) moved.push_back(entry.vm.get());
    }
    ledger_.emplace(view_, remembered, moved, now_);
  }
  return *ledger_;
}

bool StepRun::use_is_fresh() {
  if (s_.use.sampled != Instant{} && now_ - s_.use.sampled <= s_.options.use_max_age) return true;
  if (s_.use_sampling == 0) s_.use_sampling = emit(SampleUse{});
  return false;
}

void StepRun::carry_out(Decision& decision, const Vm& vm, Plan& plan) {
  PolicyMemory& memory = s_.policies.at(decision.policy);
  const bool enforce = decision.mode == PolicyMode::Enforce;
  if (!enforce && memory.recommended.contains(vm.key) && memory.recommended.at(vm.key) == decision.target) return;
  CreateMigration effect = creation(decision, vm);
  effect.dry_run = !enforce;
  if (enforce) {
    if (auto violation = broken_by(effect, view_, plan, s_.leading, s_.options, now_)) {
      decision.move = false;
      decision.reason = Reason::InvariantViolated;
      decision.message = "stopped by an invariant, which is a bug of Drover: " + violation->invariant + ": " + violation->detail;
      result_.violations.push_back(std::move(*violation));
      return;
    }
    const PlannedMove move{
        .vm = vm.key, .source = decision.source, .target = decision.target, .ours = true, .policy = decision.policy};
    plan.add(move);
    PendingCreate pending{.name = effect.name, .move = move};
    pending.id = emit(std::move(effect));
    s_.creates.insert_or_assign(vm.key, std::move(pending));
  } else {
    memory.recommended[vm.key] = decision.target;
    s_.dry_runs[emit(std::move(effect))] = {decision.policy, vm.key};
  }
}

CreateMigration StepRun::creation(const Decision& decision, const Vm& vm) const {
  // The newest migration of the VM is part of the name: the same move asked for twice has one name, the next move another.
  const auto migrations = view_.migrations_of(vm.key);
  const std::string newest = migrations.empty() ? "none" : migrations.front()->uid;
  const std::string timeout = std::to_string(std::chrono::ceil<seconds>(s_.options.pending_timeout).count());
  CreateMigration effect{.policy = decision.policy,
                         .name = "drover-" + hash_text(stable_hash(vm.uid + "/" + newest)),
                         .vm = vm.key,
                         .vm_uid = vm.uid,
                         .source = decision.source,
                         .target = decision.target};
  effect.labels.set(std::string(mark::kPolicyUid), decision.policy.uid);
  effect.annotations.set(std::string(mark::kPolicy), to_string(decision.policy.key));
  effect.annotations.set(std::string(mark::kSource), decision.source);
  effect.annotations.set(std::string(mark::kTarget), decision.target);
  effect.annotations.set(std::string(mark::kReason), decision.message);
  effect.annotations.set("kubevirt.io/migrationUnschedulablePodTimeoutSeconds", timeout);
  effect.annotations.set("kubevirt.io/migrationPendingPodTimeoutSeconds", timeout);
  const Node* target = view_.node(decision.target);
  const auto hostname =
      target != nullptr ? target->labels.value_or(label::kHostname, target->name) : std::string_view(decision.target);
  effect.added_node_selector.set(std::string(label::kHostname), std::string(hostname));
  return effect;
}

void StepRun::record(Decision decision) {
  if (planted(Bug::DecidesByChance)) decision.message += std::to_string(planted_chance());
  auto& decisions = s_.policies.at(decision.policy).decisions;
  const auto old = decisions.find(decision.vm);
  if (old == decisions.end() || old->second.reason != decision.reason || old->second.target != decision.target) {
    result_.decisions.push_back(decision);
  }
  decisions.insert_or_assign(decision.vm, std::move(decision));
}

}  // namespace drover
