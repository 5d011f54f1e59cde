#include "sim/data_center.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "books/power_floor.h"

namespace drover::sim {
namespace {

// "node-07" of 20
std::string numbered(const std::string& name, std::size_t number, std::size_t of) {
  std::string digits = std::to_string(number);
  const std::size_t width = std::to_string(of).size();
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return name + "-" + digits;
}

// A guest that is idle still writes a little.
constexpr double kLeastDirty = 0.1;

}  // namespace

DataCenter::DataCenter(const Scenario& scenario, const Faults& faults, EventQueue& queue, Api& api, SeededRandom random)
    : scenario_(scenario),
      faults_(faults),
      queue_(queue),
      api_(api),
      demand_random_(random.fork()),
      arrival_random_(random.fork()),
      fault_random_(random.fork()),
      books_(queue.now()),
      group_counts_(scenario.vms.size(), 0) {}

void DataCenter::begin() {
  api_.put(scenario_.kubevirt);
  for (const Namespace& ns : scenario_.namespaces) api_.put(ns);
  for (const auto& [kind, object] : scenario_.objects) api_.put(kind, object);
  for (const VmGroup& group : scenario_.vms) {
    if (!api_.view().namespaces.contains({"", group.ns})) api_.put(Namespace{.name = group.ns, .labels = {}});
  }
  add_nodes();
  // The scheduler's view of a node changes only with the object.
  api_.watch([this](const reflect::Delta& delta) {
    if (delta.kind != Kind::Node || delta.type != reflect::Delta::Type::Upsert) return;
    const std::size_t node = find_node(delta.object.key.name);
    if (node == kNone) return;
    const bool accepts = accepts_pods(*std::get<std::shared_ptr<const Node>>(delta.object.value));
    if (accepts && !nodes_[node].accepts_pods) schedule_soon();
    nodes_[node].accepts_pods = accepts;
  });
  for (std::size_t group = 0; group < scenario_.vms.size(); ++group) {
    for (std::size_t i = 0; i < scenario_.vms[group].count; ++i) {
      const std::size_t vm = new_vm(group);
      if (adopt(vm)) continue;
      if (place(vm)) {
        run_vm(vm);  // it has been running for long
      } else {
        schedule_soon();
      }
    }
    plan_arrivals(group);
  }
  step_demand();
}

void DataCenter::add_nodes() {
  for (std::size_t g = 0; g < scenario_.nodes.size(); ++g) {
    const NodeGroup& group = scenario_.nodes[g];
    if (!group.captured) api_.put(power_profile(group));
    for (std::size_t i = 0; i < group.count; ++i) {
      SimNode node;
      node.name = group.count == 1 ? group.name : numbered(group.name, i + 1, group.count);
      node.group = g;
      node.cores = group.cores;
      node.memory_bytes = group.memory_bytes;
      node.pods_allowed = group.pods;
      node.link = group.link_bytes_per_second;
      node.power = group.power;
      node.since = queue_.now();
      node.cpu_requested_milli = group.other_cpu_milli;
      node.memory_requested = group.other_memory_bytes;
      node.pods = group.other_pods;
      if (group.captured) {
        node.accepts_pods = accepts_pods(*group.captured);
        const NodeLife life = group.captured->marks.life;
        const bool rests = life == NodeLife::PoweringOff || life == NodeLife::Asleep || life == NodeLife::Waking;
        if (!group.captured->ready) node.state = rests ? PowerState::Off : PowerState::Dead;
      }
      api_.put(node_object(group, node.name, group.zones.empty() ? "" : group.zones[i % group.zones.size()]));
      books_.add_node(node.name, node.power, node.cores, queue_.now());
      if (node.state != PowerState::On) books_.set_state(nodes_.size(), node.state, queue_.now());
      node_index_[node.name] = nodes_.size();
      nodes_.push_back(std::move(node));
    }
  }
}

std::size_t DataCenter::find_node(const std::string& name) const {
  const auto at = node_index_.find(name);
  return at == node_index_.end() ? kNone : at->second;
}

std::size_t DataCenter::find_vm(const ObjectKey& key) const {
  const auto at = vm_index_.find(key);
  return at == vm_index_.end() ? kNone : at->second;
}

void DataCenter::set_state(std::size_t node, PowerState state) {
  SimNode& n = nodes_[node];
  n.state = state;
  n.since = queue_.now();
  ++n.epoch;
  books_.set_state(node, state, queue_.now());
}

// Not Ready: kubelet says no more; virt-handler's last word, or virt-controller, takes the label back.
void DataCenter::set_ready(std::size_t node, bool ready) {
  api_.change_node(nodes_[node].name, [&](Node& object) {
    object.ready = ready;
    object.lost = !ready;
    object.labels.set(std::string(label::kSchedulable), ready ? "true" : "false");
  });
}

void DataCenter::power_off(std::size_t node) {
  if (nodes_[node].state != PowerState::On) return;
  set_state(node, PowerState::ShuttingDown);
  set_ready(node, false);
  lose_vms(node);
  const std::uint64_t epoch = nodes_[node].epoch;
  queue_.after(nodes_[node].power.shutdown, [this, node, epoch] {
    if (nodes_[node].epoch != epoch) return;
    set_state(node, PowerState::Off);
  });
}

void DataCenter::power_on(std::size_t node) {
  const PowerState state = nodes_[node].state;
  if (state == PowerState::ShuttingDown) {  // it boots once it is down
    const std::uint64_t epoch = nodes_[node].epoch;
    const Duration left = std::max(Duration::zero(), nodes_[node].since + nodes_[node].power.shutdown - queue_.now());
    queue_.after(left + milliseconds{1}, [this, node, epoch] {
      if (nodes_[node].epoch == epoch + 1) power_on(node);
    });
  }
  if (state != PowerState::Off) return;
  set_state(node, PowerState::Booting);
  if (faults_.boots_never > 0 && fault_random_.chance(faults_.boots_never)) return;
  Duration boot = nodes_[node].power.boot;
  if (faults_.boots_late > 0 && fault_random_.chance(faults_.boots_late))
    boot += from_seconds(fault_random_.uniform() * to_seconds(faults_.boot_late));
  const std::uint64_t epoch = nodes_[node].epoch;
  queue_.after(boot, [this, node, epoch] {
    if (nodes_[node].epoch != epoch) return;
    set_state(node, PowerState::On);
    set_ready(node, true);
  });
}

void DataCenter::kill_node(std::size_t node) {
  if (nodes_[node].state == PowerState::Dead) return;
  const bool was_on = nodes_[node].state == PowerState::On;
  set_state(node, PowerState::Dead);
  const std::uint64_t epoch = nodes_[node].epoch;
  if (was_on) {
    queue_.after(scenario_.timing.node_lost, [this, node, epoch] {
      if (nodes_[node].epoch == epoch) set_ready(node, false);
    });
  }
  lose_vms(node);
  queue_.after(faults_.node_repair, [this, node, epoch] {
    if (nodes_[node].epoch != epoch) return;
    set_state(node, PowerState::On);
    set_ready(node, true);
  });
}

// Copies to it break at once. The VMs on it are gone at once, and KubeVirt sees that after some time.
void DataCenter::lose_vms(std::size_t node) {
  const std::set<std::size_t> copies = nodes_[node].copies;
  for (const std::size_t move : copies) {
    if (moves_[move].target == node && !moves_[move].over()) fail(move, "the target node " + nodes_[node].name + " went away");
  }
  const std::set<std::size_t> lost = nodes_[node].vms;
  for (const std::size_t vm : lost) remove_vm(vm, true);
  refresh_load(node);
}

void DataCenter::bind(std::size_t node, const VmGroup& group, int count) {
  const Requests requests = requests_of(group);
  SimNode& n = nodes_[node];
  n.cpu_requested_milli += count * requests.cpu_milli;
  n.memory_requested += count * requests.memory_bytes;
  n.pods += count;
}

void DataCenter::update_use(SimVm& vm) {
  const VmGroup& group = group_of(vm);
  const double full = static_cast<double>(group.vcpus);
  vm.wanted = vm.state == VmState::Running ? vm.share * full : 0;
  const Duration since_start = queue_.now() - scenario_.start;
  close_floor();
  vm.memory_used = static_cast<double>(group.memory_bytes) * vm.demand.memory(since_start, group.memory_use);
  vm.dirty_rate = group.dirty_bytes_per_second * std::max(kLeastDirty, vm.share);
}

void DataCenter::step_demand() {
  const Duration since_start = queue_.now() - scenario_.start;
  for (const std::size_t vm : live_vms_) {
    vms_[vm].share = vms_[vm].demand.next(queue_.now(), since_start, scenario_.step);
    update_use(vms_[vm]);
  }
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    if (!nodes_[node].vms.empty()) refresh_load(node);
  }
  floor_since_ = {queue_.now(), floor_watts_now()};
  queue_.after(scenario_.step, [this] { step_demand(); });
}

