// The rows of the ledger of energy: what is kept for good of what nodes drew, what VMs had of it, what Drover did, and what kept it
// from doing more. Rows are added and never changed; a correction is a new row.
//
// Units: joules, seconds of time, CPU in core seconds. An interval [from, until) lies within one hour (UTC). What is not known is
// no row, or one of class Absent; never a zero. Each row has a key (named at its type): one that is there already is not written
// again. Pure values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/object.h"

namespace drover {

// What a node was doing. Standby: off, and it can be woken.
enum class EnergyState { On, Standby, Boot, Shutdown };
inline constexpr EnergyState kEnergyStates[] = {EnergyState::On, EnergyState::Standby, EnergyState::Boot, EnergyState::Shutdown};
[[nodiscard]] std::string_view to_string(EnergyState state);  // "standby"
[[nodiscard]] std::optional<EnergyState> energy_state(std::string_view name);

// Measured: by a meter at the node's input. Derived: from a meter, by a stated step (behind the power supplies, or a share of what
// an enclosure draws). Modelled: from its PowerProfile. Absent: nobody knows; such a row has no joules, only time.
enum class EnergyClass { Measured, Derived, Modelled, Absent };
[[nodiscard]] std::string_view to_string(EnergyClass cls);  // "measured"
[[nodiscard]] std::optional<EnergyClass> energy_class(std::string_view name);
[[nodiscard]] inline bool is_metered(EnergyClass cls) {
  return cls == EnergyClass::Measured || cls == EnergyClass::Derived;
}

// What a node drew in one interval, in one state, by one source. Key: from, node, state, source.
struct EnergyRow {
  Instant from{};
  Instant until{};
  std::string node;
  std::string policy;  // that consolidates it: "pack", "shop/pack", or "" for none
  EnergyState state = EnergyState::On;
  std::string source;  // "model", "redfish/EnvironmentMetrics", "kepler"
  EnergyClass cls = EnergyClass::Modelled;
  bool input = true;                             // at the wall; false: behind the power supplies
  EnergyClass baseline = EnergyClass::Modelled;  // of all_on_joules
  double joules = 0;
  double all_on_joules = 0;       // had all nodes been on with the same load, and nothing been moved
  double copy_joules = 0;         // of `joules`, by copies of moves
  double overloaded_seconds = 0;  // on, and all of its CPU or more was wanted
  double known_load_seconds = 0;  // on, and how much of its CPU was wanted is known
  std::string profile;            // its PowerProfile and generation: "r650@3", or ""
  friend bool operator==(const EnergyRow&, const EnergyRow&) = default;
};

// What a VM had of it. Kept as sums: by hour of its namespace, by day of itself; so without a key but its batch's.
struct ShareRow {
  Instant from{};
  Instant until{};
  ObjectKey vm;
  std::string source;
  EnergyClass cls = EnergyClass::Modelled;
  double joules = 0;
  double demanded = 0;  // CPU
  double served = 0;
  double lost_to_copies = 0;
  friend bool operator==(const ShareRow&, const ShareRow&) = default;
};

// A move that has ended. Key: migration_uid.
struct MoveRow {
  std::string migration_uid;
  ObjectKey vm;
  std::string source;
  std::string target;
  std::string policy;
  std::string reason;
  bool succeeded = true;
  Instant started{};
  Duration took{};
  std::optional<Duration> downtime;
  bool downtime_measured = false;  // else estimated
  friend bool operator==(const MoveRow&, const MoveRow&) = default;
};

// A step in a node's life. Key: at, node, event.
enum class NodeEvent { Slept, Woke, WakeFailed, SleepFailed };
[[nodiscard]] std::string_view to_string(NodeEvent event);  // "slept"
[[nodiscard]] std::optional<NodeEvent> node_event(std::string_view name);
struct LifeRow {
  Instant at{};
  std::string node;
  NodeEvent event = NodeEvent::Slept;
  std::string policy;
  Duration took{};  // from the order to that
  std::string reason;
  friend bool operator==(const LifeRow&, const LifeRow&) = default;
};

// A node that was not put to sleep though its strategy wanted it. Kept as sums by hour, without a key but its batch's; read back as
// one row an hour, that begins with it.
struct HeldRow {
  Instant from{};
  Instant until{};
  std::string policy;
  std::string node;
  std::string held_by;  // "a pod runs on it that Drover does not move"
  double joules = 0;    // that its sleep would have saved; modelled
  friend bool operator==(const HeldRow&, const HeldRow&) = default;
};

// The least that all nodes could have drawn for the VMs that there were, whoever plans (books/power_floor.h). Kept as sums by hour,
// without a key but its batch's; read back as one row an hour.
struct FloorRow {
  Instant from{};
  Instant until{};
  double joules = 0;
  friend bool operator==(const FloorRow&, const FloorRow&) = default;
};

// What changes how figures are to be compared. Key: at, kind, subject.
enum class MarkKind { Holdout, NodeAdded, NodeRemoved, ProfileChanged };
[[nodiscard]] std::string_view to_string(MarkKind kind);  // "holdout"
[[nodiscard]] std::optional<MarkKind> mark_kind(std::string_view name);
struct MarkRow {
  Instant at{};
  Instant until{};  // of a holdout, in which nodes were kept on to be compared with; else `at`
  MarkKind kind = MarkKind::Holdout;
  std::string subject;  // a node or a policy
  std::string note;
  friend bool operator==(const MarkRow&, const MarkRow&) = default;
};

struct LedgerRows {
  std::vector<EnergyRow> energy;
  std::vector<ShareRow> shares;
  std::vector<MoveRow> moves;
  std::vector<LifeRow> lives;
  std::vector<HeldRow> held;
  std::vector<FloorRow> floors;
  std::vector<MarkRow> marks;

