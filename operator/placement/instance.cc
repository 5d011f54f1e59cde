#include "placement/instance.h"

#include <algorithm>
#include <numeric>

namespace drover::placement {
namespace {

std::vector<Size> rooms(const Instance& instance) {
  std::vector<Size> room = instance.nodes;
  for (const Vm& vm : instance.vms) {
    room[static_cast<std::size_t>(vm.node)] -= vm.size;
  }
  return room;
}

bool negative(const Size& room) {
  return room.cpu < 0 || room.memory < 0 || room.places < 0;
}

int count_used(const std::vector<int>& at, std::size_t nodes) {
  std::vector<char> used(nodes, 0);
  for (const int node : at) used[static_cast<std::size_t>(node)] = 1;
  return static_cast<int>(std::count(used.begin(), used.end(), 1));
}

}  // namespace

Instance without_unusable_room(Instance instance) {
  Size grain;
  for (const Vm& vm : instance.vms) grain = {std::gcd(grain.cpu, vm.size.cpu), std::gcd(grain.memory, vm.size.memory)};
  for (Size& node : instance.nodes) {
    if (grain.cpu > 0) node.cpu -= node.cpu % grain.cpu;
    if (grain.memory > 0) node.memory -= node.memory % grain.memory;
  }
  return instance;
}

int nodes_in_use(const Instance& instance) {
  std::vector<int> at;
  at.reserve(instance.vms.size());
  for (const Vm& vm : instance.vms) at.push_back(vm.node);
  return count_used(at, instance.nodes.size());
}

bool overloaded(const Instance& instance) {
  const auto room = rooms(instance);
  return std::any_of(room.begin(), room.end(), negative);
}

std::string problem_of(const Instance& instance, const Plan& plan) {
  std::vector<Size> room = rooms(instance);
  const bool was_overloaded = std::any_of(room.begin(), room.end(), negative);
  std::vector<int> at;
  for (const Vm& vm : instance.vms) at.push_back(vm.node);
  std::size_t step = 0;
  for (const Move& move : plan.moves) {
    const std::string here = "move " + std::to_string(step++) + " of VM " + std::to_string(move.vm);
    const auto vm = static_cast<std::size_t>(move.vm);
    const auto from = static_cast<std::size_t>(move.from);
    const auto to = static_cast<std::size_t>(move.to);
    if (vm >= at.size() || from >= room.size() || to >= room.size() || from == to) return here + " names what is not there";
    if (at[vm] != move.from) return here + " starts on node " + std::to_string(at[vm]) + ", not " + std::to_string(move.from);
    const Size& size = instance.vms[vm].size;
    if (!size.fits(room[to])) return here + " finds no room on node " + std::to_string(move.to);
    room[to] -= size;
    room[from] += size;
    at[vm] = move.to;
  }
  int moved = 0;
  for (std::size_t vm = 0; vm < at.size(); ++vm) moved += at[vm] != instance.vms[vm].node ? 1 : 0;
  const bool feasible = std::none_of(room.begin(), room.end(), negative);
  if (feasible != plan.feasible) return feasible ? "it ends feasible and says it does not" : "a node stays overloaded";
  if (moved > instance.most_moves && !was_overloaded) return std::to_string(moved) + " VMs are moved, more than t";
  if (plan.nodes_used != count_used(at, room.size())) return "nodes_used is not what the moves leave in use";
  if (plan.nodes_before != nodes_in_use(instance)) return "nodes_before is not what was in use";
  if (plan.nodes_used > plan.nodes_before && !was_overloaded) return "it uses more nodes than before";
  return "";
}

}  // namespace drover::placement
