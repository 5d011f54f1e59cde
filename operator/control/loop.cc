#include "control/loop.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "control/record.h"

namespace drover {
namespace {

constexpr std::size_t kDeltaPlaces = 1024;
constexpr Duration kLongestSleep = hours{24};

std::vector<Event> answers_of(Batch batch) {
  std::vector<Event> answers;
  for (auto& urgent : batch.urgent) {
    if (auto* event = std::get_if<Event>(&urgent)) answers.push_back(std::move(*event));
  }
  return answers;
}

}  // namespace

Loop::Loop(LoopWires wires, CoreOptions options, std::set<Kind> required)
    : wires_(std::move(wires)), inbox_(kDeltaPlaces), store_(std::move(required)), turn_(Core(options)) {
  record_begin(wires_.telemetry);
}

void Loop::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const Instant now = wires_.clock.now();
    Duration sleep = kLongestSleep;
    if (turn_.due()) sleep = turn_.is_due(now) ? Duration::zero() : std::min(*turn_.due() - now, sleep);
    turn(inbox_.take(sleep, stop));
  }
  inbox_.close();
}

std::optional<Instant> Loop::turn(Batch batch) {
  const bool was_synced = store_.synced();
  record_batch(wires_.telemetry, batch);
  for (auto& delta : batch.deltas) apply(std::move(delta));
  if (std::exchange(policies_changed_, false)) load_time_zones();
  if (store_.synced() && !was_synced) wires_.log.info("the view is complete", {});
  if (view_changed_ || was_synced != store_.synced()) record_view(wires_.telemetry, store_.view(), store_.synced(), quarantined_);

  bool lost = false;
  for (const auto& urgent : batch.urgent) {
    if (const auto* leadership = std::get_if<Leadership>(&urgent)) {
      elected_ = leadership->leading;
      lost = lost || !elected_;
    }
    if (const auto* question = std::get_if<Question>(&urgent)) (*question)();
  }
  // Leading begins with a complete view and ends at once. What may no longer be read is no longer known.
  Turn::News news{.leads = elected_ && store_.synced() && !health_.denied(),
                  .lost = lost,
                  .view_changed = std::exchange(view_changed_, false),
                  .answers = answers_of(std::move(batch))};
  Duration began{};
  const auto now = [&] {
    began = wires_.clock.monotonic();
    return wires_.clock.now();
  };
  turn_.take(store_.view(), std::move(news), now, [&](StepResult& result) {
    wires_.telemetry.observe("drover_evaluation_duration_seconds", {}, to_seconds(wires_.clock.monotonic() - began));
    stepped(result);
  });
  return turn_.due();
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

void Loop::stepped(StepResult& result) {
  if (std::exchange(led_, core().leading()) && !led_) wires_.forget();
  record_step(wires_.log, wires_.telemetry, result);
  if (first_decisions_hash_ != core().first_decisions_hash()) {
    first_decisions_hash_ = core().first_decisions_hash();
    if (!first_decisions_hash_.empty()) wires_.log.info("the first decisions are formed", {{"hash", first_decisions_hash_}});
  }
  wires_.stepped(store_.view(), core(), result);
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
