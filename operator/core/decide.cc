#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "base/hash.h"
#include "core/arbiter.h"
#include "core/invariants.h"
#include "core/state.h"
#include "core/step_run.h"

namespace drover {

void StepRun::decide() {
  see_lives(view_, now_, s_.lives);
  prepare();
  lead_nodes();
  const std::vector<Proposal> all = proposals();
  if (all.empty() || !look_.use_is_fresh()) return;

  const auto forbids = [this](const Policy& policy, const Proposal& proposal, const Node* target) {
    return forbidden_by(policy, proposal, target);
  };
  Arbiter arbiter(view_, look_.roster(), *s_.use, s_.options, look_.ledger(), s_.refusals, forbids, look_.plan(), now_);
  for (const Proposal& proposal : all) {
    Decision decision = arbiter.judge(proposal);
    if (decision.move) carry_out(decision, *proposal.vm);
    record(std::move(decision));
  }
}

void StepRun::prepare() {
  for (auto& [ref, memory] : s_.policies) {
    if (memory.active) {
      memory.rule->prepare(*view_.policy(ref), look_);
    } else if (memory.rule) {
      memory.rule->rest();
    }
  }
}

std::vector<Proposal> StepRun::proposals() {
  std::vector<Proposal> all;
  for (auto& entry : s_.policies) {
    PolicyMemory& memory = entry.second;
    std::map<ObjectKey, Decision> before = std::exchange(memory.decisions, {});
    Findings found;
    if (memory.active) memory.rule->propose(*view_.policy(entry.first), look_, found);
    memory.selected = found.selected;
    std::erase_if(memory.recommended, [&](const auto& told) { return !memory.active || !memory.rule->wants(told.first, look_); });
    for (Decision& decision : found.waiting) {
      const auto old = before.find(decision.vm);
      if (old == before.end() || old->second.reason != decision.reason) result_.decisions.push_back(decision);
      memory.decisions.insert_or_assign(decision.vm, std::move(decision));
    }
    const std::map<ObjectKey, Instant> since = std::exchange(memory.proposed_since, {});
    for (Proposal& proposal : found.proposals) {
      const auto waiting = since.find(proposal.vm->key);
      const Instant began = waiting != since.end() ? waiting->second : now_;
      memory.proposed_since[proposal.vm->key] = began;
      proposal.waited = now_ - began;
      if (auto old = before.extract(proposal.vm->key)) memory.decisions.insert(std::move(old));  // holds until it is judged anew
      all.push_back(std::move(proposal));
    }
  }
  std::stable_sort(all.begin(), all.end(), judged_before);
  return all;
}

std::string StepRun::forbidden_by(const Policy& policy, const Proposal& proposal, const Node* target) const {
  const auto at = s_.policies.find(policy.ref);
  return at != s_.policies.end() && at->second.active ? at->second.rule->forbids(policy, proposal, target, look_) : "";
}

void StepRun::carry_out(Decision& decision, const Vm& vm) {
  PolicyMemory& memory = s_.policies.at(decision.policy);
  const bool enforce = decision.mode == PolicyMode::Enforce;
  if (!enforce && memory.recommended.contains(vm.key) && memory.recommended.at(vm.key) == decision.target) return;
  if (const auto refused = memory.refused_asking.find(vm.key);
      !enforce && refused != memory.refused_asking.end() && refused->second.until > now_) {
    decision.move = false;
    decision.reason = Reason::Refused;
    decision.message = refused->second.message;
    decision.not_before = refused->second.until;
    return;
  }
  CreateMigration effect = creation(decision, vm);
  effect.dry_run = !enforce;
  if (auto violation = broken_by(effect, view_, look_.plan(), look_.ledger(), s_.leading, s_.options, now_)) {
    decision.move = false;
    decision.reason = Reason::InvariantViolated;
    decision.message = "stopped by an invariant, which is a bug of Drover: " + std::string(to_string(violation->invariant)) + ": " +
                       violation->detail;
    result_.violations.push_back(std::move(*violation));
    return;
  }
  if (enforce) {
    const PlannedMove move{
        .vm = vm.key, .source = decision.source, .target = decision.target, .ours = true, .policy = decision.policy};
    look_.plan_in_making().add(move);
    PendingCreate pending{.name = effect.name, .vm_uid = effect.vm_uid, .move = move};
    memory.proposed_since.erase(vm.key);
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
  const Node* target = view_.node(decision.target);
  return {.policy = decision.policy,
          .name = "drover-" + hash_text(stable_hash(vm.uid + "/" + newest)),
          .vm = vm.key,
          .vm_uid = vm.uid,
          .source = decision.source,
          .target = decision.target,
          .target_host = target != nullptr ? target->hostname() : decision.target,
          .reason = decision.message,
          .unschedulable_timeout = s_.options.unschedulable_timeout,
          .pending_timeout = s_.options.pending_timeout};
}

void StepRun::record(Decision decision) {
  auto& decisions = s_.policies.at(decision.policy).decisions;
  const auto old = decisions.find(decision.vm);
  if (old == decisions.end() || old->second.reason != decision.reason || old->second.target != decision.target) {
    result_.decisions.push_back(decision);
  }
  decisions.insert_or_assign(decision.vm, std::move(decision));
}

}  // namespace drover
