// Arrivals: the pods that the scheduler found no node for, launchers of VMs and others, and the nodes at rest that are brought back
// for them, whatever a strategy says.
//
// One that is on before one that sleeps, and of those that sleep the one that is expected to wake fastest.
//
// A node is brought back only for a pod that could start on it once it serves: node selector, affinity, taints, and all that the
// pod requests, beside what was promised to others there. What Drover does not know (volumes, spread, quotas of devices) shows when
// the pod waits on though its node serves again and has room: after two such nodes pods like it are left aside, until the nodes of
// the cluster change or one of them starts after all. A pod that was changed is another pod.
//
// Remembers what a restart may forget. The same calls give the same answers. Thread safety: none; the core's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "consolidate/strategy.h"
#include "core/roster.h"
#include "model/cluster_view.h"

namespace drover {

// Whether the scheduler would let the pod onto the node once that serves, by all but room.
[[nodiscard]] bool could_start(const Pod& pod, const Node& node);

inline constexpr Duration kHelpTakes = minutes{2};  // within so long a pod starts on a node that was brought back for it
inline constexpr Duration kLookAgain = minutes{1};  // at pods that wait and that no node could help
inline constexpr int kVainHelps = 2;                // after which pods like it are left aside

class Arrivals {
 public:
  // A node to be brought back, and why. Asked for again at each call until the node is on its way.
  struct Return {
    std::string node;
    NodeOrder::Act act = NodeOrder::Act::TakeBack;
    std::string reason;
  };

  // Whether make_room() has something to do: a pod waits that it has not seen, one waits still though its node came back, or none
  // could help it a while ago.
  [[nodiscard]] bool any_news(const Roster& roster, Instant now) const;
  // Of the nodes that the policy of this uid put to rest, those that come back now.
  [[nodiscard]] std::vector<Return> make_room(const ClusterView& view, const Roster& roster, const std::string& policy_uid,
                                              Instant now);

  // The nodes that were brought back for pods that have not started there yet, each with the reason to leave it in service.
  [[nodiscard]] std::map<std::string, std::string> held_for_them() const;
  // Of each pod that waits and for which nothing is done: why.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  // Those of them that nodes came back for in vain: "VM vms/db".
  [[nodiscard]] const std::vector<std::string>& left_aside() const { return left_aside_; }
  // Those that have waited for some minutes and that no node at rest would take.
  [[nodiscard]] const std::vector<std::string>& helpless() const { return helpless_; }
  // When any_news() may say yes though nothing has changed.
  [[nodiscard]] std::optional<Instant> next() const;

  // How many waited when it last looked.
  [[nodiscard]] std::size_t count() const { return waiters_.size(); }

  void put_back(Duration by);

 private:
  // Pods that ask the same.
  struct Group {
    std::string ns;
    Resources requests;
    std::shared_ptr<const Scheduling> scheduling;
    int vain = 0;                 // nodes that served again, had room, and did not help
    std::set<std::string> tried;  // these
  };
  struct Waiter {
    std::shared_ptr<const Pod> pod;
    std::string name;  // "VM vms/db" or "pod web/a"
    std::shared_ptr<Group> group;
    std::string node;                 // that comes back, or came back, for it; "" none
    Instant promised{};               // when that was decided
    Instant until{};                  // by when it must serve
    std::optional<Instant> serves{};  // since when that node has been seen to serve
  };
  using Rooms = std::map<std::string, Resources>;  // what is left on nodes, by name; made when it is first asked for

  void forget_if_nodes_changed(const ClusterView& view);
  void meet(const ClusterView& view, const Roster& roster, Instant now);
  [[nodiscard]] std::shared_ptr<Group> group_of(const Pod& pod);
  void judge_promise(Waiter& waiter, const ClusterView& view, const std::string& policy_uid, Rooms& rooms, Instant now) const;
  // `held`: nodes that are promised to some.
  void promise(Waiter& waiter, const ClusterView& view, const std::string& policy_uid, std::set<std::string>& held, Rooms& rooms,
               Instant now);

  std::map<ObjectKey, Waiter> waiters_;
  std::vector<std::shared_ptr<Group>> groups_;
  Instant looked_{};         // when make_room() was called last
  std::uint64_t nodes_ = 0;  // a hash of what the answers depend on that only people change
  std::vector<std::string> notes_;
  std::vector<std::string> left_aside_;
  std::vector<std::string> helpless_;
};

}  // namespace drover
