// Mutex, MutexLock, ConditionVariable: std::mutex and its company with the annotations by which clang's -Wthread-safety proves,
// at compile time, that what a mutex guards is touched under it alone. g++ ignores them.
//
//   Mutex mutex_;
//   int count_ DROVER_GUARDED_BY(mutex_) = 0;
//
// A condition that waits for a predicate names the lock: `changed_.wait(lock, [&]() DROVER_REQUIRES(mutex_) { return count_ > 0;
// })`.
#pragma once

#include <condition_variable>
#include <mutex>

#ifdef __clang__
#define DROVER_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define DROVER_THREAD_ATTRIBUTE(x)
#endif
#define DROVER_GUARDED_BY(mutex) DROVER_THREAD_ATTRIBUTE(guarded_by(mutex))
#define DROVER_REQUIRES(mutex) DROVER_THREAD_ATTRIBUTE(requires_capability(mutex))

namespace drover {

class DROVER_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() DROVER_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() DROVER_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

// Holds the mutex from its making to the end of its scope; a ConditionVariable may give it up in between.
class DROVER_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) DROVER_THREAD_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() DROVER_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  // For ConditionVariable, which gives the mutex up while it waits and has it again when it returns.
  void lock() DROVER_THREAD_ATTRIBUTE(no_thread_safety_analysis) { mutex_.lock(); }
  void unlock() DROVER_THREAD_ATTRIBUTE(no_thread_safety_analysis) { mutex_.unlock(); }

 private:
  Mutex& mutex_;
};

using ConditionVariable = std::condition_variable_any;

}  // namespace drover
