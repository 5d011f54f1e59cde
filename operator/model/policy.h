// Drover's own API, policy.drover.dev/v1alpha1: MigrationPolicy (namespaced, the VM owner's) and ClusterMigrationPolicy
// (cluster-wide, the operator's). crds/ holds the schema; codec reads it into these values; core acts on them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/object.h"
#include "model/reason.h"
#include "model/word.h"

namespace drover {

enum class PolicyMode { Recommend, Enforce };

// Times at which something holds: from each instant that the cron expression names, for the duration, in the time zone.
struct Window {
  std::string cron;  // five fields, or @hourly, @daily, @weekly, @monthly; as written
  Duration duration{};
  std::string time_zone = "UTC";  // IANA name
  friend bool operator==(const Window&, const Window&) = default;
};

// karpenter's vocabulary: at most so many of the selected VMs in motion at once. Without a window it always holds; of the
// budgets that hold, the most restrictive wins.
struct Budget {
  std::int64_t migrations = 0;    // absolute, or
  std::optional<double> percent;  // of the VMs that the policy selects, rounded up; set when written as "10%"
  std::optional<Window> window;
  friend bool operator==(const Budget&, const Budget&) = default;
};

inline const Budget kDefaultBudget{.migrations = 1, .percent = {}, .window = {}};

struct PerVm {
  Duration cooldown = minutes{15};  // after a move; doubles with each further move within 48 h, to at most 6 h
  std::int64_t moves_per_day = 4;   // in any 24 hours
  friend bool operator==(const PerVm&, const PerVm&) = default;
};

// Which nodes may receive.
struct Targets {
  Labels node_selector;            // all must match
  std::vector<std::string> zones;  // empty: any (label topology.kubernetes.io/zone)
  friend bool operator==(const Targets&, const Targets&) = default;
};

// Where the figure comes from that a threshold looks at.
struct PromQlSignal {
  std::string query;  // an instant vector; one series per VM
  std::string namespace_label = "namespace";
  std::string name_label = "name";
  friend bool operator==(const PromQlSignal&, const PromQlSignal&) = default;
};
enum class KubeVirtMetric {
  CpuUtilization,     // used / vCPUs, 0..1
  CpuDelay,           // seconds waited for a physical CPU per second and vCPU, 0..1: steal
  MemoryUtilization,  // used / available to the guest, 0..1
};
struct KubeVirtMetricSignal {
  KubeVirtMetric metric = KubeVirtMetric::CpuUtilization;
  Duration window = minutes{2};  // of the rate
  friend bool operator==(const KubeVirtMetricSignal&, const KubeVirtMetricSignal&) = default;
};
struct GuestReportSignal {  // what an agent in the guest reports; the port is here, the agent is to come
  std::string name;
  friend bool operator==(const GuestReportSignal&, const GuestReportSignal&) = default;
};
struct NamedSignal {  // a query that the administrator offers by this name (core/signal_offer.h)
  std::string name;
  std::string unit;  // of its figures, as the administrator says, or ""; no field of the policy
  friend bool operator==(const NamedSignal&, const NamedSignal&) = default;
};
using Signal = std::variant<PromQlSignal, KubeVirtMetricSignal, GuestReportSignal, NamedSignal>;

enum class Direction { Above, Below };

struct ThresholdSettings {
  static constexpr std::string_view kType = "Threshold";
  Signal signal;
  Direction direction = Direction::Above;
  double level = 0;
  double hysteresis = 0;            // in the signal's unit: a breach ends at level - hysteresis (Above) or + (Below)
  Duration for_duration{};          // how long it must be breached without a gap
  Duration interval = seconds{30};  // between evaluations; at least 1 s
  double minimum_gain = 0.1;        // of the source's CPU or memory pressure that the move must take off, 0..1
  friend bool operator==(const ThresholdSettings&, const ThresholdSettings&) = default;
};

// How a pool of nodes is packed (one file each in operator/consolidate).
enum class ConsolidationStrategy { Balanced, DynamicRoundRobin, Fuzzy, Placement };
[[nodiscard]] std::string_view to_string(ConsolidationStrategy strategy);

enum class Forecasting { None, Weekly };
[[nodiscard]] std::string_view to_string(Forecasting forecasting);

struct ConsolidationSettings {
  static constexpr std::string_view kType = "Consolidation";
  ConsolidationStrategy strategy = ConsolidationStrategy::Balanced;
  Selector nodes;                              // that may be emptied; never the control plane
  Duration interval = minutes{5};              // between two looks at the whole
  std::int64_t max_moves = 100;                // in one round of packing
  std::int64_t reserve_nodes = 1;              // that stay on though they are not needed, or
  std::optional<double> reserve_percent;       // of the capacity in use; set when written as "10%"
  Duration retirement_threshold = minutes{5};  // a retiring node waits so long for its VMs to end
  double overload = 0.85;                      // a node above this share of its CPU or memory
  double low_load = 0.3;                       // the pool below this share of both
  double move_cost_joules = 500;               // that disturbing a VM by a move is worth, besides the energy that the move takes
  struct PowerDown {
    bool enabled = false;
    Duration after = minutes{10};  // a node must have been empty for so long
    // Of each zone's nodes, so many at most are out of service: a count, or a share when written as "40%". Neither: as many as
    // leave the node controller sure that the zone is sound, though one more fails (core/reserve.h).
    std::optional<std::int64_t> max_resting_nodes;
    std::optional<double> max_resting_percent;
    // What becomes of ordinary pods on a node that is to be switched off.
    struct Drain {
      bool evicts = true;       // false: they keep the node on
      bool local_data = false;  // also those with an emptyDir
      bool jobs = false;        // also those of Jobs
      bool bare_pods = false;   // also those that nobody controls
      Duration deadline = minutes{15};
      friend bool operator==(const Drain&, const Drain&) = default;
    } drain;
    // Whether nodes are woken for what was asked for at this time of the weeks before (consolidate/weekly_demand.h).
    Forecasting forecast = Forecasting::None;
    Duration max_sleep = hours{14 * 24};  // then a node is woken: its certificates and its clock need it now and then
    // When nodes that have not been off and back for so long, and those in quarantine, are put through one sleep and wake.
    struct WakeTest {
      Window window;
      Duration every = hours{30 * 24};
      friend bool operator==(const WakeTest&, const WakeTest&) = default;
    };
    std::optional<WakeTest> wake_test;
    friend bool operator==(const PowerDown&, const PowerDown&) = default;
  } power_down;
  friend bool operator==(const ConsolidationSettings&, const ConsolidationSettings&) = default;
};

// Types that are not acted on yet; their settings come with them. A policy of such a type bounds nobody.
struct GeoSettings {
  static constexpr std::string_view kType = "Geo";
  friend bool operator==(const GeoSettings&, const GeoSettings&) = default;
};
struct EncryptedSettings {
  static constexpr std::string_view kType = "Encrypted";
  friend bool operator==(const EncryptedSettings&, const EncryptedSettings&) = default;
};
struct RandomIntervalSettings {
  static constexpr std::string_view kType = "RandomInterval";
  friend bool operator==(const RandomIntervalSettings&, const RandomIntervalSettings&) = default;
};

// One alternative for each type of policy; kType is its name in the API's field `type`.
using PolicySettings =
    std::variant<ThresholdSettings, GeoSettings, EncryptedSettings, RandomIntervalSettings, ConsolidationSettings>;
[[nodiscard]] std::string_view type_of(const PolicySettings& settings);  // "Threshold"
[[nodiscard]] bool is_acted_on(const PolicySettings& settings);

struct PolicySpec {
  PolicyMode mode = PolicyMode::Recommend;
  bool suspend = false;
  Selector selector;                         // of VMIs, by label
  Selector namespaces;                       // ClusterMigrationPolicy only, by label of the namespace; and
  std::vector<std::string> namespace_names;  // by name; both empty: every namespace
  std::vector<Window> schedule;              // when moves may happen; empty: always
  std::vector<Budget> budgets;               // default: one budget of 1 (kDefaultBudget)
  PerVm per_vm;
  Targets targets;
  PolicySettings settings;
  friend bool operator==(const PolicySpec&, const PolicySpec&) = default;
};

// Reference to a policy: an empty namespace means a ClusterMigrationPolicy.
struct PolicyRef {
  ObjectKey key;
  std::string uid;
  [[nodiscard]] bool cluster_wide() const { return key.ns.empty(); }
  friend auto operator<=>(const PolicyRef&, const PolicyRef&) = default;
};

// Why a condition of a policy stands as it does.
enum class ConditionReason {
  // Ready
  Watching,
  NothingSelected,
  Suspended,
  Invalid,
  NotImplemented,
  KubeVirtAbsent,
  KubeVirtTooOld,
  PromQlNotAllowed,  // it is an owner's, and the administrator has not allowed that
  SignalInvalid,
  SignalUnavailable,
  // Reconciling
  MovesInFlight,
  Settled,
  // Stalled; if it is, the reason is that of Ready
  NotStalled,
};
[[nodiscard]] std::string_view to_string(ConditionReason reason);  // "Watching"

// metav1.Condition.
struct Condition {
  std::string type;
  bool status = false;
  Word<ConditionReason> reason;
  std::string message;
  std::int64_t observed_generation = 0;
  std::optional<Instant> since;  // lastTransitionTime
  friend bool operator==(const Condition&, const Condition&) = default;
};

// How a move stands.
enum class MoveResult { InFlight, Cancelling, Succeeded, Failed, Cancelled };
[[nodiscard]] std::string_view to_string(MoveResult result);  // "Succeeded"; "" of one in flight

// One move, as the policy's status keeps it (newest first, at most kMaxMoves, at most 48 h). With the migrations in the
// cluster it is the ledger from which cooldowns and daily limits are counted after a restart.
struct MoveRecord {
  std::string vm;  // name, or ns/name in a ClusterMigrationPolicy
  std::string vm_uid;
  std::string migration;  // name of the VMIM
  std::string migration_uid;
  std::string source;
  std::string target;
  Instant started{};
  std::optional<Instant> ended;                    // absent while in flight
  Word<MoveResult> result = MoveResult::InFlight;  // one that ended with an unknown result counts as failed
  std::string reason;                              // why it was made, or why it failed
  friend bool operator==(const MoveRecord&, const MoveRecord&) = default;
};
inline constexpr std::size_t kMaxMoves = 100;

// What a decision about a VM comes to.
enum class Verdict { Move, Recommended, Moving, Waiting, Hold, Immovable };
[[nodiscard]] std::string_view to_string(Verdict verdict);  // "Move"

// What was decided about one VM, in words and figures, as the status shows it.
struct VmVerdict {
  std::string vm;  // name, or ns/name in a ClusterMigrationPolicy
  Word<Verdict> verdict;
  Word<Reason> reason;
  std::string message;                    // one sentence
  std::string target;                     // node, when there is one
  std::optional<double> value;            // of the signal when the verdict was formed
  std::optional<Instant> breached_since;  // survives a restart, so that `for` starts where it was
  friend bool operator==(const VmVerdict&, const VmVerdict&) = default;
};
inline constexpr std::size_t kMaxVerdicts = 50;

struct PolicyStatus {
  std::int64_t observed_generation = 0;
  std::vector<Condition> conditions;  // Ready, Reconciling, Stalled
  std::int64_t selected_vms = 0;
  std::int64_t breaching_vms = 0;
  std::int64_t immovable_vms = 0;
  std::int64_t moves_in_flight = 0;
  std::int64_t migration_slots_used = 0;  // of KubeVirt's parallelMigrationsPerCluster
  std::int64_t migration_slots_total = 0;
  std::vector<VmVerdict> verdicts;  // breaching or immovable VMs, by name, at most kMaxVerdicts
  std::vector<MoveRecord> moves;
  friend bool operator==(const PolicyStatus&, const PolicyStatus&) = default;
};

struct Policy {
  PolicyRef ref;
  std::int64_t generation = 0;
  Instant created{};
  PolicySpec spec;
  // What the schema let through but Drover can't act on, such as a duration that is none. Empty: valid. Names field and fix.
  std::string problem;
  // The same, if it leaves unknown what the policy asks of whoever moves its VMs: their selector, its mode, times, budgets,
  // targets.
  std::string limits_problem;
  PolicyStatus status;  // as last read from the cluster
  friend bool operator==(const Policy&, const Policy&) = default;
};

}  // namespace drover