// VMs may have come and gone since: of then and now the smaller counts.
void DataCenter::close_floor() {
  const auto [since, watts] = floor_since_;
  floor_since_ = {queue_.now(), floor_watts_now()};
  if (since != Instant{}) floor_joules_ += std::min(watts, floor_since_.second) * to_seconds(queue_.now() - since);
}

double DataCenter::floor_watts_now() const {
  std::vector<FloorNode> nodes;
  nodes.reserve(nodes_.size());
  for (const SimNode& node : nodes_) {
    if (node.state == PowerState::Dead) continue;
    const NodeGroup& group = scenario_.nodes[node.group];
    const Takings room{.cpu = node.cores,
                       .memory = static_cast<double>(node.memory_bytes - group.other_memory_bytes),
                       .pods = static_cast<double>(node.pods_allowed - group.other_pods)};
    nodes.push_back({.room = room, .power = &node.power});
  }
  Takings all;
  for (const std::size_t vm : live_vms_) {
    if (vms_[vm].state != VmState::Running) continue;
    const VmGroup& group = group_of(vms_[vm]);
    all.cpu += vms_[vm].wanted;
    all.memory += static_cast<double>(group.memory_bytes + group.memory_overhead_bytes);
    all.pods += 1;
  }
  return floor_watts(nodes, all);
}

