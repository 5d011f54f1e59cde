#include "core/look.h"

#include <utility>
#include <vector>

#include "core/selection.h"
#include "core/state.h"

namespace drover {

const CoreOptions& Look::options() const {
  return s_.options;
}

const std::map<ObjectKey, Refusal>& Look::refusals() const {
  return s_.refusals;
}

WeeklyDemand& Look::demand() {
  return s_.demand;
}
const SeenLives& Look::lives() const {
  return s_.lives;
}

const Drains& Look::drains() const {
  return s_.drains;
}
const PowerTable& Look::power() const {
  return s_.power;
}

const std::shared_ptr<const UseTable>& Look::use() const {
  return s_.use;
}

const Roster& Look::roster() {
  if (!std::exchange(roster_is_new_, true)) s_.roster.update(view_);
  return s_.roster;
}

// The roster's entries lie side by side, so this is faster than asking the view, whose objects lie anywhere.
std::int64_t Look::selected_by(const Policy& policy) {
  const auto [at, fresh] = selected_.try_emplace(policy.ref, 0);
  if (!fresh) return at->second;
  SelectsInOrder selected(view_, policy);
  const auto& entries = roster().entries();
  const bool cluster_wide = policy.ref.cluster_wide();
  auto entry = cluster_wide ? entries.begin() : roster().from({policy.ref.key.ns, ""});
  for (; entry != entries.end() && (cluster_wide || entry->key.ns == policy.ref.key.ns); ++entry) {
    at->second += selected(entry->key, entry->is_final, *entry->vm) ? 1 : 0;
  }
  return at->second;
}

Plan& Look::plan_in_making() {
  if (!plan_) {
    plan_.emplace(view_);
    for (const auto& [vm, create] : s_.creates) plan_->add(create.move);
  }
  return *plan_;
}

const Ledger& Look::ledger() {
  if (!ledger_) {
    std::vector<const Vm*> moved;
    for (const Roster::Entry& entry : roster().entries()) {
      if (entry.moved) moved.push_back(entry.vm.get());
    }
    ledger_.emplace(view_, known_moves(), moved, time_);
  }
  return *ledger_;
}

std::vector<const MoveRecord*> Look::known_moves() const {
  std::vector<const MoveRecord*> moves;
  for (const auto& [ref, memory] : s_.policies) {
    for (const MoveRecord& record : *memory.moves) moves.push_back(&record);
  }
  return moves;
}

bool Look::use_is_fresh() {
  if (s_.use->sampled != Instant{} && time_ - s_.use->sampled <= s_.options.use_max_age) return true;
  sample_use();
  return false;
}

void Look::sample_use() {
  if (s_.use_sampling != 0) return;
  s_.use_asked = time_;
  s_.use_sampling = emit(SampleUse{.done_with = std::exchange(s_.use_done_with, nullptr)});
}

std::map<std::string, std::string> Look::kept_on() const {
  std::map<std::string, std::string> nodes;
  for (const auto& [ref, memory] : s_.policies) {
    const Policy& policy = *view_.policy(ref);
    if (memory.active && policy.spec.mode == PolicyMode::Enforce) memory.rule->keep_on(policy, *this, nodes);
  }
  return nodes;
}

EffectId Look::emit(EffectBody body) {
  const EffectId id = s_.next_id++;
  result_.effects.push_back({id, std::move(body)});
  return id;
}

void Look::wake(Instant at) {
  if (!result_.wake_at || at < *result_.wake_at) result_.wake_at = at;
}

}  // namespace drover
