// Watcher: drives a ListWatch over the API on a thread of its own and hands on decoded deltas.
#pragma once

#include <functional>
#include <thread>

#include "ports/clock.h"
#include "ports/kube_api.h"
#include "reflect/delta.h"
#include "reflect/list_watch.h"

namespace drover::reflect {

struct WatcherOptions {
  Kind kind = Kind::Node;
  std::string label_selector;
  std::string field_selector;  // of pods: "status.phase!=Succeeded,status.phase!=Failed"
  std::int64_t page = 500;     // objects a page
  Duration watch_timeout = seconds{290};
};

class Watcher {
 public:
  // Begins at once. api, clock and sink must outlive it; jitter gives numbers in [0, 1) and is called on the watcher's thread.
  Watcher(KubeApi& api, const Clock& clock, WatcherOptions options, DeltaSink sink, std::function<double()> jitter);
  // Stops and joins: at most as long as the API takes to be cancelled.
  ~Watcher() = default;
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

 private:
  std::jthread thread_;
};

// The same on the calling thread, until stopped.
void run_watcher(KubeApi& api, const Clock& clock, const WatcherOptions& options, const DeltaSink& sink,
                 const std::function<double()>& jitter, std::stop_token stop);

}  // namespace drover::reflect
