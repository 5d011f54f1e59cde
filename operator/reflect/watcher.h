// Watcher: drives a ListWatch over the API, on a thread of its own, and hands on decoded deltas.
#pragma once

#include <functional>
#include <stop_token>
#include <thread>

#include "ports/clock.h"
#include "ports/kube_api.h"
#include "reflect/delta.h"
#include "reflect/list_watch.h"
#include "schedule/wait.h"

namespace drover::reflect {

struct WatcherOptions {
  Kind kind = Kind::Node;
  std::string ns{};  // empty: all namespaces
  std::string label_selector;
  std::string field_selector;  // of pods: "status.phase!=Succeeded,status.phase!=Failed"
  std::int64_t page = 500;     // objects a page
  Duration watch_timeout = seconds{290};
};

// What it stands on. Called on the watcher's thread; all must outlive it.
struct WatcherTools {
  KubeApi& api;
  const Clock& clock;
  DeltaSink sink;
  std::function<double()> jitter;  // in [0, 1)
  Wait pause = wait_for;
};

// Lists and watches until stopped, or until the sink is gone.
void run_watcher(const WatcherTools& tools, const WatcherOptions& options, std::stop_token stop);

// The same on a thread of its own. The destructor stops and joins: it takes as long as the API takes to be cancelled.
class Watcher {
 public:
  Watcher(WatcherTools tools, WatcherOptions options);

 private:
  std::jthread thread_;
};

}  // namespace drover::reflect