  [[nodiscard]] std::size_t size() const {
    return energy.size() + shares.size() + moves.size() + lives.size() + held.size() + floors.size() + marks.size();
  }
  void take(LedgerRows other);  // to the end
};

// Written whole and once: a writer numbers its batches from 1 on, and one that is not above its last is there already.
struct LedgerBatch {
  std::string writer;  // one process's life
  std::int64_t number = 0;
  LedgerRows rows;
};

// Sums of what was written, as they are read. `hour` and `day` count from 1970 (UTC).
struct NodeHour {
  std::int64_t hour = 0;
  std::string node;
  std::string policy;
  EnergyState state = EnergyState::On;
  std::string source;
  EnergyClass cls = EnergyClass::Modelled;
  bool input = true;
  EnergyClass baseline = EnergyClass::Modelled;
  double seconds = 0;
  double joules = 0;
  double all_on_joules = 0;
  double copy_joules = 0;
  double overloaded_seconds = 0;
  double known_load_seconds = 0;
};
struct NamespaceHour {
  std::int64_t hour = 0;
  std::string ns;
  std::string source;
  EnergyClass cls = EnergyClass::Modelled;
  double joules = 0;
  double demanded = 0;
  double served = 0;
};
struct VmDay {
  std::int64_t day = 0;
  ObjectKey vm;
  std::string source;
  EnergyClass cls = EnergyClass::Modelled;
  double joules = 0;
  double demanded = 0;
  double served = 0;
  double lost_to_copies = 0;
};
[[nodiscard]] std::int64_t hour_of(Instant at);
[[nodiscard]] std::int64_t day_of(Instant at);
[[nodiscard]] Instant begin_of_hour(std::int64_t hour);

// All that lies in whole hours [from, until).
struct LedgerExtract {
  std::vector<NodeHour> nodes;
  std::vector<NamespaceHour> namespaces;
  std::vector<VmDay> vms;
  std::vector<MoveRow> moves;  // by when they started
  std::vector<LifeRow> lives;
  std::vector<HeldRow> held;
  std::vector<FloorRow> floors;
  std::vector<MarkRow> marks;
};

}  // namespace drover
