// Drives the Elector over the API: reads, creates and renews the Lease on a thread of its own, and tells when leading
// begins and ends. No call on the Lease outlives the time that is left, so that the end is told in time even when the API
// server hangs.
//
// Thread safety: leads() and state() from any thread; start() and stop() from one.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "leader/elector.h"
#include "ports/clock.h"
#include "ports/kube_api.h"
#include "ports/log.h"
#include "schedule/wait.h"

namespace drover {

// Called on the loop's thread; they must return quickly. Renewals wait while they run.
struct LeaderCallbacks {
  std::function<void()> started;
  std::function<void(const std::string& why)> stopped;
};

struct LeaderState {
  bool leads = false;
  std::string holder;   // as last seen
  std::string problem;  // why the last call on the Lease failed; "" when it didn't
};

class LeaseLoop {
 public:
  // Everything that is passed by reference must outlive the loop.
  LeaseLoop(KubeApi& api, const Clock& clock, Log& log, ObjectKey lease, LeaseSettings settings, LeaderCallbacks callbacks,
            Wait wait = wait_for);
  ~LeaseLoop() { stop(); }
  LeaseLoop(const LeaseLoop&) = delete;
  LeaseLoop& operator=(const LeaseLoop&) = delete;

  void start();
  // Ends leading (`stopped` is called), releases the lease for another, joins the thread. What acts must have ended before.
  void stop();

  // The guard before every effect. Exact: false from the very moment at which another could lead, whatever the thread does.
  [[nodiscard]] bool leads() const { return clock_.monotonic() < Duration{leads_until_.load()}; }
  [[nodiscard]] LeaderState state() const;

  // What the thread does, until stopped. For tests.
  void run(std::stop_token stop);

 private:
  void carry_out(const Elector::Step& step, const std::stop_token& stop);
  void make(const Elector::Step& step, Duration limit, const std::stop_token& stop);
  void publish();
  void release();
  void set_problem(const std::string& problem);

  KubeApi& api_;
  const Clock& clock_;
  Log& log_;
  const ObjectKey key_;
  const LeaseSettings settings_;
  const LeaderCallbacks callbacks_;
  const Wait wait_;

  Elector elector_;                            // the thread's
  bool told_ = false;                          // the thread's: `started` was called and `stopped` not yet
  std::atomic<Duration::rep> leads_until_{0};  // monotonic
  mutable Mutex mutex_;
  std::string holder_ DROVER_GUARDED_BY(mutex_);
  std::string problem_ DROVER_GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace drover
