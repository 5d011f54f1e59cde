// What Drover writes on a node: where it stands in its life, what it tells other controllers there, and what it remembers of the
// node across restarts and its own policies.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace drover {

struct Node;

// Where a node stands in its life (design: node life). Drover writes it on the Node, so that a crash at any point resumes or
// undoes.
enum class NodeLife { Active, Retiring, Draining, Empty, PoweringOff, Asleep, Waking, Quarantined };
[[nodiscard]] std::string_view to_string(NodeLife life);
[[nodiscard]] std::optional<NodeLife> node_life(std::string_view name);

// What Drover wrote on a node (annotations of the prefix drover.dev/, and a cordon). A node without marks is Active.
struct NodeMarks {
  NodeLife life = NodeLife::Active;
  Instant since{};
  std::string policy_uid;  // whose it is
  std::string reason;
  bool cordoned = false;          // spec.unschedulable is Drover's doing
  std::vector<std::string> told;  // keys of what Drover tells others by on this node (kTold), as far as it was not there before
  std::string platform;           // while it is off: the platform's version when it went
  bool test = false;              // it is put through a wake test, from the first mark until it serves or is quarantined
  // From when it is switched off until it serves again: what it had then and must have again.
  std::vector<std::string> csi_drivers;  // that had registered
  std::vector<std::string> services;     // DaemonSets of which a pod was Ready there (Pod::node_service): "kube-system/cilium"
  friend bool operator==(const NodeMarks&, const NodeMarks&) = default;
};

// What is remembered of a node for good, whoever leads it.
struct NodeRecord {
  static constexpr std::size_t kWakes = 20;
  std::vector<Instant> offs;      // when it was to be switched off, within the last day; rising
  std::optional<Instant> woken;   // when it last came back from being off
  std::optional<Instant> tested;  // when its last wake test began
  std::vector<Duration>
      wakes;  // how long the last of its wakes took, from the mark to its service; the newest last, kWakes at most
  friend bool operator==(const NodeRecord&, const NodeRecord&) = default;
};

// What a person asked of a node, by annotation (`drover node wake|sleep`, or kubectl). It comes before what policies want, and
// after what keeps the cluster safe.
struct NodeWish {
  enum class Act { Wake, Sleep };  // to serve; to be switched off, once
  Act act = Act::Wake;
  std::optional<Instant> until;  // empty: until it is taken away
  [[nodiscard]] bool holds(Act what, Instant now) const { return act == what && (!until || now < *until); }
  friend bool operator==(const NodeWish&, const NodeWish&) = default;
};

// The p-th share of the wakes took no longer; empty: none is known.
[[nodiscard]] std::optional<Duration> wake_quantile(const NodeRecord& record, double p);

// By what others are told that a node rests on purpose, from the life before it is switched off until it serves again.
struct Told {
  enum class Kind { Label, Annotation, Taint };
  Kind kind = Kind::Label;
  std::string_view key;
  std::string_view value;
  bool asleep_only = false;  // there only while it is proven to be off
};
inline constexpr Told kTold[] = {
    // medik8s' NodeHealthCheck and SelfNodeRemediation leave such a node alone.
    {Told::Kind::Label, "remediation.medik8s.io/exclude-from-remediation", "true"},
    // Load balancers send it nothing more.
    {Told::Kind::Label, "node.kubernetes.io/exclude-from-external-load-balancers", "true"},
    // cluster-autoscaler does not take it for one that is broken.
    {Told::Kind::Annotation, "cluster-autoscaler.kubernetes.io/scale-down-disabled", "true"},
    // People and queries.
    {Told::Kind::Label, "drover.dev/power", "off", true},
    // Pods that are deleted there go at once, so that DaemonSets roll out, KubeVirt's virt-handler among them. It must not be there
    // when the kubelet comes back.
    {Told::Kind::Taint, "node.kubernetes.io/out-of-service", "nodeshutdown", true},
};
[[nodiscard]] bool is_there(const Node& node, const Told& told);
[[nodiscard]] bool is_told(std::string_view key);

// Writes where the node stands in its life: marks, and the cordon as far as it is Drover's. A cordon and no taint of Drover's own,
// because every DaemonSet's pods tolerate it: virt-handler comes back on such a node. An Active life leaves none of them. Another's
// cordon stays, and stays theirs: what is then in node.marks differs from what was asked for. So with what others are told, and
// with the record: marks.since is when it comes to its life, Active too.
void write_marks(Node& node, const NodeMarks& marks);

// Whether it bears the taint by which earlier versions marked nodes at rest. write_marks() takes it off.
[[nodiscard]] bool has_old_taint(const Node& node);

// Annotations that people write on nodes.
namespace node_wish {
inline constexpr std::string_view kBmcAddress = "drover.dev/bmc-address";  // of its management controller, before its profile's
inline constexpr std::string_view kBareMetalHost = "drover.dev/bare-metal-host";  // "NAMESPACE/NAME": Metal3's, on which it runs
inline constexpr std::string_view kWish = "drover.dev/wish";                      // "wake" or "sleep"
inline constexpr std::string_view kWishUntil = "drover.dev/wish-until";           // RFC 3339
}  // namespace node_wish

// Annotations that Drover writes on nodes; they are its memory across restarts.
namespace node_mark {
inline constexpr std::string_view kLife = "drover.dev/node-life";             // "Retiring"
inline constexpr std::string_view kSince = "drover.dev/node-life-since";      // RFC 3339
inline constexpr std::string_view kPolicyUid = "drover.dev/node-policy-uid";  // of the ClusterMigrationPolicy
inline constexpr std::string_view kReason = "drover.dev/node-reason";         // one sentence
inline constexpr std::string_view kCordoned = "drover.dev/cordoned";          // "true": spec.unschedulable is Drover's doing
inline constexpr std::string_view kOldTaint = "drover.dev/retiring";          // taint of earlier versions
inline constexpr std::string_view kTold = "drover.dev/told";                  // "key,key"
inline constexpr std::string_view kPlatform = "drover.dev/platform-version";  // when it was switched off
inline constexpr std::string_view kCsiDrivers = "drover.dev/csi-drivers";     // then, joined by commas
inline constexpr std::string_view kServices = "drover.dev/node-services";     // likewise
inline constexpr std::string_view kTest = "drover.dev/wake-test";             // "true": it is put through one
inline constexpr std::string_view kTested = "drover.dev/wake-tested";         // RFC 3339
inline constexpr std::string_view kOffs = "drover.dev/power-offs";            // RFC 3339, of the last day, joined by commas
inline constexpr std::string_view kWoken = "drover.dev/woken";                // RFC 3339
inline constexpr std::string_view kWakeSeconds = "drover.dev/wake-seconds";   // of the last wakes, joined by commas
}  // namespace node_mark

}  // namespace drover
