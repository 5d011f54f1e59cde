// The invariants that an effect must keep, checked once more just before it leaves the core, from the view and not from what the
// decision believed. Expected never to fail; an effect that does is not made, and is counted and reported. A dry run is checked
// like the create that it stands for.
//
// They count for themselves, from what the view sums of each node's pods, and share no rule with the limits that decisions are made
// by (core/limits.h). Pure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "core/effect.h"
#include "core/ledger.h"
#include "core/options.h"
#include "core/plan.h"

namespace drover {

// In the order of the design's numbers; those that are missing can't be seen from one effect.
enum class Invariant {
  EmptyBeforeOff,     // 1: a node with a VM on it is never powered off
  NoVmInTwoMoves,     // 2
  LimitsHold,         // 3: budgets, windows, cooldowns, daily limits and the platform's limits, in flight included
  ReserveStays,       // 4: the reserve stays on, and so does what may never rest
  TargetFits,         // 5: no move to where the VM does not fit or may not run
  MarksAccountedFor,  // 7: a marked node names its policy and since when, and no policy marks another's
  EvictsWhatItMay,    // no pod of a VM or of a node is evicted, none before the VMs, and none against its budget
  OnlyTheLeaderActs,  // 8
  OnlyOursIsCancelled,
};
inline constexpr std::array kInvariants = {
    Invariant::EmptyBeforeOff,  Invariant::NoVmInTwoMoves,    Invariant::LimitsHold,
    Invariant::ReserveStays,    Invariant::TargetFits,        Invariant::MarksAccountedFor,
    Invariant::EvictsWhatItMay, Invariant::OnlyTheLeaderActs, Invariant::OnlyOursIsCancelled};
static_assert(kInvariants.size() == static_cast<std::size_t>(Invariant::OnlyOursIsCancelled) + 1);
// "NoVmInTwoMoves". A label of metrics: never changes.
[[nodiscard]] std::string_view to_string(Invariant invariant);

// An effect that would have broken an invariant; it was not returned.
struct Violation {
  Invariant invariant{};
  std::string detail;
};

// `plan` holds every move under way or decided, without the one that the effect would start.
[[nodiscard]] std::optional<Violation> broken_by(const CreateMigration& effect, const ClusterView& view, const Plan& plan,
                                                 const Ledger& ledger, bool leading, const CoreOptions& options, Instant now);
[[nodiscard]] std::optional<Violation> broken_by(const CancelMigration& effect, const ClusterView& view, bool leading);
[[nodiscard]] std::optional<Violation> broken_by(const MarkNode& effect, const ClusterView& view, const Plan& plan, bool leading,
                                                 const CoreOptions& options);
[[nodiscard]] std::optional<Violation> broken_by(const EvictPod& effect, const ClusterView& view, const Plan& plan, bool leading);
[[nodiscard]] std::optional<Violation> broken_by(const SwitchPower& effect, const ClusterView& view, const Plan& plan,
                                                 bool leading);

}  // namespace drover
