// Replica: one operator of the simulation: the core with its view, and its turns in virtual time. It is the Clock of all that runs
// in its process.
//
// What it sees comes through a watch that can be late, doubled, or begun anew (Faults). A crash takes the core and the view with
// it; what was under way in its name is answered to nobody. One that is frozen does nothing until it thaws, and finds then what has
// come meanwhile.
//
// Thread safety: none.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "core/turn.h"
#include "ports/clock.h"
#include "sim/api.h"
#include "sim/event_queue.h"
#include "sim/faults.h"

namespace drover::sim {

class Replica final : public Clock {
 public:
  struct Wires {
    // Effects to carry out, in the name of this life (`life()` at that time) of the replica.
    std::function<void(Replica&, std::vector<Effect>)> dispatch;
    // After each step of the core.
    std::function<void(const Replica&, const StepResult&)> stepped;
    // It runs again after a crash.
    std::function<void(Replica&)> restarted;
  };

  Replica(int number, const CoreOptions& options, const Faults& faults, EventQueue& queue, Api& api, SeededRandom random,
          Wires wires);
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  // Lists everything and watches from now on.
  void start();
  // The core and all that it remembers are gone; it starts again after `pause`, and leads then if it is elected.
  void crash(Duration pause);
  // It may act until then, unless it is told of a later time.
  void lead_until(Instant until);
  void tell(Event event);
  // Everything is listed anew (410).
  void relist();
  // The API server tells nothing until then; what happened meanwhile comes at once.
  void deaf_until(Instant until) { deaf_until_ = std::max(deaf_until_, until); }
  void freeze_until(Instant until);
  // At once, or as soon as it thaws; not at all when it crashes before.
  void when_it_runs(std::function<void()> action);
  void step_clock(Duration by) { clock_offset_ += by; }
  // By much; the next time it is put right again.
  void put_clock_back(Duration by) {
    const Duration next = put_back_ == Duration::zero() ? by : Duration::zero();
    clock_offset_ += put_back_ - next;
    put_back_ = next;
  }

  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] std::uint64_t life() const { return life_; }  // changes with each crash
  [[nodiscard]] std::uint64_t term() const {
    return term_;
  }  // how often it began to lead; a core remembers nothing of an earlier term
  [[nodiscard]] bool running() const { return turn_.has_value(); }
  [[nodiscard]] bool elected() const { return queue_.now() < leads_until_; }
  [[nodiscard]] bool leading() const { return turn_ && turn_->core().leading(); }
  [[nodiscard]] const Core* core() const { return turn_ ? &turn_->core() : nullptr; }  // null while it is down
  [[nodiscard]] const ClusterView& view() const { return store_->view(); }
  [[nodiscard]] Instant now() const override { return queue_.now() + clock_offset_; }  // what it takes for the time
  [[nodiscard]] Duration monotonic() const override { return queue_.now().time_since_epoch(); }

 private:
  void seen(const reflect::Delta& delta);
  void receive(const reflect::Delta& delta);
  void apply(reflect::Delta delta);
  void list_from(const ClusterView& view);
  void remember_past();
  void turn_soon();
  void turn();
  void wake();

  int number_;
  CoreOptions options_;
  const Faults& faults_;
  EventQueue& queue_;
  Api& api_;
  SeededRandom random_;
  Wires wires_;
  std::unique_ptr<reflect::Store> store_;
  std::optional<Turn> turn_;
  std::uint64_t life_ = 0;
  std::uint64_t term_ = 0;
  Instant leads_until_{};
  bool view_changed_ = false;
  bool turn_asked_ = false;
  std::vector<Event> events_;
  std::uint64_t wake_epoch_ = 0;
  Duration clock_offset_{};
  Duration put_back_{};  // of it, what was put back and not put right yet
  Instant deaf_until_{};
  Instant frozen_until_{};
  std::map<Kind, Instant> last_seen_;  // a kind's changes keep their order
  std::uint64_t list_epoch_ = 0;       // changes told before a list are part of it
  std::unique_ptr<ClusterView> past_;  // for stale lists
};

}  // namespace drover::sim
