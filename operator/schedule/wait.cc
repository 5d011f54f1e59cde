#include "schedule/wait.h"

#include <condition_variable>
#include <mutex>

namespace drover {

bool wait_for(Duration duration, std::stop_token stop) {
  if (stop.stop_requested()) return false;
  if (duration <= Duration::zero()) return true;
  std::mutex mutex;
  std::condition_variable_any never_notified;
  std::unique_lock lock(mutex);
  never_notified.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace drover
