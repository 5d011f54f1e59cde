// Reserve: what must stay on. Room for spec.consolidation.reserve, on nodes that serve and on Empty ones, which Drover
// uncordons for whoever waits; and so many nodes of each zone in service as powerDown.maxResting says. Room is counted as the
// scheduler counts it, in requests. The VMs of nodes that are leaving need room, and places for their pods, on those that serve.
// And room for the largest VM on one node, for as long as one has it: room that is spread over many nodes starts no large VM again.
// And whatever else is on them, the nodes of the control plane, of storage, and the one that Drover runs on. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "consolidate/pool.h"
#include "core/options.h"
#include "core/roster.h"
#include "model/cluster_view.h"

namespace drover {

// CPU in cores and memory in bytes, of allocatable or requests.
[[nodiscard]] Amounts amounts_of(const Resources& resources);

// How many more pods the node may run.
[[nodiscard]] std::int64_t places_on(const ClusterView& view, const Node& node);

// Why the policy may never empty the node, whatever is on it, or "".
[[nodiscard]] std::string why_kept_on(const Node& node, const ConsolidationSettings& settings, const CoreOptions& options);

// The node controller takes a zone for broken, and puts off evicting pods there, when more than two of its nodes and at least 55 %
// of them are not Ready (kube-controller-manager, --unhealthy-zone-threshold). Unless the settings say otherwise so many of a
// zone's nodes are off at most that one of the others may fail besides; never all. Where nodes are switched off, as many more of
// all zones together may rest as the reserve, given as a number of nodes, keeps on.
class Reserve {
 public:
  // The roster is up to date with the view. `expected` will soon be asked for besides: as much room is kept, if the reserve
  // is not as much.
  Reserve(const ClusterView& view, const Roster& roster, const ConsolidationSettings& settings, const Amounts& expected = {});

  // What would be missing if the node, which is Active now, no longer served, or if it is Empty now, were switched off; or "".
  [[nodiscard]] std::string problem_without(const Node& node) const;
  // How much room is missing now for the reserve and what is expected; below zero what is over.
  [[nodiscard]] Amounts lacking() const;
  // How many more of the zone's nodes may rest, whatever room there is.
  [[nodiscard]] int more_may_rest(std::string_view zone) const;

 private:
  // What the reserve must have room for; `largest`: the largest node that is left.
  [[nodiscard]] Amounts asked(const Amounts& largest) const;
  [[nodiscard]] Amounts with_expected(const Amounts& reserve) const;
  // If so many more of its nodes rested, of which so many serve now.
  [[nodiscard]] std::string zone_problem(std::string_view zone, int more, int of_serving) const;
  // If one more of its nodes that rest were off.
  [[nodiscard]] std::string off_problem(std::string_view zone) const;
  [[nodiscard]] bool bounds_what_rests() const;  // the settings say how many
  // Of the reserve's nodes, how many may rest in the zone besides those that may be off: what other zones use of them is gone.
  [[nodiscard]] std::int64_t spare_in(std::string_view zone) const;

  struct Zone {
    int nodes = 0;  // whatever they do
    int resting = 0;
    int off = 0;   // of those: switched off, or on its way there or back
    int down = 0;  // not Ready, and not off
    int serving = 0;
    int may_be_off = 0;
  };
  // If the node, which has so much free, could no longer take a VM.
  [[nodiscard]] std::string large_vm_problem(const PodsTotal& free) const;
  void count_rooms_for_large_vms(const Roster& roster, const std::vector<PodsTotal>& wholes, const std::vector<PodsTotal>& frees);

  // VMs that request so much: of those that no other exceeds in both.
  struct LargeVm {
    PodsTotal requests;
    int takers = 0;  // nodes that could take it if they held nothing but their own pods, wherever they stand in their lives
    int rooms = 0;   // nodes in service or at hand that have room for it
  };
  std::vector<LargeVm> large_vms_;
  const ClusterView& view_;
  const ConsolidationSettings& settings_;
  Amounts expected_;
  std::map<std::string, Zone, std::less<>> zones_;
  Amounts room_;             // on the nodes that serve, less what the VMs of the others take
  Amounts empty_;            // on the Empty nodes
  std::int64_t places_ = 0;  // for pods, on the nodes that serve, likewise
  Amounts in_use_;           // by all VMs, and by all pods that are no part of their nodes
  Amounts largest_[2];       // node of both kinds, and the second: of CPU and of memory each
};

}  // namespace drover
