// Lanes: which of the effects that wait may be carried out now. What is slow holds up nothing else, and order is kept where it
// counts: the creates and cancels of one VM run one after the other, in the order of dispatch; so do the marks of one node; so do
// the questions and orders to one node's power driver; and so do statuses and news, all of them: a status that says what has
// happened is not written before its news is told, so a crash between the two loses none. Other samples run beside each other.
// Rounds of consolidation, which compute and wait for nobody, have a worker of their own.
//
// The same for threads (act/executor.h) and for the simulator's time. Thread safety: none.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <set>
#include <string>

#include "core/effect.h"
#include "core/event.h"

namespace drover {

// Who carries an effect out: a few workers each.
enum class Crew { Movers, Tellers, Samplers, Switchers, Planners };
inline constexpr std::array kCrews = {Crew::Movers, Crew::Tellers, Crew::Samplers, Crew::Switchers, Crew::Planners};
[[nodiscard]] Crew crew_of(const EffectBody& effect);

struct LaneLimits {
  std::array<int, kCrews.size()> workers = {4, 1, 4, 16, 1};  // by crew; power drivers are many, and slow
  std::size_t places = 1024;                                  // for effects that wait for a crew

  [[nodiscard]] int workers_of(Crew crew) const { return workers[static_cast<std::size_t>(crew)]; }
};

// The answer to an effect that finds too many waiting.
[[nodiscard]] Event put_off(const Effect& effect);

class Lanes {
 public:
  explicit Lanes(LaneLimits limits = {}) : limits_(limits) {}

  // Whether not too many wait already.
  [[nodiscard]] bool has_room(const EffectBody& effect) const;
  void add(Effect effect);
  // The oldest effect whose lane and one of whose crew are free; they are taken until done().
  [[nodiscard]] std::optional<Effect> take(Crew crew);
  void done(const EffectBody& effect);
  // One that was taken waits between two of its calls: its lane stays taken, its worker may do something else.
  void rest(const EffectBody& effect);
  // It goes on, and has a worker again; false: all are busy, and it is to be asked again when one is done or rests.
  [[nodiscard]] bool go_on(const EffectBody& effect);
  // Those that wait to be taken are wanted no more.
  void drop_waiting();

  [[nodiscard]] int running() const;

 private:
  struct Queue {
    std::deque<Effect> waiting;
    std::set<std::string> busy;  // lanes
    int running = 0;
  };
  [[nodiscard]] Queue& queue_of(const EffectBody& effect) { return queues_[static_cast<std::size_t>(crew_of(effect))]; }

  LaneLimits limits_;
  std::array<Queue, kCrews.size()> queues_;
};

}  // namespace drover
