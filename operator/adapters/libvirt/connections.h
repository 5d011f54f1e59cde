// Connections to libvirt daemons, one for each URI, each on a thread of its own: libvirt's calls block for as long as they like,
// and a daemon that hangs holds up those who ask it, for a while, and nobody else.
#pragma once

#include <libvirt/libvirt.h>

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include "adapters/libvirt/event_loop.h"
#include "base/mutex.h"
#include "base/result.h"

namespace drover::libvirt {

class Line;  // one connection, its thread, and who waits for it

// Thread-safe.
class Connections {
 public:
  // `deadline`: how long a call may take, its turn and its connecting included.
  explicit Connections(Duration deadline);
  // Waits a moment for calls that run; a thread that hangs in one is left behind, with what it needs.
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // What `work` answers on the connection's thread. It may outlive this call, so it owns what it needs; when its turn comes after
  // the caller has gone it is not begun. Errors: work's own, and Retryable when there is no answer in time: it may still be carried
  // out. While a call hangs that others have given up nobody waits for it: Retryable at once.
  template <typename T>
  Result<T> ask(const std::string& uri, std::function<Result<T>(virConnectPtr)> work, const std::stop_token& stop) {
    auto answer = std::make_shared<std::optional<Result<T>>>();
    const Status done = run(
        uri,
        [answer, work = std::move(work)](virConnectPtr connection) -> Status {
          answer->emplace(work(connection));
          return **answer ? ok() : Status((*answer)->error());
        },
        stop);
    return done ? std::move(**answer) : Result<T>(done.error());
  }

 private:
  Status run(const std::string& uri, std::function<Status(virConnectPtr)> work, const std::stop_token& stop);

  const Duration deadline_;
  EventLoop loop_;
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<Line>> lines_ DROVER_GUARDED_BY(mutex_);
};

}  // namespace drover::libvirt
