// Required affinity and anti-affinity between a VM's launcher pod and other pods, as kube-scheduler's filter InterPodAffinity
// judges a new pod of a VM: by topology domain (a label of nodes and its value), both ways for anti-affinity.
//
// What is counted: every pod that is bound and not over, launchers or not, also the VM's own (the scheduler counts it too, so
// anti-affinity that matches the VM itself keeps the target pod out of its own domain), and, for anti-affinity only, the arrivals
// of the plan: what is not there yet can refuse a neighbour, but cannot be relied on.
//
// A term that can't be read whole (namespaceSelector, matchLabelKeys) is judged so that no move is made in vain: anti-affinity as
// if it held in every namespace, affinity as not met.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/plan.h"
#include "model/cluster_view.h"

namespace drover {

class PodAffinity {
 public:
  // `launcher` is the pod that the VM runs in now; the target pod will ask the same. Looks at every pod once
  // if it asks for or against neighbours, else at those that keep others away.
  PodAffinity(const ClusterView& view, const Vm& vm, const Pod& launcher, const Plan& plan);

  // It is no reason for or against any node.
  [[nodiscard]] bool has_none() const { return forbidden_.empty() && demands_.empty(); }
  // Appends one sentence part for each reason why the VM's next pod can't be on the node.
  void judge(const Node& node, std::vector<std::string>& obstacles) const;

 private:
  struct Demand {
    std::string topology_key;
    std::string text;  // of the term
    bool unreadable = false;
    std::set<std::string> values;  // the domains that have such a pod
  };
  using Domain = std::pair<std::string, std::string>;  // label and value

  void forbid(const PodAffinityTerm& term, const Node& node, std::string why);

  std::map<Domain, std::string> forbidden_;  // with the first reason found
  std::vector<Demand> demands_;
};

}  // namespace drover
