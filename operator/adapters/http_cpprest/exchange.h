// The mailbox of one exchange: the library's thread puts head, bytes and end in, the calling thread takes them out.
//
// Bounded: when kRoomBytes lie unread, offer() refuses, the library's side holds its chunk and stops reading, and the take()
// that makes room says that it must be resumed. Waking a thread costs more than a small chunk is worth: while a stream flows, the
// calling thread is woken per kBatchBytes or kLinger, whichever comes first; after a pause, by the first byte. Thread safety: one
// library thread, one calling thread, cancel() from anywhere.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "ports/http_transport.h"

namespace drover {

class Exchange {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  static constexpr std::size_t kRoomBytes = 256u << 10;
  static constexpr std::size_t kBatchBytes = 64u << 10;
  static constexpr auto kLinger = milliseconds{1};

  struct Ending {
    bool complete = false;               // the body ended in good order
    bool stale = false;                  // nothing was written: the kept connection had been closed by the server
    bool may_have_been_sent = false;     // the head of the request was written
    std::optional<std::string> refusal;  // TLS: why one end refused the other
    std::string what;                    // the library's words
  };

  enum class Event { Head, Bytes, End, TimedOut, Cancelled };

  // Library's side.
  void put_head(HttpResponse head);
  [[nodiscard]] bool offer(std::span<const char> bytes);  // false: no room, hold it until resumed
  void put_end(Ending ending);
  void note_sent();

  // Calling side. Waits for the next event, in the order head, bytes, end; Cancelled comes before all others.
  [[nodiscard]] Event next(TimePoint limit);
  [[nodiscard]] const HttpResponse& head() const;  // after Event::Head
  // After Event::Bytes: swaps the unread bytes into `out`. True when the library's side holds a chunk and must be resumed.
  [[nodiscard]] bool take(std::vector<char>& out);
  [[nodiscard]] const Ending& ending() const;  // after Event::End
  [[nodiscard]] bool sent() const;

  void cancel();

 private:
  void linger(MutexLock& lock) DROVER_REQUIRES(mutex_);

  mutable Mutex mutex_;
  ConditionVariable changed_;
  // head_ and ending_ don't change any more once they are seen.
  std::optional<HttpResponse> head_ DROVER_GUARDED_BY(mutex_);
  std::optional<Ending> ending_ DROVER_GUARDED_BY(mutex_);
  std::vector<char> unread_ DROVER_GUARDED_BY(mutex_);
  bool head_taken_ DROVER_GUARDED_BY(mutex_) = false;
  bool holding_ DROVER_GUARDED_BY(mutex_) = false;
  bool flowing_ DROVER_GUARDED_BY(mutex_) = false;           // something was taken out since the last pause
  std::size_t wake_at_bytes_ DROVER_GUARDED_BY(mutex_) = 1;  // how much unread wakes the calling thread
  bool sent_ DROVER_GUARDED_BY(mutex_) = false;
  bool cancelled_ DROVER_GUARDED_BY(mutex_) = false;
};

}  // namespace drover
