#include "consolidate/fuzzy.h"

#include <algorithm>
#include <cmath>

#include "consolidate/switching.h"

namespace drover {
namespace {

constexpr std::size_t kCandidates = 10;  // the least loaded nodes, of which one is evacuated: each takes a look at all targets

std::string percent_text(double share) {
  return std::to_string(std::lround(share * 100)) + " %";
}

std::string name_of(const Draft& draft, int vm) {
  return to_string(draft.vm(vm).key);
}

// CPU and memory above the limit; 0 where it is not.
Amounts excess_of(const Draft& draft, int node, double limit) {
  const Amounts& capacity = draft.node(node).capacity;
  return {.cpu = std::max(0.0, draft.cpu_share(node) - limit) * capacity.cpu,
          .memory = std::max(0.0, draft.memory_share(node) - limit) * capacity.memory};
}

// The share of the excess that goes with the VM: of the resource where that is least.
double relief_of(const PoolVm& vm, const Amounts& excess) {
  double relief = 1e9;
  if (excess.cpu > 0) relief = std::min(relief, vm.demand.cpu / excess.cpu);
  if (excess.memory > 0) relief = std::min(relief, vm.demand.memory / excess.memory);
  return relief;
}

// Whether another node of the pool may run it and is large enough, in whatever life it is.
bool has_other_home(const Draft& draft, int vm) {
  for (int n = 0; n < draft.nodes(); ++n) {
    const Amounts& capacity = draft.node(n).capacity;
    if (n != draft.vm(vm).node && draft.pool().allows(vm, n) && draft.vm(vm).reserved.cpu <= capacity.cpu &&
        draft.vm(vm).reserved.memory <= capacity.memory)
      return true;
  }
  return false;
}

// All that could be on is asked for nearly all of its CPU.
bool is_overfull(const Draft& draft) {
  constexpr double kOverfull = 0.95;
  double wanted = 0;
  double room = 0;
  for (int n = 0; n < draft.nodes(); ++n) {
    wanted += std::min(1.0, draft.cpu_share(n)) * draft.node(n).capacity.cpu;  // what is beyond would move
    if (draft.serves(n) || draft.node(n).receives) room += draft.node(n).capacity.cpu;
  }
  return wanted > kOverfull * room;
}

}  // namespace

Advice Fuzzy::advise(const Pool& pool) {
  Draft draft(pool);
  admit_waiting(draft);
  const bool cured = relieve_overloaded(draft);
  const bool going_on = continue_evacuations(draft);
  if (!cured && !going_on) evacuate_if_underloaded(draft);
  order_empty(draft, settings_);
  return draft.take();
}

int Fuzzy::place(const Pool& pool, int vm) {
  const Draft draft(pool);
  for (const double limit : {settings_.overload, 1.0}) {
    const int node = least_loaded_target(draft, vm, limit, false);
    if (node >= 0) return node;
  }
  return node_to_take_back(draft, vm, 1);
}

bool Fuzzy::overloaded(const Draft& draft, int node) const {
  return draft.cpu_share(node) > settings_.overload || draft.memory_share(node) > settings_.overload;
}

double Fuzzy::load(const Draft& draft, int node) {
  return controller_.load(draft.cpu_share(node), draft.memory_share(node));
}

int Fuzzy::least_loaded_target(const Draft& draft, int vm, double limit, bool in_use) {
  int best = -1;
  double least = 0;
  for (int n = 0; n < draft.nodes(); ++n) {
    if (!draft.open(n) || n == draft.vm(vm).node || !draft.fits(vm, n, limit) || (in_use && draft.count(n) == 0)) continue;
    const double its = load(draft, n);
    if (best < 0 || its < least) {
      best = n;
      least = its;
    }
  }
  return best;
}

bool Fuzzy::relieve_overloaded(Draft& draft) {
  bool helped = false;
  if (is_overfull(draft)) {
    draft.note("The pool as a whole is asked for nearly all that it has: moves would only make its nodes uneven");
    return false;
  }
  for (int n = 0; n < draft.nodes() && !draft.pool().is_stopped(); ++n) {
    if (draft.serves(n) && draft.node(n).measured && overloaded(draft, n) && relieve(draft, n)) helped = true;
  }
  return helped;
}

// Whether a VM leaves it, now or when a node is awake. A node that can't be helped is named and left aside.
bool Fuzzy::relieve(Draft& draft, int node) {
  bool helped = false;
  while (overloaded(draft, node) && draft.moves() < settings_.max_moves && !draft.pool().is_stopped()) {
    std::string why;
    const int vm = fittest(draft, node, why);
    if (vm < 0) {
      draft.note("Node " + draft.node(node).name + " is overloaded, and none of its VMs can be moved now");
      return helped;
    }
    const Moved moved = move_off(draft, vm, why);
    helped = helped || moved != Moved::No;
    if (moved != Moved::Now) return helped;
  }
  return helped;
}

// The VM that had best leave the node, or -1, and why in figures.
int Fuzzy::fittest(const Draft& draft, int node, std::string& why) {
  const Amounts excess = excess_of(draft, node, settings_.overload);
  std::vector<int> candidates = draft.resident(node);
  std::erase_if(candidates, [&](int v) { return !draft.vm(v).movable || !draft.vm(v).movable_now || !has_other_home(draft, v); });
  double most_bytes = 1;
  for (const int v : candidates) most_bytes = std::max(most_bytes, draft.vm(v).demand.memory);
  int best = -1;
  double highest = 0;
  for (const int v : candidates) {
    const double fitness = controller_.fitness(relief_of(draft.vm(v), excess), draft.vm(v).demand.memory / most_bytes);
    if (fitness > highest) {
      best = v;
      highest = fitness;
    }
  }
  if (best >= 0) {
    why = "node " + draft.node(node).name + " is overloaded (CPU " + percent_text(draft.cpu_share(node)) + ", memory " +
          percent_text(draft.memory_share(node)) + ", threshold " + percent_text(settings_.overload) + ")";
    const double relief = relief_of(draft.vm(best), excess);
    const auto answer = controller_.explain_fitness(relief, draft.vm(best).demand.memory / most_bytes);
    why += "; of its VMs this one is the fittest to leave (" + std::to_string(std::lround(answer.value)) +
           " of 100: " + answer.fired + ")";
  }
  return best;
}

Fuzzy::Moved Fuzzy::move_off(Draft& draft, int vm, const std::string& why) {
  int target = least_loaded_target(draft, vm, settings_.overload, false);
  if (target < 0) {
    if (const int waking = waking_node(draft, vm, settings_.overload); waking >= 0) {
      draft.note("VM " + name_of(draft, vm) + " is to leave for node " + draft.node(waking).name + " once that is awake: " + why);
      draft.expect(vm, waking);
      return Moved::Later;
    }
    target = node_to_take_back(draft, vm, settings_.overload);
    if (target >= 0) {
      draft.order(target, NodeOrder::Act::TakeBack, "VM " + name_of(draft, vm) + " must leave an overloaded node");
    }
  }
  if (target < 0) {
    const int asleep = node_to_wake(draft, vm, settings_.overload);
    if (asleep < 0) {
      draft.note("VM " + name_of(draft, vm) + " finds no node with room, on or asleep: " + why);
      return Moved::No;
    }
    draft.order(asleep, NodeOrder::Act::Wake,
                "VM " + name_of(draft, vm) + " must leave an overloaded node, and none that is on has room");
    draft.note("VM " + name_of(draft, vm) + " is to leave for node " + draft.node(asleep).name + " once that is awake: " + why);
    draft.expect(vm, asleep);
    return Moved::Later;
  }
  const auto answer = controller_.explain_load(draft.cpu_share(target), draft.memory_share(target));
  draft.note("VM " + name_of(draft, vm) + " moves to node " + draft.node(target).name + ": " + why +
             "; the target is the least loaded (" + std::to_string(std::lround(answer.value)) + " of 100: " + answer.fired + ")");
  draft.move(vm, target, true, why);
  return Moved::Now;
}

bool Fuzzy::continue_evacuations(Draft& draft) {
  bool any = false;
  for (int n = 0; n < draft.nodes() && !draft.pool().is_stopped(); ++n) {
    const NodeLife life = draft.life(n);
    if (draft.ordered(n) || draft.count(n) == 0 || (life != NodeLife::Retiring && life != NodeLife::Draining)) continue;
    any = true;
    std::string stopped;
    const auto moves = evacuation(draft, n, stopped);
    if (stopped.empty()) {
      carry_out(draft, n, moves);
    } else {
      draft.order(n, NodeOrder::Act::TakeBack, "its evacuation is stopped: " + stopped);
    }
  }
  return any;
}

void Fuzzy::evacuate_if_underloaded(Draft& draft) {
  double cpu = 0;
  double memory = 0;
  int on = 0;
  std::vector<std::pair<double, int>> candidates;
  for (int n = 0; n < draft.nodes(); ++n) {
    if (!draft.serves(n)) continue;
    ++on;
    cpu += draft.cpu_share(n);
    memory += draft.memory_share(n);
    const auto vms = draft.resident(n);
    const bool can_be_emptied = draft.open(n) && !draft.ordered(n) && draft.node(n).keeps_on.empty() && !vms.empty() &&
                                std::all_of(vms.begin(), vms.end(), [&](int v) { return draft.vm(v).movable; });
    if (can_be_emptied) candidates.emplace_back(load(draft, n), n);
  }
  const int kept = on - lacks_of_reserve(draft, settings_);  // the load that the first nodes emptied leave behind is these nodes'
  if (kept <= 0 || cpu / kept >= settings_.low_load || memory / kept >= settings_.low_load) {
    const std::string nodes = std::to_string(std::max(kept, 0)) + (kept < on ? " nodes without the reserve" : " nodes");
    draft.note("no node is evacuated: VMs want " + percent_text(cpu / std::max(kept, 1)) + " of the CPU and " +
               percent_text(memory / std::max(kept, 1)) + " of the memory of " + nodes + ", and the pool is under-loaded below " +
               percent_text(settings_.low_load) + " of both (spec.consolidation.lowLoad)");
    return;
  }
  const std::string average = "the pool is under-loaded (CPU " + percent_text(cpu / on) + ", memory " + percent_text(memory / on) +
                              " on average, threshold " + percent_text(settings_.low_load) + ")";
  if (candidates.empty()) draft.note(average + ", and no node of it can be emptied");
  std::stable_sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  if (candidates.size() > kCandidates) candidates.resize(kCandidates);
  for (const auto& [its_load, node] : candidates) {
    std::string stopped;
    const auto moves = evacuation(draft, node, stopped);
    const std::string& name = draft.node(node).name;
    if (!stopped.empty()) {
      draft.note(average + "; node " + name + " is the least loaded, but " + stopped);
      continue;
    }
    const auto answer = controller_.explain_load(draft.cpu_share(node), draft.memory_share(node));
    draft.note(average + "; node " + name + " is the least loaded (" + std::to_string(std::lround(answer.value)) +
               " of 100: " + answer.fired + ") and is evacuated");
    draft.order(node, NodeOrder::Act::Retire, average + ", and this node is the least loaded");
    carry_out(draft, node, moves);
    return;
  }
}

std::vector<std::pair<int, int>> Fuzzy::evacuation(const Draft& draft, int node, std::string& stopped) {
  Draft trial = draft;
  std::vector<int> vms = draft.resident(node);
  std::stable_sort(vms.begin(), vms.end(), [&](int a, int b) { return draft.vm(a).demand.cpu > draft.vm(b).demand.cpu; });
  std::vector<std::pair<int, int>> moves;
  for (const int v : vms) {
    const bool may_move = draft.vm(v).movable && draft.vm(v).movable_now && !draft.pool().is_stopped();
    const int target = may_move ? least_loaded_target(trial, v, settings_.overload, true) : -1;
    if (target < 0) {
      stopped = "VM " + name_of(draft, v) + (may_move ? " finds no target" : " can't be moved now");
      return {};
    }
    trial.move(v, target, false, "");
    moves.emplace_back(v, target);
  }
  return moves;
}

void Fuzzy::carry_out(Draft& draft, int node, const std::vector<std::pair<int, int>>& moves) const {
  for (const auto& [vm, target] : moves) {
    if (draft.moves() >= settings_.max_moves) return;
    draft.move(vm, target, false, "the pool is under-loaded, and node " + draft.node(node).name + ", its least loaded, is emptied");
  }
}

}  // namespace drover
