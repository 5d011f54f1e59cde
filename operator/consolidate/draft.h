// Draft: an advice in the making. It keeps what the nodes will hold and in which life they will be once the advice so far has been
// carried out, so that no two parts of one advice count on the same room.
//
// A VM that is moving holds room at both ends until it has arrived; what it wants leaves its source. Pure; a value that can be
// copied to try something. The pool must outlive it. Thread safety: none.
#pragma once

#include <string>
#include <vector>

#include "consolidate/pool.h"
#include "consolidate/strategy.h"

namespace drover {

class Draft {
 public:
  explicit Draft(const Pool& pool);

  [[nodiscard]] const Pool& pool() const { return *pool_; }
  [[nodiscard]] const PoolNode& node(int index) const { return pool_->nodes[static_cast<std::size_t>(index)]; }
  [[nodiscard]] const PoolVm& vm(int index) const { return pool_->vms[static_cast<std::size_t>(index)]; }
  [[nodiscard]] int nodes() const { return static_cast<int>(pool_->nodes.size()); }
  [[nodiscard]] int vms() const { return static_cast<int>(pool_->vms.size()); }

  [[nodiscard]] NodeLife life(int node) const { return holds_[static_cast<std::size_t>(node)].life; }
  // It has power and may hold VMs: Active, or on its way out.
  [[nodiscard]] bool serves(int node) const;
  // VMs may be moved to it, or started on it.
  [[nodiscard]] bool open(int node) const { return life(node) == NodeLife::Active && this->node(node).receives; }
  // VMs on it, those on their way to it included.
  [[nodiscard]] int count(int node) const { return holds_[static_cast<std::size_t>(node)].count; }
  // Of these, the ones that will still be there when all moves have ended.
  [[nodiscard]] int staying(int node) const { return held(node).count - held(node).going; }
  // The VMs that run on it and are not moving, nor moved by this advice, in order of key.
  [[nodiscard]] std::vector<int> resident(int node) const;
  // What its VMs want as a share of what it has, without those on their way from it; 0 where it has nothing.
  [[nodiscard]] double cpu_share(int node) const;
  [[nodiscard]] double memory_share(int node) const;

  // Whether the VM may run there and there is room: what is reserved stays within the node's capacity, what is wanted within
  // `limit` of it, and a place for its pod is left. The node's life is not looked at.
  [[nodiscard]] bool fits(int vm, int node, double limit) const;

  // TakeBack of a node that this advice retired undoes the retirement.
  void order(int node, NodeOrder::Act act, std::string reason);
  void move(int vm, int target, bool relief, std::string reason);
  // A VM that waits for a node will be started there.
  void expect(int vm, int node);
  void note(std::string text) { advice_.notes.push_back(std::move(text)); }

  [[nodiscard]] int moves() const { return static_cast<int>(advice_.moves.size()); }
  [[nodiscard]] bool ordered(int node) const { return holds_[static_cast<std::size_t>(node)].ordered; }
  [[nodiscard]] Advice take() { return std::move(advice_); }

 private:
  struct Held {
    Amounts wanted;
    Amounts leaving;  // of wanted
    Amounts reserved;
    int count = 0;
    int going = 0;  // of count
    NodeLife life = NodeLife::Active;
    bool ordered = false;
  };

  [[nodiscard]] Held& held(int node) { return holds_[static_cast<std::size_t>(node)]; }
  [[nodiscard]] const Held& held(int node) const { return holds_[static_cast<std::size_t>(node)]; }
  void hold(int vm, int node);
  void leave(int vm);

  const Pool* pool_;
  std::vector<Held> holds_;            // by node
  std::vector<std::vector<int>> vms_;  // by node: those that run on it and are not moving
  std::vector<bool> placed_;           // by VM: moved or expected somewhere by this advice
  Advice advice_;
};

}  // namespace drover
