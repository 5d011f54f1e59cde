#include "core/reserve.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/alongside.h"
#include "base/check.h"
#include "core/hands.h"

namespace drover {
namespace {

// As kubeadm, k3s, RKE, Talos, OpenShift and Harvester name them, etcd's own nodes and witnesses among them.
constexpr std::string_view kControlPlane[] = {"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/controlplane",
                                              "node-role.kubernetes.io/master",        "node-role.kubernetes.io/etcd",
                                              "node-role.kubernetes.io/arbiter",       "node-role.harvesterhci.io/witness"};
// OpenShift Data Foundation, Longhorn's disks, Portworx. The pods of others (Ceph's OSDs, instance managers) keep their nodes on.
constexpr std::string_view kStorage[] = {"cluster.ocs.openshift.io/openshift-storage", "node-role.kubernetes.io/storage",
                                         "node.longhorn.io/create-default-disk", "px/enabled"};
constexpr std::string_view kKeepOn = "drover.dev/keep-on";

// What the node controller sees as lost, or soon may.
bool is_off(NodeLife life) {
  return life == NodeLife::PoweringOff || life == NodeLife::Asleep || life == NodeLife::Waking || life == NodeLife::Quarantined;
}

// With one more lost the node controller still takes the zone for sound.
int may_be_off(int nodes, int down) {
  const auto is_sound = [&](int lost) { return lost <= 2 || static_cast<float>(lost) / static_cast<float>(nodes) < 0.55F; };
  int most = 0;
  while (most < nodes && is_sound(most + 1 + down + 1)) ++most;
  return most;
}

bool is_schedulable(const Node& node) {
  return node.labels.value_or(label::kSchedulable, "") == "true";
}

bool serves(const Node& node, bool schedulable) {
  return schedulable && node.marks.life == NodeLife::Active && node.ready && !node.unschedulable;
}

// It is on and free, and Drover's own cordon is all that keeps VMs away.
bool is_at_hand(const Node& node, bool schedulable) {
  return schedulable && node.marks.life == NodeLife::Empty && node.ready && held_by_others(node).empty();
}

template <typename T>
const T* find(const std::map<std::string, T>& by_node, const std::string& node) {
  const auto at = by_node.find(node);
  return at == by_node.end() ? nullptr : &at->second;
}

Amounts taken_by(const PodsTotal& total) {
  return {static_cast<double>(total.cpu_milli) / 1000.0, static_cast<double>(total.memory_bytes)};
}

PodsTotal less(const PodsTotal& a, const PodsTotal& b) {
  return {a.pods - b.pods, a.cpu_milli - b.cpu_milli, a.memory_bytes - b.memory_bytes};
}

bool holds(const PodsTotal& room, const PodsTotal& what) {
  return room.pods >= what.pods && room.cpu_milli >= what.cpu_milli && room.memory_bytes >= what.memory_bytes;
}

PodsTotal total_of(const Resources& resources) {
  return {.pods = amount(resources, "pods"), .cpu_milli = amount(resources, kCpu), .memory_bytes = amount(resources, kMemory)};
}

NodePods on(const NodePods* pods) {
  return pods == nullptr ? NodePods{} : *pods;
}

// Keeps the two largest, the first of them in front.
void keep(double& first, double& second, double figure) {
  if (figure > second) second = figure;
  if (second > first) std::swap(first, second);
}

}  // namespace

std::int64_t places_on(const ClusterView& view, const Node& node) {
  const auto* pods = find(view.pods_by_node, node.name);
  return amount(node.allocatable, "pods") - (pods == nullptr ? 0 : static_cast<std::int64_t>(pods->size()));
}

Amounts amounts_of(const Resources& resources) {
  return {static_cast<double>(amount(resources, kCpu)) / 1000.0, static_cast<double>(amount(resources, kMemory))};
}

std::string why_kept_on(const Node& node, const ConsolidationSettings& settings, const CoreOptions& options) {
  if (node.name == options.own_node) return "Drover runs on it";
  const auto is_any_of = [&](const auto& roles) {
    return std::any_of(std::begin(roles), std::end(roles),
                       [&](std::string_view role) { return node.labels.value_or(role, "false") != "false"; });
  };
  if (is_any_of(kControlPlane)) return "it is of the control plane";
  if (is_any_of(kStorage)) return "it is a storage node";
  if (node.labels.find(kKeepOn) != nullptr) return "its label " + std::string(kKeepOn) + " says so";
  return settings.nodes.matches(node.labels) ? "" : "spec.consolidation.nodes does not select it";
}

Reserve::Reserve(const ClusterView& view, const Roster& roster, const ConsolidationSettings& settings, const Amounts& expected)
    : view_(view), settings_(settings), expected_(expected) {
  DROVER_CHECK(roster.nodes().size() == view.nodes.size());
  Alongside totals(view.totals_by_node);
  std::vector<PodsTotal> wholes;  // of nodes that serve or may again, less their own pods
  std::vector<PodsTotal> frees;   // of nodes in service or at hand
  for (const Roster::NodeEntry& entry : roster.nodes()) {
    const Node& node = *entry.node;
    const bool resting = node.marks.life != NodeLife::Active;
    const NodePods bound = on(totals.find(entry.name));
    in_use_ += taken_by(bound.launchers) + taken_by(bound.workloads);
    if (resting) {  // its VMs go to the others, and its pods
      room_ -= taken_by(bound.launchers) + taken_by(bound.workloads);
      places_ -= bound.launchers.pods + bound.workloads.pods;
    }
    Zone& zone = zones_[entry.zone];
    ++zone.nodes;
    if (resting) {
      ++zone.resting;
      if (is_off(node.marks.life)) ++zone.off;
    }
    if (!node.ready && !is_off(node.marks.life)) ++zone.down;
    const bool usable = entry.schedulable && !view.handler_is_ill(entry.name);
    const bool serving = serves(node, usable);
    const bool at_hand = is_at_hand(node, usable);
    if (serving || (resting && node.marks.life != NodeLife::Quarantined))
      wholes.push_back(less(entry.allocatable, less(less(bound.all, bound.launchers), bound.workloads)));
    if (!serving && !at_hand) continue;
    frees.push_back(less(entry.allocatable, bound.all));
    const Amounts whole = taken_by(entry.allocatable);
    const Amounts free = whole - taken_by(bound.all);
    if (at_hand) empty_ += free;
    if (serving) {
      ++zone.serving;
      room_ += free;
      places_ += entry.allocatable.pods - bound.all.pods;
    }
    keep(largest_[0].cpu, largest_[1].cpu, whole.cpu);
    keep(largest_[0].memory, largest_[1].memory, whole.memory);
  }
  for (auto& [name, zone] : zones_) zone.may_be_off = may_be_off(zone.nodes, zone.down);
  count_rooms_for_large_vms(roster, wholes, frees);
}

void Reserve::count_rooms_for_large_vms(const Roster& roster, const std::vector<PodsTotal>& wholes,
                                        const std::vector<PodsTotal>& frees) {
  const Roster::Sizes& sizes = roster.launcher_sizes();
  std::int64_t most_memory = -1;
  for (auto at = sizes.rbegin(); at != sizes.rend(); ++at) {  // the most CPU first
    const PodsTotal size{.pods = 1, .cpu_milli = at->first.first, .memory_bytes = at->first.second};
    if (size.memory_bytes <= most_memory) continue;
    most_memory = size.memory_bytes;
    const auto count = [&](const std::vector<PodsTotal>& nodes) {
      return static_cast<int>(std::count_if(nodes.begin(), nodes.end(), [&](const PodsTotal& room) { return holds(room, size); }));
    };
    large_vms_.push_back({.requests = size, .takers = count(wholes), .rooms = count(frees)});
  }
}

// A VM that one node alone could take is on it: there is no reserve for that.
std::string Reserve::large_vm_problem(const PodsTotal& free) const {
  for (const LargeVm& vm : large_vms_) {
    if (vm.takers < 2 || vm.rooms != 1 || !holds(free, vm.requests)) continue;
    return "no other node in service has room for a VM as large as the largest, which requests " +
           std::to_string(vm.requests.cpu_milli) + "m of CPU and " + std::to_string(vm.requests.memory_bytes >> 20) +
           " MiB of memory (spec.consolidation.reserve)";
  }
  return {};
}

std::string Reserve::zone_problem(std::string_view label, int more, int of_serving) const {
  const auto at = zones_.find(label);
  if (at == zones_.end()) return {};
  const Zone& zone = at->second;
  const std::string name = label.empty() ? "the cluster" : "zone " + std::string(label);
  const std::string of_all = std::to_string(zone.resting + more) + " of the " + std::to_string(zone.nodes) + " nodes of " + name;
  if (zone.serving - of_serving < 1) return "no node of " + name + " would be left in service";
  const auto& power_down = settings_.power_down;
  if (bounds_what_rests()) {
    const double most = power_down.max_resting_percent ? *power_down.max_resting_percent / 100 * zone.nodes + 1e-9
                                                       : static_cast<double>(*power_down.max_resting_nodes);
    return zone.resting + more <= most ? "" : of_all + " would rest, more than spec.consolidation.powerDown.maxResting allows";
  }
  if (zone.resting + more <= zone.may_be_off + spare_in(label)) return "";
  return of_all +
         " would rest, all but the reserve would be switched off, and with one more lost Kubernetes would take the zone for broken "
         "(spec.consolidation.powerDown.maxResting)";
}

std::int64_t Reserve::spare_in(std::string_view label) const {
  if (settings_.reserve_percent || !settings_.power_down.enabled) return 0;
  std::int64_t left = settings_.reserve_nodes;
  for (const auto& [name, zone] : zones_) left -= name == label ? 0 : std::max(0, zone.resting - zone.may_be_off);
  return std::max<std::int64_t>(left, 0);
}

std::string Reserve::off_problem(std::string_view label) const {
  const auto at = zones_.find(label);
  if (at == zones_.end() || bounds_what_rests()) return {};
  const Zone& zone = at->second;
  if (zone.off + 1 <= zone.may_be_off) return "";
  return std::to_string(zone.off + 1) + " of the " + std::to_string(zone.nodes) + " nodes of " +
         (label.empty() ? "the cluster" : "zone " + std::string(label)) +
         " would be off, and with one more lost Kubernetes would take the zone for broken "
         "(spec.consolidation.powerDown.maxResting)";
}

bool Reserve::bounds_what_rests() const {
  return settings_.power_down.max_resting_nodes || settings_.power_down.max_resting_percent;
}

int Reserve::more_may_rest(std::string_view zone) const {
  const auto at = zones_.find(zone);
  int more = 0;
  while (at != zones_.end() && more < at->second.serving && zone_problem(zone, more + 1, more + 1).empty()) ++more;
  if (at == zones_.end() || bounds_what_rests()) return more;
  // The reserve is one for all zones: what is asked of each by itself may count on it in the largest alone.
  const auto largest = std::max_element(zones_.begin(), zones_.end(),
                                        [](const auto& a, const auto& b) { return a.second.serving < b.second.serving; });
  return at == largest ? more : std::min(more, std::max(0, at->second.may_be_off - at->second.resting));
}

std::string Reserve::problem_without(const Node& node) const {
  const auto zone = node.labels.value_or(label::kZone, "");
  const bool empty = node.marks.life == NodeLife::Empty;
  const bool usable = is_schedulable(node) && !view_.handler_is_ill(node.name);
  const bool serving = serves(node, usable);
  const bool at_hand = is_at_hand(node, usable);
  if (std::string problem = empty ? off_problem(zone) : zone_problem(zone, 1, serving ? 1 : 0); !problem.empty()) return problem;
  const NodePods bound = on(find(view_.totals_by_node, node.name));
  const Amounts whole = amounts_of(node.allocatable);
  const Amounts free = whole - taken_by(bound.all);
  Amounts room = room_ - (empty ? Amounts{} : taken_by(bound.launchers) + taken_by(bound.workloads));
  if (serving) room -= free;
  const bool counted = serving || at_hand;
  const Amounts largest{counted && whole.cpu >= largest_[0].cpu ? largest_[1].cpu : largest_[0].cpu,
                        counted && whole.memory >= largest_[0].memory ? largest_[1].memory : largest_[0].memory};
  const std::int64_t places = places_ - (empty ? 0 : bound.launchers.pods + bound.workloads.pods) -
                              (serving ? amount(node.allocatable, "pods") - bound.all.pods : 0);
  if (!empty) {
    if (places < 0) return "its VMs would find the other nodes full: they may run no more pods";
    if (room.cpu < 0) return "its VMs would find no room on the other nodes: their CPU is requested";
    if (room.memory < 0) return "its VMs would find no room on the other nodes: their memory is requested";
  }
  room += at_hand ? empty_ - free : empty_;
  const Amounts reserve = asked(largest);
  if (room.cpu < reserve.cpu) return "the reserve of CPU (spec.consolidation.reserve) would not be there without it";
  if (room.memory < reserve.memory) return "the reserve of memory (spec.consolidation.reserve) would not be there without it";
  const Amounts all = with_expected(reserve);
  if (room.cpu < all.cpu || room.memory < all.memory)
    return "what will soon be asked for (spec.consolidation.powerDown.forecast) would find no room without it";
  return counted ? large_vm_problem(less(total_of(node.allocatable), bound.all)) : "";
}

Amounts Reserve::asked(const Amounts& largest) const {
  const double share = settings_.reserve_percent.value_or(0) / 100;
  const auto nodes = static_cast<double>(settings_.reserve_nodes);
  return settings_.reserve_percent ? Amounts{in_use_.cpu * share, in_use_.memory * share}
                                   : Amounts{largest.cpu * nodes, largest.memory * nodes};
}

// Room that is spread over nodes is not filled to the last bit. What is expected is what the reserve is there for, so that it needs
// more room only where it is more.
Amounts Reserve::with_expected(const Amounts& reserve) const {
  constexpr double kSpread = 1.15;
  return {std::max(reserve.cpu, kSpread * expected_.cpu), std::max(reserve.memory, kSpread * expected_.memory)};
}

Amounts Reserve::lacking() const {
  return with_expected(asked(largest_[0])) - (room_ + empty_);
}

}  // namespace drover
