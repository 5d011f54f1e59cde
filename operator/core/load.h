// How loaded nodes are, and would be with another VM on them, from what VMs really use.
//
// Pressure is the larger of CPU demand over CPU and memory use over memory; 1 means full, above 1 means VMs wait. Demand counts the
// time a VM waited for a CPU as if it had got it. A VM without figures is unknown: it counts as nothing where that makes a move
// look worse (its source), and as all of its vCPUs and memory where that does (a target). What VMs request plays no part; pods that
// carry none are not measured, and count with what they request, at a source and at a target.
//
// Refers to names in the view, which must outlive it. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/plan.h"
#include "core/roster.h"
#include "model/cluster_view.h"
#include "model/use.h"

namespace drover {

struct Demand {
  double cpu_cores = 0;
  double memory_bytes = 0;
};

// What a VM needs, or empty when its CPU or memory use is unknown.
[[nodiscard]] std::optional<Demand> demand_of(const VmUse& use);
[[nodiscard]] std::optional<Demand> demand_of(const UseTable& use, const ObjectKey& vm);

class Loads {
 public:
  Loads(const ClusterView& view, const UseTable& use, const Plan& plan);
  // Overload for callers that have a roster, up to date with the view: saves a pass over all VMs.
  Loads(const ClusterView& view, const Roster& roster, const UseTable& use, const Plan& plan);

  // Of a source: known demand of the VMs that stay, without those that are moving away.
  [[nodiscard]] std::optional<double> pressure_now(const std::string& node) const;
  // Of a target, with everything that is on it or arriving, and `extra` on top. Empty for a node without capacity figures.
  [[nodiscard]] std::optional<double> pressure_with(const std::string& node, const Demand& extra) const;
  // The same, by the node's index in the order of the view.
  [[nodiscard]] std::optional<double> pressure_with(std::size_t number, const Demand& extra) const;
  // Counts one more arrival.
  void arrive(const std::string& node, const Demand& demand);
  void leave(const std::string& node, const Demand& demand);

 private:
  struct NodeLoad {
    std::string_view name;  // the view's
    double cpu_cores = 0;   // capacity
    double memory_bytes = 0;
    Demand staying;  // known demand of VMs that stay
    Demand most;     // of everything there or arriving, unknowns at their most
  };
  [[nodiscard]] const NodeLoad* find(std::string_view node) const;
  [[nodiscard]] NodeLoad* find(std::string_view node);

  std::vector<NodeLoad> nodes_;  // by name, as in the view
};

}  // namespace drover
