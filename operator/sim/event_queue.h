// EventQueue: the virtual clock. Events happen in order of time; those of one instant in the order in which they were asked for, so
// a run has one order and no other.
//
// Thread safety: none.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.h"

namespace drover::sim {

class EventQueue {
 public:
  using Action = std::function<void()>;

  explicit EventQueue(Instant start) : now_(start) {}

  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] std::optional<Instant> next() const {
    if (heap_.empty()) return std::nullopt;
    return heap_.front().at;
  }
  [[nodiscard]] std::uint64_t done() const { return done_; }

  // A time that is past counts as now.
  void at(Instant when, Action action) {
    heap_.push_back({std::max(when, now_), sequence_++, std::move(action)});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  void after(Duration delay, Action action) { at(now_ + delay, std::move(action)); }

  // The next event; false when there is none.
  bool run_next() {
    if (heap_.empty()) return false;
    std::pop_heap(heap_.begin(), heap_.end(), later);
    Entry entry = std::move(heap_.back());
    heap_.pop_back();
    now_ = entry.at;
    ++done_;
    entry.action();
    return true;
  }
  // Nothing happens until then.
  void pass_to(Instant when) { now_ = std::max(now_, when); }

 private:
  struct Entry {
    Instant at;
    std::uint64_t sequence;
    Action action;
  };
  static bool later(const Entry& a, const Entry& b) { return a.at != b.at ? a.at > b.at : a.sequence > b.sequence; }

  Instant now_;
  std::uint64_t sequence_ = 0;
  std::uint64_t done_ = 0;
  std::vector<Entry> heap_;
};

}  // namespace drover::sim
