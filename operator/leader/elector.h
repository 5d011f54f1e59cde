// Leader election on a Lease, as a state machine: told what was read and written, it says what to do next. No I/O, no clock.
//
// Who may lead: the holder, from the moment at which its write was confirmed until `renew_deadline` after it *sent* that write.
// Who may take over: anyone who has *seen* the lease unchanged for the lease's duration on its own monotonic clock. The
// stamps in the lease are another machine's clock; they are written for people and never compared. So two electors never
// lead at once as long as no two monotonic clocks differ in rate by more than lease/renew_deadline (1.5 by default). Someone who
// deletes the lease does not break this: to those who saw it held, the deletion counts as a renewal.
//
// A lease fences nothing off: a request that was sent before the deadline may arrive after it. What is sent must therefore
// carry preconditions.
//
// Thread safety: none.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "leader/lease.h"

namespace drover {

struct LeaseSettings {
  std::string identity;                   // unique to this process, not just to this machine
  Duration lease = seconds{15};           // without a renewal for so long, others may take over
  Duration renew_deadline = seconds{10};  // without a renewal for so long, the leader stops by itself; below `lease`
  Duration retry = seconds{2};            // between tries, and between renewals
};

class Elector {
 public:
  explicit Elector(LeaseSettings settings);

  struct Step {
    enum class Do { Pause, Read, Create, Update };
    Do what = Do::Pause;
    Duration wait{};  // Pause
    Lease lease{};    // Create, Update (under its resource version)
  };
  // What to do now. Asked again after each step has been carried out and reported by one of the calls below.
  [[nodiscard]] Step step(Instant now, Duration monotonic) const;

  // A read found the lease, or found that there is none.
  void was_read(const std::optional<Lease>& lease, Duration monotonic);
  // A create or update that was sent at `sent` was confirmed, with what is stored now.
  void was_written(const Lease& stored, Duration sent);
  // A call failed. The lease is read again: at once when someone else was first, otherwise after a pause.
  void has_failed(ErrorClass cls, Duration monotonic);

  // Whether this process may act.
  [[nodiscard]] bool leads(Duration monotonic) const { return monotonic < leads_until_; }
  // Until when it may act unless it renews; zero when it doesn't lead.
  [[nodiscard]] Duration leads_until() const { return leads_until_; }
  // Stops leading. What to write so that another may take over at once; nothing when this process doesn't hold the lease.
  [[nodiscard]] std::optional<Lease> release(Instant now);
  // The holder as last seen, "" when there is none.
  [[nodiscard]] const std::string& holder() const { return seen_ ? seen_->holder : none_; }

 private:
  [[nodiscard]] Lease mine(Instant now) const;
  [[nodiscard]] bool held_by_another() const;
  [[nodiscard]] Duration expiry() const;

  LeaseSettings settings_;
  std::string none_;
  std::optional<Lease> seen_;  // as last read or written, also when it has been deleted since
  Duration seen_at_{};         // when it was first seen so: in this version, or deleted
  bool stored_ = false;        // seen_ is in the cluster
  bool fresh_ = false;         // seen_ is worth acting on; otherwise read first
  int failures_ = 0;           // since the last confirmed write
  Duration next_{};            // no call before then
  Duration leads_until_{};
};

}  // namespace drover
