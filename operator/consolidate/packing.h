// Packing: a plan in the making: which VM would run where, and how likely each node then is to be asked for more CPU than it has.
//
// The risk of a node follows from the exponent of Chernoff's bound on that chance, by the growth figures of its VMs
// (demand_history.h): I is the largest over the points of point * capacity / largest node - sum of growth, and a normal
// distribution with that exponent exceeds with the chance erfc(sqrt(I)) / 2, exact where demand is normal and its mean below the
// room, half beyond. Many small VMs need less room together than each would alone, and a VM with rare high peaks needs more than
// one that always wants the same. Memory, and CPU that the scheduler reserves, are held at both ends of a move: what a VM leaves
// behind is not given to another in the same plan, so the moves can be carried out in any order.
//
// CPU and memory in the pool's units. The pool and the history must outlive it. Thread safety: none.
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "consolidate/demand_history.h"
#include "consolidate/pool.h"

namespace drover {

using ByPoint = std::array<double, kPoints.size()>;

struct NodeLoad {
  double mean = 0;
  double next = 0;
  double variance = 0;  // of demand around the mean
  double demand = 0;    // in the newest sample
  ByPoint growth{};
  Amounts reserved;       // of the VMs that run or arrive there, leaving ones too;
  std::int64_t held = 0;  // so many they are
  std::vector<int> vms;   // that are to be there in the end

  void hold(const PoolVm& vm, int sign) {
    reserved += {sign * vm.reserved.cpu, sign * vm.reserved.memory};
    held += sign;
  }
};

// Expected of what a normal distribution exceeds a limit by, that is `over` below its mean.
[[nodiscard]] double expected_excess(double over, double variance);

class Packing {
 public:
  Packing(const Pool& pool, const DemandHistory& history, double usable);

  [[nodiscard]] const Pool& pool() const { return *pool_; }
  [[nodiscard]] int nodes() const { return static_cast<int>(load_.size()); }
  [[nodiscard]] int vms() const { return static_cast<int>(at_.size()); }
  [[nodiscard]] const PoolNode& node(int node) const { return pool_->nodes[static_cast<std::size_t>(node)]; }
  [[nodiscard]] const PoolVm& vm(int vm) const { return pool_->vms[static_cast<std::size_t>(vm)]; }
  [[nodiscard]] const Forecast& forecast(int vm) const { return history_->of(vm); }
  [[nodiscard]] const NodeLoad& load(int node) const { return load_[static_cast<std::size_t>(node)]; }
  [[nodiscard]] bool empty(int node) const { return load(node).vms.empty(); }
  [[nodiscard]] int node_of(int vm) const { return at_[static_cast<std::size_t>(vm)]; }
  [[nodiscard]] int home_of(int vm) const { return home_[static_cast<std::size_t>(vm)]; }
  [[nodiscard]] bool moved(int vm) const { return node_of(vm) != home_of(vm); }
  // It may be moved in this plan, and has not been.
  [[nodiscard]] bool free(int vm) const;
  // There is room for what is reserved for the VM, and for its pod.
  [[nodiscard]] bool has_room(int node, int vm) const;
  // That, and the VM may run there.
  [[nodiscard]] bool admits(int node, int vm) const;
  // What so many of the nodes in use hold at most, by the pods that each may run.
  [[nodiscard]] std::int64_t most_vms_on(int nodes) const;

  // Share of the node's CPU that may be asked for before it counts as overloaded, in the pool's unit.
  [[nodiscard]] double room(int node) const { return usable_ * this->node(node).capacity.cpu; }
  // The chance that more than that is asked for: 0..1.
  [[nodiscard]] double risk(int node) const { return chances_[static_cast<std::size_t>(node)].risk; }
  [[nodiscard]] double risk_with(int node, int vm) const;
  [[nodiscard]] double risk_without(int node, int vm) const;
  // The nodes in service with VMs on them to which more may be moved, by risk and then by index.
  struct AtRisk {
    double risk = 0;
    int node = -1;
    friend bool operator<(const AtRisk& a, const AtRisk& b) { return a.risk != b.risk ? a.risk < b.risk : a.node < b.node; }
  };
  [[nodiscard]] const std::vector<AtRisk>& by_risk() const { return by_risk_; }
  // What a VM adds to the exponent of a node at each point; and by how much the risk of the node rises at least with it, which is
  // far cheaper to tell than by how much.
  [[nodiscard]] ByPoint added_by(int vm) const;
  [[nodiscard]] double least_rise(int node, const ByPoint& added) const;
  // CPU that is wanted beyond all that the node has, expected in the long run: of a normal distribution.
  [[nodiscard]] double shortfall(int node) const { return shortfall_of(node, nullptr, 0); }
  [[nodiscard]] double shortfall_with(int node, int vm) const { return shortfall_of(node, &forecast(vm), 1); }
  [[nodiscard]] double shortfall_without(int node, int vm) const { return shortfall_of(node, &forecast(vm), -1); }

  void move(int vm, int node);

 private:
  [[nodiscard]] double shortfall_of(int node, const Forecast* vm, double sign) const;
  [[nodiscard]] double risk_of(int node, const Forecast* vm, double sign) const;
  void add(int vm, int node, double sign);
  void reckon(int node);

  const Pool* pool_;
  const DemandHistory* history_;
  double usable_;
  std::vector<int> at_, home_;
  std::vector<NodeLoad> load_;
  // What follows from the load of a node, and is asked for again and again.
  struct Chance {
    ByPoint at{};         // the exponent's terms, by point
    double exponent = 0;  // the least of them, at most 0
    double risk = 0;
    std::array<double, 3> rises{};  // of the risk with the exponent: the first terms of its Taylor series
    bool listed = false;            // in by_risk_
  };
  std::vector<Chance> chances_;
  std::vector<AtRisk> by_risk_;
};

// All derivatives of erfc(sqrt(-exponent)) by the exponent are positive, so the first terms of its Taylor series are less than the
// whole. A little less still, so that rounding does not make them more.
inline double Packing::least_rise(int node, const ByPoint& added) const {
  const Chance& chance = chances_[static_cast<std::size_t>(node)];
  double exponent = 0;
  for (std::size_t i = 0; i < kPoints.size(); ++i) exponent = std::min(exponent, chance.at[i] + added[i]);
  const double d = exponent - chance.exponent;
  if (d < 0) return -std::numeric_limits<double>::infinity();
  const double rise = d * (chance.rises[0] + d * (chance.rises[1] + d * chance.rises[2]));
  return rise * (1 - 1e-9) - 1e-12 * chance.risk;
}

}  // namespace drover
