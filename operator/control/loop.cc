#include "control/loop.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "control/record.h"

namespace drover {
namespace {

constexpr std::size_t kDeltaPlaces = 1024;
constexpr Duration kLongestSleep = hours{24};

}  // namespace

Loop::Loop(LoopWires wires, CoreOptions options, std::set<Kind> required)
    : wires_(std::move(wires)), inbox_(kDeltaPlaces), store_(std::move(required)), core_(options) {
  record_begin(wires_.telemetry);
}

void Loop::run(std::stop_token stop) {
  std::optional<Instant> wake;
  while (!stop.stop_requested()) {
    const Instant now = wires_.clock.now();
    Duration sleep = kLongestSleep;
    if (wake) sleep = is_tick_due(wake, stepped_at_, now) ? Duration::zero() : std::min(*wake - now, sleep);
    wake = turn(inbox_.take(sleep, stop));
  }
  inbox_.close();
}

std::optional<Instant> Loop::turn(Batch batch) {
  const bool was_synced = store_.synced();
  record_batch(wires_.telemetry, batch);
  for (auto& delta : batch.deltas) apply(std::move(delta));
  if (std::exchange(policies_changed_, false)) load_time_zones();
  if (store_.synced() && !was_synced) wires_.log.info("the view is complete", {});
  if (view_changed_ || was_synced != store_.synced()) record_view(wires_.telemetry, store_.view(), store_.synced());

  for (const auto& urgent : batch.urgent) {
    if (const auto* leadership = std::get_if<Leadership>(&urgent)) elected_ = leadership->leading;
    if (const auto* question = std::get_if<Question>(&urgent)) (*question)();
  }
  // Leading begins with a complete view and ends at once. What may no longer be read is no longer known.
  const bool leading = elected_ && store_.synced() && !health_.denied();
  if (leading != core_.leading()) step(LeadershipChanged{leading});
  if (!leading) {
    view_changed_ = false;
    return std::nullopt;
  }
  for (auto& urgent : batch.urgent) {
    if (auto* event = std::get_if<Event>(&urgent)) step(std::move(*event));
  }
  if (std::exchange(view_changed_, false)) step(ViewChanged{});
  if (is_tick_due(wake_at_, stepped_at_, wires_.clock.now())) step(Tick{});
  return wake_at_;
}

void Loop::apply(reflect::Delta delta) {
  if (delta.kind == Kind::Policy || delta.kind == Kind::ClusterPolicy) policies_changed_ = true;
  record_delta(wires_.telemetry, delta);
  if (health_.note(delta)) record_watch(wires_.log, delta);
  if (store_.apply(std::move(delta))) view_changed_ = true;
}

// The core reads no files, so the zones that policies name are put into the view. A name that nobody knows is asked for once;
// the core tells the policy's owner.
void Loop::load_time_zones() {
  for (const std::string& name : store_.missing_time_zones()) {
    if (unknown_zones_.contains(name)) continue;
    auto zone = wires_.time_zone(name);
    if (zone) {
      store_.set_time_zone(std::move(zone).value());
      view_changed_ = true;
    } else {
      unknown_zones_.insert(name);
      wires_.log.warn("a policy names an unknown time zone", {{"zone", name}, {"error", to_string(zone.error())}});
    }
  }
}

void Loop::step(Event event) {
  const Duration began = wires_.clock.monotonic();
  stepped_at_ = wires_.clock.now();
  StepResult result = core_.step(store_.view(), std::move(event), stepped_at_);
  wires_.telemetry.observe("drover_evaluation_duration_seconds", {}, to_seconds(wires_.clock.monotonic() - began));
  record_step(wires_.log, wires_.telemetry, store_.view(), result);
  if (first_decisions_hash_ != core_.first_decisions_hash()) {
    first_decisions_hash_ = core_.first_decisions_hash();
    if (!first_decisions_hash_.empty()) wires_.log.info("the first decisions are formed", {{"hash", first_decisions_hash_}});
  }
  wake_at_ = result.wake_at;
  for (auto& effect : result.effects) wires_.dispatch(std::move(effect));
}

std::optional<std::string> Loop::ask(std::function<std::string()> question, Duration patience) {
  // Shared with the question, which may be answered after nobody waits any more.
  auto promise = std::make_shared<std::promise<std::string>>();
  auto answer = promise->get_future();
  if (!inbox_.put(Question([promise, question = std::move(question)] { promise->set_value(question()); }))) return std::nullopt;
  if (answer.wait_for(patience) != std::future_status::ready) return std::nullopt;
  return answer.get();
}

}  // namespace drover
