// Loop: the one thread that sees and decides. Start reading Drover here.
//
//   watchers ── deltas ──────────────┐                            ┌── dispatch(effect) ──► act/executor
//   executor ── SignalSampled, ... ──┼──► Inbox ──► Loop::turn ───┤
//   elector ─── Leadership ──────────┘        Store, Core         └── decisions ──► log, metrics
//
// A turn takes all that has come, brings the view up to date, lets the core decide once, and hands its effects on; then the loop
// sleeps until something comes or the core's own wake-up time. The thread owns Store and Core, so neither has a lock, and what was
// read is still true when it is acted upon. An idle loop does nothing at all.
//
// The core is asked only while this process leads, has listed every kind whole, and still has the right to read each of them.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <set>
#include <string>

#include "control/inbox.h"
#include "control/watch_health.h"
#include "core/turn.h"
#include "ports/clock.h"
#include "ports/log.h"
#include "ports/telemetry.h"
#include "reflect/store.h"

namespace drover {

// What the loop is connected to. The references must outlive it.
struct LoopWires {
  const Clock& clock;
  Log& log;
  Telemetry& telemetry;
  std::function<void(Effect)> dispatch;                                // must not block
  std::function<void()> forget = [] {};                                // what was dispatched: the core leads no more
  std::function<Result<TimeZone>(const std::string& name)> time_zone;  // NotFound: there is no such zone
  // Told of each step on the loop's thread, before its effects are handed on; must not block.
  std::function<void(const ClusterView&, const Core&, const StepResult&)> stepped = [](const auto&, const auto&, const auto&) {};
};

class Loop {
 public:
  // `required` are the kinds that must have been listed before anything is decided.
  Loop(LoopWires wires, CoreOptions options, std::set<Kind> required);

  // From any thread.
  Inbox& inbox() { return inbox_; }
  // Asks on the loop's thread and waits for the answer; empty when it did not come in time.
  [[nodiscard]] std::optional<std::string> ask(std::function<std::string()> question, Duration patience);

  // Until stopped.
  void run(std::stop_token stop);
  // One turn; the time at which the next one is due even if nothing comes. Loop thread only, as all below.
  std::optional<Instant> turn(Batch batch);

  [[nodiscard]] const reflect::Store& store() const { return store_; }
  [[nodiscard]] const Core& core() const { return turn_.core(); }
  [[nodiscard]] const WatchHealth& health() const { return health_; }
  [[nodiscard]] const Clock& clock() const { return wires_.clock; }

 private:
  void apply(reflect::Delta delta);
  void load_time_zones();
  void stepped(StepResult& result);

  LoopWires wires_;
  Inbox inbox_;
  reflect::Store store_;
  Turn turn_;
  WatchHealth health_;
  bool elected_ = false;
  bool led_ = false;  // as of the last step
  bool view_changed_ = false;
  std::set<std::string> quarantined_;  // nodes, as last told
  bool policies_changed_ = false;
  std::string first_decisions_hash_;
  std::set<std::string> unknown_zones_;
};

}  // namespace drover
