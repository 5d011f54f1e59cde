#include "control/inbox.h"

#include <utility>

namespace drover {

bool Inbox::put(reflect::Delta delta, std::stop_token stop) {
  {
    MutexLock lock(mutex_);
    if (!room_.wait(lock, stop, [&]() DROVER_REQUIRES(mutex_) { return closed_ || waiting_.deltas.size() < places_; }) || closed_)
      return false;
    waiting_.deltas.push_back(std::move(delta));
  }
  filled_.notify_one();
  return true;
}

bool Inbox::put(Urgent urgent) {
  {
    const MutexLock lock(mutex_);
    if (closed_) return false;
    waiting_.urgent.push_back(std::move(urgent));
  }
  filled_.notify_one();
  return true;
}

Batch Inbox::take(Duration timeout, std::stop_token stop) {
  Batch batch;
  {
    MutexLock lock(mutex_);
    filled_.wait_for(lock, stop, timeout, [&]() DROVER_REQUIRES(mutex_) { return !waiting_.empty(); });
    std::swap(batch, waiting_);
  }
  room_.notify_all();
  return batch;
}

void Inbox::close() {
  {
    const MutexLock lock(mutex_);
    closed_ = true;
  }
  room_.notify_all();
}

}  // namespace drover
