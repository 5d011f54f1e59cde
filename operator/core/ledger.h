// Ledger: the moves of every VM in the last 48 hours, put together from what the cluster itself remembers: the status of the
// policies, Drover's migrations, and KubeVirt's last migration state of each VM. It needs no file of its own, so a crash loses
// nothing.
//
// Moves are told apart by migration uid; where several sources tell of one, it started at the earliest time told, ended at the
// latest, and failed if any says so (a cancelled one counts as failed). A move that another mover made counts like one of ours: the
// VM was disturbed. One whose end nobody saw counts as over when it started. Times up to 6 h ahead of `now` are kept, so that a
// clock put back forgets nothing; later ones come from a clock that was wrong, and are left out.
//
// Refers to the view. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/cluster_view.h"

namespace drover {

inline constexpr Duration kLedgerSpan = hours{48};
inline constexpr Duration kMaxCooldown = hours{6};
inline constexpr Duration kFirstBackoff = seconds{60};
inline constexpr Duration kFirstLeftOut = minutes{10};  // of a target

class Ledger {
 public:
  // `memory` are moves that this process knows of and the view may not show yet, or shows as they were.
  Ledger(const ClusterView& view, const std::vector<const MoveRecord*>& memory, Instant now);
  // Overload for callers that know the VMs with a Vm::migration: saves a pass over all VMs.
  Ledger(const ClusterView& view, const std::vector<const MoveRecord*>& memory, const std::vector<const Vm*>& moved, Instant now);

  // When the VM may move again after its earlier successful moves: the last one's end + cooldown * 2^(n-1), n being the moves
  // within 48 h; at most 6 h, or what the owner wrote if that is longer (a cooldown beyond 48 h counts as 48 h). Empty: now.
  [[nodiscard]] std::optional<Instant> cooldown_ends(const std::string& vm_uid, Duration cooldown, Instant now) const;
  // When it may be tried again after failed attempts: the last one's end + 60 s * 2^(n-1), at most 6 h, n being the failures since
  // the last success. Empty: now.
  [[nodiscard]] std::optional<Instant> backoff_ends(const std::string& vm_uid, Instant now) const;
  // Nodes that its moves failed to reach since the last that did, each with until when it is better sent elsewhere: the last
  // failure there + 10 min * 2^(n-1), at most 6 h, n being the failures there. A node that was not Ready since then is not among
  // them: what was wrong with it may have been mended.
  [[nodiscard]] std::map<std::string, Instant> failed_targets(const std::string& vm_uid, Instant now) const;
  // Moves started in the 24 h before now, successful or in flight.
  [[nodiscard]] std::int64_t moves_in_day(const std::string& vm_uid, Instant now) const;
  // When the oldest of them leaves those 24 h.
  [[nodiscard]] std::optional<Instant> day_frees_at(const std::string& vm_uid, Instant now) const;

 private:
  struct Move {
    Instant started;
    std::optional<Instant> ended;
    bool failed = false;
    std::string target{};
    bool remembered = false;  // by this process: newer than what was written of it
    [[nodiscard]] Instant over() const { return ended.value_or(started); }
  };
  using Moves = std::map<std::string, Move>;  // by migration uid
  void note(const std::string& vm_uid, const std::string& migration_uid, const Move& move);
  void note(const MoveRecord& record);
  void note(const Vm& vm, const Migration& migration);
  void note(const Vm& vm, const MigrationState& state);
  [[nodiscard]] const Moves& moves_of(const std::string& vm_uid) const;

  const ClusterView& view_;
  Instant now_;
  std::map<std::string, Moves> moves_;  // by vm uid
};

}  // namespace drover
