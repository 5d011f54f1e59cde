// Pool: the nodes and VMs that one consolidation policy governs, at one moment, as its strategy sees them. It is built from the
// ClusterView and the newest use (core/make_pool.h), or by a benchmark.
//
// CPU is in any one unit throughout a pool (cores; MIPS in the papers' setups), memory in bytes. Nodes are in order of name and VMs
// in order of key, and are named by their index. Values; nothing here calls anything.
#pragma once

#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/node.h"
#include "model/object.h"
#include "model/power.h"

namespace drover {

struct Amounts {
  double cpu = 0;
  double memory = 0;

  Amounts& operator+=(const Amounts& other) {
    cpu += other.cpu;
    memory += other.memory;
    return *this;
  }
  Amounts& operator-=(const Amounts& other) {
    cpu -= other.cpu;
    memory -= other.memory;
    return *this;
  }
  friend Amounts operator+(Amounts a, const Amounts& b) { return a += b; }
  friend Amounts operator-(Amounts a, const Amounts& b) { return a -= b; }
  friend bool operator==(const Amounts&, const Amounts&) = default;
};

struct PoolNode {
  std::string name;
  std::string zone;
  Amounts capacity;  // what VMs can use of it: without what other pods use or reserve
  std::int64_t most_vms = std::numeric_limits<std::int64_t>::max();  // so many pods besides the others may run on it
  PowerModel power;
  NodeLife life = NodeLife::Active;
  Instant since{};       // it has been in this life
  bool receives = true;  // VMs may be moved to it once it is in service: it is not cordoned by others, and ready if it is on
  std::string keeps_on;  // why it must not be emptied now, or ""
  bool measured =
      true;  // enough is known of its VMs' demand to say that it is overloaded; otherwise nothing is moved off it for that
};

struct PoolVm {
  ObjectKey key;
  std::string uid;
  int node = -1;            // where it runs, or where KubeVirt is starting it; -1: it waits for a node
  int moving_to = -1;       // the target of a move under way
  Amounts demand;           // wanted in the newest sample; where that is unknown, `most`
  bool measured = true;     // whether demand is a measurement
  Amounts reserved;         // what is held for it on its node whatever it uses: what the scheduler counts
  Amounts most;             // it can't use more: its vCPUs and its memory
  bool movable = true;      // at some time: LiveMigratable, not excluded by its owner
  bool movable_now = true;  // and now: it is measured, and no cooldown, window or daily limit of its owner's forbids it
  double copy_seconds = 0;  // a move would take
};

struct Pool {
  Instant now{};
  // Since demand was measured. What overloads a node is noticed so much later, so a strategy keeps more room when samples are old.
  Duration sample_age = minutes{5};
  std::vector<PoolNode> nodes;
  std::vector<PoolVm> vms;
  std::map<std::string, int> may_rest;  // by zone: so many more of its nodes at most; a zone that is not named has no limit
  // Whether the VM may run on the node at all: CPU model, affinity, taints, devices; not whether there is room. Empty: everywhere.
  std::function<bool(int vm, int node)> may_run;
  // The nodes on which the VM may not run, by index, where that is faster to tell than node by node. Empty: may_run tells.
  std::function<std::vector<int>(int vm)> may_not_run_on;
  // Whether nobody waits for an answer any more. Asked now and then by strategies, which end soon then and answer anything. Empty:
  // never.
  std::function<bool()> stopped;

  // Why a node that the strategy leaves without a VM is retired, in words.
  [[nodiscard]] const char* why_spared(int node) const {
    for (const PoolVm& vm : vms) {
      if (vm.node == node) return "its VMs find room elsewhere";
    }
    return "no VM runs on it";
  }
  [[nodiscard]] bool allows(int vm, int node) const { return !may_run || may_run(vm, node); }
  [[nodiscard]] std::vector<int> barred_from(int vm) const {
    if (may_not_run_on) return may_not_run_on(vm);
    std::vector<int> barred;
    for (int node = 0; may_run && node < static_cast<int>(nodes.size()); ++node) {
      if (!may_run(vm, node)) barred.push_back(node);
    }
    return barred;
  }
  [[nodiscard]] bool is_stopped() const { return stopped && stopped(); }
};

}  // namespace drover
