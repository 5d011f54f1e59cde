// Candidate: one operator's part in the election: its elector (leader/elector.h), whose calls go over a Connection to the Lease in
// the simulated API server, as leader/lease_loop.h makes them on a thread.
//
// Elections are held while faults last; without any, whoever leads would renew its lease for ever, and nothing would come of it.
//
// Thread safety: none.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "leader/elector.h"
#include "sim/connection.h"
#include "sim/replica.h"

namespace drover::sim {

// Of this process: the holder in the Lease.
[[nodiscard]] std::string identity_of(const Replica& replica);
inline const ObjectKey kLeaseKey{"drover", "drover"};

class Candidate {
 public:
  Candidate(Replica& replica, Connection& connection, EventQueue& queue);
  Candidate(const Candidate&) = delete;
  Candidate& operator=(const Candidate&) = delete;

  // A process begins, which knows nothing of an earlier one's lease.
  void start();
  // No more calls; what it leads until stays.
  void stop() { ++epoch_; }
  // Whether its process was told that it holds the lease, and may act still.
  [[nodiscard]] bool leads() const;

 private:
  void go_on(std::uint64_t epoch);
  void when_it_runs(std::uint64_t epoch, std::function<void()> action);

  Replica& replica_;
  Connection& connection_;
  EventQueue& queue_;
  LeaseSettings settings_;
  std::optional<Elector> elector_;
  std::uint64_t epoch_ = 0;
};

}  // namespace drover::sim
