#include "adapters/http_cpprest/exchange.h"

#include "base/check.h"

namespace drover {

void Exchange::put_head(HttpResponse head) {
  const MutexLock lock(mutex_);
  head_ = std::move(head);
  changed_.notify_one();
}

bool Exchange::offer(std::span<const char> bytes) {
  const MutexLock lock(mutex_);
  // A chunk larger than the room goes in alone.
  holding_ = !unread_.empty() && unread_.size() + bytes.size() > kRoomBytes;
  if (!holding_) unread_.insert(unread_.end(), bytes.begin(), bytes.end());
  if (holding_ || unread_.size() >= wake_at_bytes_) changed_.notify_one();
  return !holding_;
}

void Exchange::put_end(Ending ending) {
  const MutexLock lock(mutex_);
  ending_ = std::move(ending);
  changed_.notify_one();
}

void Exchange::note_sent() {
  const MutexLock lock(mutex_);
  sent_ = true;
}

Exchange::Event Exchange::next(TimePoint limit) {
  MutexLock lock(mutex_);
  if (flowing_) linger(lock);
  while (true) {
    if (cancelled_) return Event::Cancelled;
    if (head_ && !head_taken_) {
      head_taken_ = true;
      flowing_ = true;
      return Event::Head;
    }
    if (head_taken_ && !unread_.empty()) {
      flowing_ = true;
      return Event::Bytes;
    }
    if (ending_) return Event::End;
    if (std::chrono::steady_clock::now() >= limit) return Event::TimedOut;
    changed_.wait_until(lock, limit);
  }
}

void Exchange::linger(MutexLock& lock) {
  flowing_ = false;
  wake_at_bytes_ = kBatchBytes;
  changed_.wait_for(lock, kLinger, [this]() DROVER_REQUIRES(mutex_) {
    return cancelled_ || ending_ || holding_ || unread_.size() >= kBatchBytes;
  });
  wake_at_bytes_ = 1;
}

const HttpResponse& Exchange::head() const {
  const MutexLock lock(mutex_);
  DROVER_CHECK(head_.has_value());
  return *head_;
}

bool Exchange::take(std::vector<char>& out) {
  out.clear();
  const MutexLock lock(mutex_);
  out.swap(unread_);
  const bool must_resume = holding_;
  holding_ = false;
  return must_resume;
}

const Exchange::Ending& Exchange::ending() const {
  const MutexLock lock(mutex_);
  DROVER_CHECK(ending_.has_value());
  return *ending_;
}

bool Exchange::sent() const {
  const MutexLock lock(mutex_);
  return sent_;
}

void Exchange::cancel() {
  const MutexLock lock(mutex_);
  cancelled_ = true;
  changed_.notify_one();
}

}  // namespace drover
