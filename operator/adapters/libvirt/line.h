// One connection to a libvirt daemon, and the thread that alone uses it.
#pragma once

#include <libvirt/libvirt.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/mutex.h"
#include "base/result.h"

namespace drover::libvirt {

// Thread-safe. Its thread holds on to it, so that it may hang for longer than anyone else does.
class Line : public std::enable_shared_from_this<Line> {
 public:
  using Work = std::function<Status(virConnectPtr)>;

  explicit Line(std::string uri) : uri_(std::move(uri)) {}

  void start();
  Status run(Work work, Duration within, const std::stop_token& stop);
  // Lets the thread end, and waits for that at most so long.
  void end(Duration within);

 private:
  struct Job {
    Work work;
    bool given_up = false;
    std::optional<Status> done;
  };

  void serve();
  void carry_out(const std::shared_ptr<Job>& job);
  Status connect();
  void hang_up();
  [[nodiscard]] bool is_given_up(const Job& job);

  const std::string uri_;
  virConnectPtr connection_ = nullptr;  // the thread's own
  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<std::shared_ptr<Job>> jobs_ DROVER_GUARDED_BY(mutex_);
  bool hangs_ DROVER_GUARDED_BY(mutex_) = false;  // in a call whose caller has given up
  bool ending_ DROVER_GUARDED_BY(mutex_) = false;
  bool ended_ DROVER_GUARDED_BY(mutex_) = false;
};

}  // namespace drover::libvirt
