// Packing: a placement in the making. Every VM is on a node or in the pool of those that wait for one; every node is open or
// closed, a closed one is to end empty. Kept incrementally: the room of each node, its VMs, the weight of the pool, and how many
// VMs are not where they are today (those in the pool count as moved).
//
// Only the end of a plan is meant here, not the order of its moves (order.h). Thread safety: none; a value.
#pragma once

#include <vector>

#include "base/index.h"
#include "placement/instance.h"

namespace drover::placement {

class Packing {
 public:
  static constexpr int kPool = -1;

  // Everything at home; nodes without VMs are closed. The instance must outlive it.
  explicit Packing(const Instance& instance);

  [[nodiscard]] const Instance& instance() const { return *instance_; }
  [[nodiscard]] int node_of(int vm) const { return at_[index(vm)]; }
  [[nodiscard]] int home_of(int vm) const { return instance_->vms[index(vm)].node; }
  [[nodiscard]] bool at_home(int vm) const { return node_of(vm) == home_of(vm); }
  [[nodiscard]] const Size& size_of(int vm) const { return instance_->vms[index(vm)].size; }
  [[nodiscard]] double weight_of(int vm) const { return weight_[index(vm)]; }
  [[nodiscard]] const Size& room_on(int node) const { return room_[index(node)]; }
  [[nodiscard]] const std::vector<int>& vms_on(int node) const { return on_[index(node)]; }
  [[nodiscard]] const std::vector<int>& pool() const { return pool_; }
  [[nodiscard]] double pool_weight() const { return pool_weight_; }
  [[nodiscard]] int moved() const { return moved_; }
  [[nodiscard]] int moves_left() const { return instance_->most_moves - moved_; }
  [[nodiscard]] bool closed(int node) const { return closed_[index(node)] != 0; }
  [[nodiscard]] const std::vector<int>& open_nodes() const { return open_; }
  [[nodiscard]] const std::vector<int>& closed_nodes() const { return shut_; }
  [[nodiscard]] const std::vector<int>& native_vms(int node) const { return native_[index(node)]; }
  [[nodiscard]] const std::vector<int>& placement() const { return at_; }
  [[nodiscard]] bool fits(int vm, int node) const { return size_of(vm).fits(room_on(node)); }
  [[nodiscard]] double skew(int node, std::int64_t cpu, std::int64_t memory) const {
    const double c = static_cast<double>(room_on(node).cpu + cpu) * per_cpu_;
    const double m = static_cast<double>(room_on(node).memory + memory) * per_memory_;
    return c > m ? c - m : m - c;
  }
  // How much of a node's room would be left, as a share of a mean node, after the VM has come.
  [[nodiscard]] double slack_after(int vm, int node) const;
  // VMs that closing the node would move on top of those moved already.
  [[nodiscard]] int price_of_closing(int node) const;

  void place(int vm, int node);  // from the pool
  void lift(int vm);             // into the pool
  void close(int node);          // its VMs go into the pool
  // Its own VMs come home, wherever they are; it must be able to hold them.
  void reopen(int node);

  // What a packing was, to go back to it.
  struct Saved {
    std::vector<int> at;
    std::vector<char> closed;
    double pool_weight = 0;
    int moved = 0;
  };
  [[nodiscard]] Saved save() const { return {at_, closed_, pool_weight_, moved_}; }
  void load(const Saved& saved);

 private:
  void set_closed(int node, bool closed);

  const Instance* instance_;
  std::vector<int> at_;
  std::vector<int> slot_;  // of each VM, in on_ of its node or in pool_
  std::vector<double> weight_;
  std::vector<Size> room_;
  std::vector<std::vector<int>> on_;
  std::vector<std::vector<int>> native_;  // the VMs of each node today
  std::vector<char> closed_;
  std::vector<int> open_;
  std::vector<int> shut_;
  std::vector<int> place_;  // of each node, in open_ or shut_
  std::vector<int> pool_;
  double pool_weight_ = 0;
  double per_cpu_ = 0;  // of a mean node
  double per_memory_ = 0;
  int moved_ = 0;
};

}  // namespace drover::placement
