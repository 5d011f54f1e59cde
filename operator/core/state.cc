#include "core/state.h"

#include <utility>

namespace drover {
namespace {

void shift(Instant& t, Duration by) {
  if (t != Instant{}) t -= by;  // zero: never
}
void shift(std::optional<Instant>& t, Duration by) {
  if (t) *t -= by;
}

}  // namespace

void CoreState::forget() {
  CoreState fresh(options, make_rule);
  fresh.next_id = next_id;
  fresh.leading = leading;
  fresh.last_step = last_step;
  fresh.demand = std::move(demand);  // what was seen was seen, whoever led
  *this = std::move(fresh);
}

// Records of moves keep their times: they are the cluster's, and the ledger knows what to make of those that lie ahead.
void CoreState::put_back(Duration by) {
  shift(last_look, by);
  shift(due, by);
  shift(profiles_looked, by);
  for (auto& [name, written] : profiles) shift(written.at, by);
  if (use->sampled != Instant{}) {
    UseTable shifted = *use;
    shifted.sampled -= by;
    use = std::make_shared<const UseTable>(std::move(shifted));
  }
  shift(use_asked, by);
  for (auto& [ref, memory] : policies) {
    shift(memory.status_not_before, by);
    if (memory.rule) memory.rule->put_back(by);
    for (auto& [vm, since] : memory.proposed_since) shift(since, by);
    for (auto& [vm, refusal] : memory.refused_asking) shift(refusal.until, by);
  }
  for (auto& [vm, create] : creates) shift(create.answered, by);
  for (auto& [vm, refusal] : refusals) shift(refusal.until, by);
  for (auto& [uid, since] : watched) shift(since, by);
  for (auto& [uid, asked] : cancelled) shift(asked, by);
  for (auto& [node, reading] : power.nodes) {
    shift(reading.asked, by);
    shift(reading.since, by);
  }
  for (auto& [node, talk] : talks) {
    shift(talk.asked, by);
    shift(talk.ordered, by);
  }
  for (auto& [node, life] : lives) shift(life.since, by);
  for (auto& [node, drain] : drains) {
    shift(drain.began, by);
    for (auto& [pod, eviction] : drain.evictions) shift(eviction.retry_at, by);
  }
  for (auto& [node, mark] : marks) {
    shift(mark.answered, by);
    shift(mark.retry_at, by);
  }
}

}  // namespace drover
