// Connection: the way from the operators to the simulated API server and back, in virtual time, with every fault that a call can
// meet (sim/faults.h): refused, in conflict, its answer lost, carried out late, held up by a server that answers nothing, or sent
// by an operator that is cut off.
//
// Thread safety: none.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/random.h"
#include "ports/kube_call.h"
#include "sim/event_queue.h"
#include "sim/faults.h"

namespace drover::sim {

class Connection {
 public:
  using Heard = std::function<void(Result<std::string>)>;

  // `there_and_back` is what a call takes.
  Connection(Duration there_and_back, const Faults& faults, EventQueue& queue, KubeApi& server, SeededRandom random)
      : there_(there_and_back / 2),
        back_(there_and_back - there_),
        faults_(faults),
        queue_(queue),
        server_(server),
        random_(random) {}

  // `heard` is called once, after `patience` at the latest.
  void make(int replica, Call call, Duration patience, Heard heard);
  // The server answers no call until then.
  void pause_until(Instant until) { paused_until_ = std::max(paused_until_, until); }
  // Nothing comes from the replica, and nothing to it, until then.
  void cut_off_until(int replica, Instant until) { cut_off_until_[replica] = std::max(cut_off_until_[replica], until); }

 private:
  struct Exchange {
    int replica = 0;
    Call call;
    Duration patience{};
    Heard heard;
    Instant sent{};
    bool lost = false;      // the answer comes to nobody
    bool answered = false;  // the caller waits no more
  };
  using Shared = std::shared_ptr<Exchange>;

  void lose(const Shared& exchange);
  void arrive(const Shared& exchange);
  [[nodiscard]] Result<std::string> serve(const Call& call);
  [[nodiscard]] bool cut_off(int replica) const;
  static void answer(Exchange& exchange, Result<std::string> result);
  void give_up_at(Instant when, const Shared& exchange);

  Duration there_;
  Duration back_;
  const Faults& faults_;
  EventQueue& queue_;
  KubeApi& server_;
  SeededRandom random_;
  Instant paused_until_{};
  std::map<int, Instant> cut_off_until_;  // by replica
};

}  // namespace drover::sim
