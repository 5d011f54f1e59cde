#include "consolidate/dynamic_round_robin.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "consolidate/switching.h"

namespace drover {

Advice DynamicRoundRobin::advise(const Pool& pool) {
  Draft draft(pool);
  watch_demand(draft);
  retire_where_vms_ended(draft);
  admit_waiting(draft);
  move_overdue(draft);
  order_empty(draft, settings_);
  remember(pool);
  return draft.take();
}

void DynamicRoundRobin::watch_demand(const Draft& draft) {
  double wanted = 0;
  for (int n = 0; n < draft.nodes(); ++n) wanted += draft.cpu_share(n) * draft.node(n).capacity.cpu;
  double& peak = peaks_[std::chrono::floor<hours>(draft.pool().now)];
  peak = std::max(peak, wanted);
  std::erase_if(peaks_, [&](const auto& entry) {
    return entry.first > draft.pool().now || entry.first + hours{24} < draft.pool().now;  // the clock may have been put back
  });
}

bool DynamicRoundRobin::needed_for_the_peak(const Draft& draft, int node) const {
  double room = 0;
  int open = 0;
  for (int n = 0; n < draft.nodes(); ++n) {
    if (!draft.open(n) || n == node) continue;
    room += draft.node(n).capacity.cpu;
    ++open;
  }
  // What is only the reserve saves nothing: the others must do without as many more of them.
  if (open > 0) room *= std::max(0, open - lacks_of_reserve(draft, settings_)) / static_cast<double>(open);
  return std::any_of(peaks_.begin(), peaks_.end(), [&](const auto& entry) { return entry.second > room; });
}

void DynamicRoundRobin::retire_where_vms_ended(Draft& draft) {
  std::set<std::string> present;
  for (const auto& vm : draft.pool().vms) present.insert(vm.uid);
  std::map<std::string, int> ended = std::exchange(ended_, {});  // by node
  for (const auto& [uid, node] : node_of_) {
    if (!present.contains(uid)) ++ended[node];
  }
  any_ended_ = any_ended_ || !ended.empty();
  if (!any_ended_) note_that_none_ended(draft);
  for (int n = 0; n < draft.nodes(); ++n) {
    const auto found = ended.find(draft.node(n).name);
    if (found == ended.end() || draft.life(n) != NodeLife::Active) continue;
    if (!draft.node(n).keeps_on.empty()) {
      draft.note("Node " + draft.node(n).name + " does not retire, because it must stay on: " + draft.node(n).keeps_on);
      continue;
    }
    if (draft.count(n) > 0 && needed_for_the_peak(draft, n)) {
      ended_.insert(*found);
      draft.note("Node " + draft.node(n).name +
                 " does not retire, because the others would not hold the most CPU wanted within a day");
      continue;
    }
    const int left = draft.count(n);
    draft.order(n, NodeOrder::Act::Retire,
                std::to_string(found->second) + " of its VMs ended" +
                    (left > 0 ? " and " + std::to_string(left) + " remain: it accepts no more (rule 1)" : ", and none remains"));
  }
}

void DynamicRoundRobin::note_that_none_ended(Draft& draft) {
  bool any_in_use = false;
  for (int n = 0; n < draft.nodes(); ++n) {
    const NodeLife life = draft.life(n);
    if (life == NodeLife::Retiring || life == NodeLife::Draining) return;  // from before a restart
    any_in_use = any_in_use || draft.count(n) > 0;
  }
  if (any_in_use)
    draft.note(
        "No node with VMs retires, because no VM has ended since the first look: only a node on which one ended does (rule 1)");
}

void DynamicRoundRobin::move_overdue(Draft& draft) {
  std::vector<int> overdue;
  for (int n = 0; n < draft.nodes(); ++n) {
    if (draft.ordered(n)) continue;
    const Duration been = draft.pool().now - draft.node(n).since;
    const NodeLife life = draft.life(n);
    if (life == NodeLife::Draining || (life == NodeLife::Retiring && been > settings_.retirement_threshold)) overdue.push_back(n);
  }
  std::stable_sort(overdue.begin(), overdue.end(), [&](int a, int b) { return draft.node(a).since < draft.node(b).since; });
  for (const int n : overdue) move_all(draft, n);
}

void DynamicRoundRobin::move_all(Draft& draft, int node) {
  const auto vms = draft.resident(node);
  const std::string& name = draft.node(node).name;
  const auto stuck = std::find_if(vms.begin(), vms.end(), [&](int v) { return !draft.vm(v).movable; });
  if (stuck != vms.end()) {
    draft.note("Node " + name + " waits for VM " + to_string(draft.vm(*stuck).key) + " to end, because that can't be moved");
    return;
  }
  const std::string been = to_string(draft.pool().now - draft.node(node).since);
  for (const int v : vms) {
    if (draft.pool().is_stopped()) return;
    if (!draft.vm(v).movable_now) continue;
    if (draft.moves() >= settings_.max_moves) {
      draft.note("Node " + name + " is emptied further in the next round: this one has its " + std::to_string(draft.moves()) +
                 " moves");
      return;
    }
    const int target = next_in_turn(draft, v, true);
    if (target < 0) {
      draft.note("No node has room for VM " + to_string(draft.vm(v).key) + " of the retiring node " + name);
      continue;
    }
    draft.move(v, target, false,
               "node " + name + " has been retiring for " + been + ", longer than the threshold of " +
                   to_string(settings_.retirement_threshold) + " (rule 2)");
  }
}

int DynamicRoundRobin::next_in_turn(const Draft& draft, int vm, bool in_use) {
  const int nodes = draft.nodes();
  int first = 0;  // the node after the last one's name, whether that is still in the pool or not
  while (first < nodes && draft.node(first).name <= last_) ++first;
  for (int i = 0; i < nodes; ++i) {
    const int n = (first + i) % nodes;
    if (!draft.open(n) || n == draft.vm(vm).node || !draft.fits(vm, n, 1) || (in_use && draft.count(n) == 0)) continue;
    last_ = draft.node(n).name;
    return n;
  }
  return -1;
}

int DynamicRoundRobin::place(const Pool& pool, int vm) {
  const Draft draft(pool);
  const int node = next_in_turn(draft, vm, false);
  return node >= 0 ? node : node_to_take_back(draft, vm, 1);
}

void DynamicRoundRobin::remember(const Pool& pool) {
  node_of_.clear();
  for (const auto& vm : pool.vms) {
    if (vm.node >= 0) node_of_[vm.uid] = pool.nodes[static_cast<std::size_t>(vm.node)].name;
  }
}

}  // namespace drover
