#include "act/lanes.h"

#include <algorithm>
#include <utility>

#include "act/sample.h"

namespace drover {
namespace {

// The effects of one lane are carried out one after another; "": beside all others.
std::string lane_of(const EffectBody& effect) {
  struct Lane {
    // What one tenant asks for, and how slow it is, holds up no other's.
    std::string operator()(const SampleSignal& e) const {
      const std::string& owner = e.policy.key.ns;
      return owner.empty() ? "" : "signals of " + owner;
    }
    std::string operator()(const SampleUse&) const { return ""; }
    std::string operator()(const SamplePower& e) const { return "node " + e.node; }
    std::string operator()(const HoldRound& e) const { return "policy " + e.policy.uid; }
    std::string operator()(const CreateMigration& e) const { return "VM " + to_string(e.vm); }
    std::string operator()(const CancelMigration& e) const { return "VM " + to_string(e.vm); }
    std::string operator()(const WriteStatus&) const { return "telling"; }
    std::string operator()(const Announce&) const { return "telling"; }
    std::string operator()(const MarkNode& e) const { return "node " + e.node; }
    std::string operator()(const WriteProfileStatus&) const { return "telling"; }
    std::string operator()(const EvictPod& e) const { return "pod " + to_string(e.pod); }
    std::string operator()(const SwitchPower& e) const { return "node " + e.node; }
  };
  return std::visit(Lane{}, effect);
}

}  // namespace

Crew crew_of(const EffectBody& effect) {
  struct CrewOf {
    Crew operator()(const SampleSignal&) const { return Crew::Samplers; }
    Crew operator()(const SampleUse&) const { return Crew::Samplers; }
    Crew operator()(const SamplePower&) const { return Crew::Switchers; }
    Crew operator()(const HoldRound&) const { return Crew::Planners; }
    Crew operator()(const CreateMigration&) const { return Crew::Movers; }
    Crew operator()(const CancelMigration&) const { return Crew::Movers; }
    Crew operator()(const WriteStatus&) const { return Crew::Tellers; }
    Crew operator()(const Announce&) const { return Crew::Tellers; }
    Crew operator()(const MarkNode&) const { return Crew::Movers; }
    Crew operator()(const WriteProfileStatus&) const { return Crew::Tellers; }
    Crew operator()(const EvictPod&) const { return Crew::Movers; }
    Crew operator()(const SwitchPower&) const { return Crew::Switchers; }
  };
  return std::visit(CrewOf{}, effect);
}

Event put_off(const Effect& effect) {
  return not_done(effect, {ErrorClass::Retryable, "too many effects wait to be carried out"});
}

bool Lanes::has_room(const EffectBody& effect) const {
  return queues_[static_cast<std::size_t>(crew_of(effect))].waiting.size() < limits_.places;
}

void Lanes::add(Effect effect) {
  auto& waiting = queue_of(effect.body).waiting;
  waiting.push_back(std::move(effect));
}

std::optional<Effect> Lanes::take(Crew crew) {
  Queue& queue = queues_[static_cast<std::size_t>(crew)];
  if (queue.running >= limits_.workers_of(crew)) return std::nullopt;
  const auto next = std::find_if(queue.waiting.begin(), queue.waiting.end(),
                                 [&](const Effect& effect) { return !queue.busy.contains(lane_of(effect.body)); });
  if (next == queue.waiting.end()) return std::nullopt;
  Effect effect = std::move(*next);
  queue.waiting.erase(next);
  ++queue.running;
  if (std::string lane = lane_of(effect.body); !lane.empty()) queue.busy.insert(std::move(lane));
  return effect;
}

void Lanes::done(const EffectBody& effect) {
  Queue& queue = queue_of(effect);
  --queue.running;
  queue.busy.erase(lane_of(effect));
}

void Lanes::rest(const EffectBody& effect) {
  --queue_of(effect).running;
}

bool Lanes::go_on(const EffectBody& effect) {
  Queue& queue = queue_of(effect);
  if (queue.running >= limits_.workers_of(crew_of(effect))) return false;
  ++queue.running;
  return true;
}

void Lanes::drop_waiting() {
  for (Queue& queue : queues_) queue.waiting.clear();
}

int Lanes::running() const {
  int all = 0;
  for (const Queue& queue : queues_) all += queue.running;
  return all;
}

}  // namespace drover