void DataCenter::refresh_load(std::size_t node) {
  SimNode& n = nodes_[node];
  std::vector<VmLoad> loads;
  loads.reserve(n.vms.size() + n.copies.size());
  n.wanted = 0;
  for (const std::size_t vm : n.vms) {
    if (vms_[vm].state != VmState::Running) continue;
    n.wanted += vms_[vm].wanted;
    loads.push_back({.vm = vm, .demand = vms_[vm].wanted});
  }
  for (const std::size_t move : n.copies) {
    if (!moves_[move].copies()) continue;
    const std::size_t vm = moves_[move].vm;
    const double copy = scenario_.copy_cpu * static_cast<double>(group_of(vms_[vm]).vcpus);
    n.wanted += copy;
    const auto at = std::find_if(loads.begin(), loads.end(), [&](const VmLoad& load) { return load.vm == vm; });
    if (at == loads.end()) {
      loads.push_back({.vm = vm, .copy = copy, .resident = false});
    } else {
      at->copy = copy;
      at->copied = true;
    }
  }
  const double factor = n.wanted > n.cores ? n.cores / n.wanted : 1;
  n.served = n.wanted * factor;
  for (VmLoad& load : loads) {
    load.served = load.demand * factor;
    load.copy *= factor;
    if (load.resident) vms_[load.vm].served = load.served;
  }
  books_.set_load(node, std::move(loads), queue_.now());
}

}  // namespace drover::sim
