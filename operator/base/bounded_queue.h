// BoundedQueue: many producers, one or more consumers, a fixed number of places. A full queue blocks the producer: nothing is
// ever dropped, and pressure goes back to where the work comes from.
//
// Thread safety: all calls, from any thread.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <stop_token>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "base/time.h"

namespace drover {

template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) { DROVER_CHECK(capacity > 0); }

  // Blocks while full. False: stopped or closed, and the item is not in the queue.
  bool push(T item, std::stop_token stop) {
    {
      MutexLock lock(mutex_);
      if (!room_.wait(lock, stop, [&]() DROVER_REQUIRES(mutex_) { return closed_ || items_.size() < capacity_; }) || closed_)
        return false;
      items_.push_back(std::move(item));
    }
    filled_.notify_one();
    return true;
  }

  // Blocks while empty, until the timeout, a stop, or a close with nothing left.
  [[nodiscard]] std::optional<T> pop(Duration timeout, std::stop_token stop = {}) {
    std::optional<T> item;
    {
      MutexLock lock(mutex_);
      if (!filled_.wait_for(lock, stop, timeout, [&]() DROVER_REQUIRES(mutex_) { return closed_ || !items_.empty(); }) ||
          items_.empty())
        return item;
      item.emplace(std::move(items_.front()));
      items_.pop_front();
    }
    room_.notify_one();
    return item;
  }

  // No more pushes; what is in it can still be popped.
  void close() {
    {
      const MutexLock lock(mutex_);
      closed_ = true;
    }
    room_.notify_all();
    filled_.notify_all();
  }

  [[nodiscard]] std::size_t size() const {
    const MutexLock lock(mutex_);
    return items_.size();
  }

 private:
  const std::size_t capacity_;
  mutable Mutex mutex_;
  ConditionVariable room_;
  ConditionVariable filled_;
  std::deque<T> items_ DROVER_GUARDED_BY(mutex_);
  bool closed_ DROVER_GUARDED_BY(mutex_) = false;
};

}  // namespace drover
