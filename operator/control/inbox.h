// Inbox: everything that reaches the loop, from any thread, in one place.
//
// Deltas come without end, so they have a fixed number of places and their producers wait: the API server is held back instead of
// memory filled. All else is bounded by its own nature (one answer an effect, a change of leadership, a question of a person) and
// never waits, so nobody who answers the loop can be blocked by it.
//
// Thread safety: all calls; one thread takes.
#pragma once

#include <functional>
#include <stop_token>
#include <variant>
#include <vector>

#include "base/mutex.h"
#include "core/event.h"
#include "reflect/delta.h"

namespace drover {

struct Leadership {
  bool leading = false;
};
// Run on the loop's thread, where the view may be looked at.
using Question = std::function<void()>;
using Urgent = std::variant<Event, Leadership, Question>;

struct Batch {
  std::vector<Urgent> urgent;
  std::vector<reflect::Delta> deltas;
  [[nodiscard]] bool empty() const { return urgent.empty() && deltas.empty(); }
};

class Inbox {
 public:
  explicit Inbox(std::size_t places) : places_(places) {}

  // Blocks while full. False: stopped or closed.
  bool put(reflect::Delta delta, std::stop_token stop);
  // False: closed.
  bool put(Urgent urgent);
  // What is there, in order of arrival; waits for something, until the timeout or the stop.
  [[nodiscard]] Batch take(Duration timeout, std::stop_token stop);
  // Whoever waits to put something in is let go.
  void close();

 private:
  const std::size_t places_;
  Mutex mutex_;
  ConditionVariable filled_;
  ConditionVariable room_;
  Batch waiting_ DROVER_GUARDED_BY(mutex_);
  bool closed_ DROVER_GUARDED_BY(mutex_) = false;
};

}  // namespace drover
