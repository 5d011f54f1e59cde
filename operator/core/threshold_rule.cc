#include "core/threshold_rule.h"

#include <algorithm>
#include <utility>

#include "base/alongside.h"
#include "core/feasibility.h"
#include "core/look.h"
#include "core/selection.h"

namespace drover {

namespace {

// With the unit that the administrator gives a named signal.
ThresholdSettings in_its_unit(ThresholdSettings settings, const SignalOffer& offer) {
  auto* named = std::get_if<NamedSignal>(&settings.signal);
  const auto at = named == nullptr ? offer.named.end() : offer.named.find(named->name);
  if (at != offer.named.end()) named->unit = at->second.unit;
  return settings;
}

}  // namespace

ThresholdRule::ThresholdRule(const ThresholdSettings& settings, const Policy& policy, const SignalOffer& offer,
                             FirstSight first_sight)
    : settings_(in_its_unit(settings, offer)),
      bar_(drover::why_barred(offer, policy.ref, settings.signal)),
      asked_(asked_signal(offer, policy.ref, settings.signal)),
      first_sight_(first_sight) {
  if (policy.status.observed_generation != policy.generation) return;
  for (const VmVerdict& verdict : policy.status.verdicts) {
    if (verdict.breached_since) remembered_[vm_key(policy.ref, verdict.vm)] = *verdict.breached_since;
  }
}

void ThresholdRule::ask(const Policy& policy, Look& look) {
  if (sampling_ != 0 || !selects_any(look.view(), policy)) return;
  if (next_sample_ > look.time()) return look.wake(next_sample_);
  sampling_ = look.ask(*question(policy));
}

bool ThresholdRule::hear(const Policy& policy, const SignalSampled& answer, Look& look) {
  if (answer.id != sampling_) return false;
  const bool first = !std::exchange(sampled_, true);
  sampling_ = 0;
  next_sample_ = look.time() + settings_.interval;
  if (answer.table) {
    error_.reset();
    if (first) {
      // A clock that is behind the one that the status was written by would wait for it.
      for (const auto& [vm, since] : remembered_) breaches_[vm] = {std::nullopt, std::min(since, look.time()), false};
    }
    advance_breaches(policy, *answer.table, look);
    if (first && first_sight_ == FirstSight::HasLasted) assume_that_they_last();
  } else {
    error_ = answer.table.error();  // unknown: every breach ends
    breaches_.clear();
  }
  remembered_.clear();
  return true;
}

void ThresholdRule::assume_that_they_last() {
  for (auto& [vm, breach] : breaches_) {
    if (breach.breached_since && !remembered_.contains(vm)) breach = {breach.value, std::nullopt, true};
  }
}

// The roster, the table and the breaches are in the same order, and gone through side by side.
void ThresholdRule::advance_breaches(const Policy& policy, const SignalTable& table, Look& look) {
  const bool everywhere = policy.ref.cluster_wide();
  const ObjectKey first{policy.ref.key.ns, ""};
  SelectsInOrder selected(look.view(), policy);
  const Roster& roster = look.roster();
  auto vm = everywhere ? roster.entries().begin() : roster.from(first);
  auto breach = breaches_.begin();
  for (auto at = everywhere ? table.values.begin() : table.values.lower_bound(first); at != table.values.end(); ++at) {
    const auto& [key, value] = *at;
    if (!everywhere && key.ns != first.ns) break;
    while (vm != roster.entries().end() && vm->key < key) ++vm;
    if (vm == roster.entries().end()) break;
    if (vm->key != key || !selected(key, vm->is_final, *vm->vm)) continue;
    while (breach != breaches_.end() && breach->first < key) breach = breaches_.erase(breach);
    if (breach == breaches_.end() || breach->first != key) breach = breaches_.emplace_hint(breach, key, Breach{});
    breach->second = advance(settings_, breach->second, value, look.time());
    ++breach;
  }
  breaches_.erase(breach, breaches_.end());
}

// Why a VM that the policy selects is not proposed for a move: it cannot be moved, its breach is young, or its figure is unknown.
Decision ThresholdRule::held_back(const Policy& policy, const Vm& vm, const Breach& breach, const Immovable* immovable,
                                  Look& look) const {
  Decision decision{.vm = vm.key,
                    .policy = policy.ref,
                    .mode = policy.spec.mode,
                    .value = breach.value,
                    .breached_since = breach.breached_since,
                    .source = vm.node};
  if (immovable != nullptr) {
    decision.reason = immovable->reason;
    decision.message = immovable->message;
    if (const PlannedMove* move = look.plan().find(vm.key)) decision.target = move->target;
  } else if (breach.breached_since) {
    decision.reason = Reason::BreachTooShort;
    decision.not_before = *breach.breached_since + settings_.for_duration;
    decision.message = breach_text(settings_, breach, look.time()) + "; it counts after " + to_string(settings_.for_duration);
  } else {
    decision.reason = Reason::NoData;
    decision.message = signal_text(settings_.signal) + " has no data for it, which is unknown and not zero";
  }
  return decision;
}

void ThresholdRule::propose(const Policy& policy, Look& look, Findings& found) {
  if (error_) return;
  SelectsInOrder selected(look.view(), policy);
  found.selected = 0;
  Alongside breaches(breaches_);
  const Roster& roster = look.roster();
  const std::vector<Roster::Entry>& all = roster.entries();
  for (auto at = policy.ref.cluster_wide() ? all.begin() : roster.from({policy.ref.key.ns, ""}); at != all.end(); ++at) {
    const ObjectKey& key = at->key;
    const Vm* vm = at->vm.get();
    if (!policy.ref.cluster_wide() && key.ns != policy.ref.key.ns) break;
    if (!selected(key, at->is_final, *vm)) continue;
    ++*found.selected;
    const Breach* known = breaches.find(key);
    const Breach breach = known != nullptr ? *known : Breach{};
    const bool due = is_due(settings_, breach, look.time());
    const std::optional<Immovable> immovable = why_immovable_now(look.view(), *at, look.plan());
    const bool says_so = immovable && (due || immovable->reason != Reason::NotRunning);
    const bool lacks_data = !breach.value && sampling_ == 0;
    if (due && !says_so) {
      found.proposals.push_back(
          {.policy = &policy,
           .vm = vm,
           .destination = BestNode{settings_.minimum_gain},
           .why = {Reason::ThresholdCrossed, breach_text(settings_, breach, look.time()), breach.has_lasted ? assumption() : ""},
           .value = breach.value,
           .breached_since = breach.breached_since,
           .severity = severity(settings_, *breach.value)});
    } else if (says_so || breach.breached_since || lacks_data) {
      found.waiting.push_back(held_back(policy, *vm, breach, says_so ? &*immovable : nullptr, look));
    }
  }
}

std::string ThresholdRule::assumption() const {
  if (settings_.for_duration <= Duration::zero()) return "";
  return "since when it is breached is unknown; taken to be longer than " + to_string(settings_.for_duration);
}

// What is packed onto other nodes for their sake would be spread again by the owner's policy, time after time.
void ThresholdRule::keep_on(const Policy& policy, const Look& look, std::map<std::string, std::string>& nodes) const {
  for (const auto& [key, breach] : breaches_) {
    const Vm* vm = look.view().vm(key);
    if (vm == nullptr || !is_due(settings_, breach, look.time())) continue;
    nodes.try_emplace(vm->node, "policy " + to_string(policy.ref.key) + " wants VM " + to_string(key) +
                                    " on it moved to where there is more room");
  }
}

void ThresholdRule::put_back(Duration by) {
  if (next_sample_ != Instant{}) next_sample_ -= by;
  for (auto& [vm, breach] : breaches_) {
    if (breach.breached_since) *breach.breached_since -= by;
  }
}

std::optional<SampleSignal> ThresholdRule::question(const Policy& policy) const {
  if (bar_) return std::nullopt;
  return SampleSignal{.policy = policy.ref, .signal = asked_};
}

bool ThresholdRule::wants(const ObjectKey& vm, const Look& look) const {
  const auto breach = breaches_.find(vm);
  return breach != breaches_.end() && is_due(settings_, breach->second, look.time());
}

std::optional<std::string> ThresholdRule::first_answer(const Policy& policy, const ClusterView& view) const {
  if (!sampled_ && selects_any(view, policy)) return std::nullopt;
  return "";
}

RuleReport ThresholdRule::report(const Policy& /*policy*/, const ClusterView& /*view*/) const {
  const auto breaching = std::count_if(breaches_.begin(), breaches_.end(), [](const auto& entry) {
    return entry.second.breached_since.has_value() || entry.second.has_lasted;
  });
  return {.problem = error_,
          .waits = sampling_ != 0 && breaches_.empty() && !error_,
          .breaching = breaching,
          .wants = settings_text(settings_),
          .round = std::nullopt};
}

Decision ThresholdRule::why_quiet(const ObjectKey& vm) const {
  const auto breach = breaches_.find(vm);
  if (breach != breaches_.end()) return {.reason = Reason::NotBreached, .message = "not breached", .value = breach->second.value};
  if (error_) return {.reason = Reason::NoData, .message = "the signal could not be read"};
  if (sampled_) return {.reason = Reason::NoData, .message = "the signal has no data for it, which is unknown and not zero"};
  return {.reason = Reason::NotSampled, .message = "the policy does not act, so its signal was not read"};
}

}  // namespace drover
