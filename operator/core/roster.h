// Roster: a cache of why_immovable (core/feasibility.h) for every VM, and of what every node has, kept from look to look. Objects
// are immutable once they are in the view's tables, so an entry is stale only when the address of the VM, of a launcher pod of it
// or of a migration of it has changed. The roster shares the objects, so that no new one can be given the address of one that it
// remembers. Which may have changed the view tells (ClusterView::changes); where it cannot, all are gone through.
//
// The answers are those that a new roster would give. Thread safety: none; the core's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/feasibility.h"
#include "model/cluster_view.h"

namespace drover {

class Roster {
 public:
  static constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);

  // What a look asks of every VM is kept beside the object, so that most objects need not be touched.
  struct Entry {
    std::shared_ptr<const Vm> vm;
    ObjectKey key;
    bool is_final = false;
    std::size_t node = kNowhere;           // the number of its node among the view's
    bool moved = false;                    // KubeVirt tells of a migration of it
    std::optional<Immovable> immovable{};  // why_immovable() of a VM that is in no move
  };

  void update(const ClusterView& view);

  // Of all VMs, by key.
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  // Likewise of every node, in the view's order.
  struct NodeEntry {
    std::shared_ptr<const Node> node;
    std::string name;
    PodsTotal allocatable;
    bool schedulable = false;  // KubeVirt's virt-handler beats on it
    std::string zone;
  };
  [[nodiscard]] const std::vector<NodeEntry>& nodes() const { return nodes_; }
  // What the pods on the node that carry no VM request, CPU in millicores and memory in bytes; the node's number among the view's.
  struct Other {
    std::int64_t cpu_milli = 0;
    std::int64_t memory_bytes = 0;
  };
  [[nodiscard]] Other others_on(std::size_t node) const;
  // What launcher pods that are bound to a node request, CPU in millicores and memory in bytes, and how many request just that.
  using Sizes = std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t>;
  [[nodiscard]] const Sizes& launcher_sizes() const { return launcher_sizes_; }
  // The first whose key is not before this one.
  [[nodiscard]] std::vector<Entry>::const_iterator from(const ObjectKey& key) const;
  // The pods that wait for a node that can take them (Pod::waits_for_a_node), by key.
  [[nodiscard]] const std::map<ObjectKey, std::shared_ptr<const Pod>>& waiting() const { return waiting_; }

 private:
  [[nodiscard]] std::vector<ObjectKey> changed_by_pods(const ClusterView& view);
  [[nodiscard]] std::vector<ObjectKey> changed_by_migrations(const ClusterView& view);

  [[nodiscard]] std::size_t number_of(const std::string& node) const;
  void number_nodes(const ClusterView& view);

  struct {
    RecentChanges::Mark vms, pods, migrations;
  } marks_;  // up to where the view's tables were followed
  std::vector<Entry> entries_;
  std::vector<NodeEntry> nodes_;
  std::vector<std::shared_ptr<const Pod>> pods_;
  std::vector<std::shared_ptr<const Migration>> migrations_;
  std::map<std::string, ObjectKey> keys_;  // by uid of the VM
  std::map<ObjectKey, std::shared_ptr<const Pod>> waiting_;
  std::map<std::string, Other> others_;  // by name of node
  Sizes launcher_sizes_;
};

// why_immovable() of a VM of a roster that is up to date: only one that the plan moves is asked about anew.
[[nodiscard]] std::optional<Immovable> why_immovable_now(const ClusterView& view, const Roster::Entry& entry, const Plan& plan);

}  // namespace drover
