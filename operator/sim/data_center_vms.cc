// The VMs' part of the data centre: arrivals, the scheduler, starts, ends.
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "sim/data_center.h"

namespace drover::sim {
namespace {

Duration exponential(SeededRandom& random, Duration mean) {
  return from_seconds(-std::log(1 - random.uniform()) * to_seconds(mean));
}

constexpr double kSecondsPerHour = 3600;

}  // namespace

void DataCenter::plan_arrivals(std::size_t group) {
  for (const Duration at : scenario_.vms[group].arrives_at) {
    queue_.at(scenario_.start + at, [this, group] { add_vm(group); });
  }
  next_arrival(group);
}

void DataCenter::next_arrival(std::size_t group) {
  const double rate = scenario_.vms[group].arrivals_per_hour;
  if (rate <= 0) return;
  queue_.after(exponential(arrival_random_, from_seconds(kSecondsPerHour / rate)), [this, group] {
    add_vm(group);
    next_arrival(group);
  });
}

void DataCenter::add_vm(std::size_t group) {
  new_vm(group);
  schedule_soon();
}

std::size_t DataCenter::new_vm(std::size_t group) {
  const VmGroup& g = scenario_.vms[group];
  const std::size_t index = vms_.size();
  SimVm vm;
  vm.group = group;
  vm.number = group_counts_[group]++;
  vm.key = {g.ns, g.name + "-" + std::to_string(vm.number + 1)};
  vm.uid = "vmi-" + std::to_string(index + 1);
  vm.demand = Demand(g.demand, vm.number, demand_random_.fork());
  vm.arrived = queue_.now();
  vm.share = vm.demand.next(queue_.now(), queue_.now() - scenario_.start, scenario_.step);
  vm.pod = {g.ns, "virt-launcher-" + vm.key.name + "-" + std::to_string(++pod_count_)};
  if (g.captured) {
    vm.key = g.captured->vm.key;
    vm.uid = g.captured->vm.uid;
    vm.pod = g.captured->launcher.key;
  }
  Vm object = vm_object(g, vm.key, vm.uid, std::chrono::floor<seconds>(queue_.now()));
  api_.put(launcher_pod(g, object, vm.pod.name));
  api_.put(std::move(object));
  books_.add_vm(vm.key);
  vm_index_[vm.key] = index;
  live_vms_.insert(index);
  vms_.push_back(std::move(vm));
  pending_vms_.add(index, requests_of(g));
  ++counts_.vms_arrived;
  plan_end(index);
  return index;
}

void DataCenter::plan_end(std::size_t vm) {
  const VmGroup& group = group_of(vms_[vm]);
  const std::size_t number = vms_[vm].number;
  if (number < group.ends_at.size()) {
    queue_.at(scenario_.start + group.ends_at[number], [this, vm] { end_vm(vm); });
  } else if (group.lifetime) {
    queue_.after(exponential(arrival_random_, *group.lifetime), [this, vm] { end_vm(vm); });
  }
}

// A captured VM that runs goes on where it is, its objects as they were.
bool DataCenter::adopt(std::size_t vm) {
  SimVm& v = vms_[vm];
  const auto& captured = group_of(v).captured;
  if (!captured || captured->vm.phase != VmPhase::Running) return false;
  const std::size_t node = find_node(captured->vm.node);
  if (node == kNone) return false;
  pending_vms_.remove(vm);
  v.state = VmState::Running;
  v.node = node;
  nodes_[node].vms.insert(vm);
  bind(node, group_of(v), +1);
  update_use(v);
  refresh_load(node);
  return true;
}

void DataCenter::schedule_soon() {
  if (std::exchange(schedule_asked_, true)) return;
  queue_.after(scenario_.timing.controller, [this] { schedule(); });
}

void DataCenter::schedule() {
  schedule_asked_ = false;
  const std::vector<std::size_t> moves = unbound_moves_;
  for (const std::size_t move : moves) place_target(move);
  for (const std::size_t vm : pending_vms_.offer([this](std::size_t waiting) { return place(waiting); }))
    show_unschedulable(vms_[vm].pod);
}

void DataCenter::show_unschedulable(const ObjectKey& pod) {
  api_.change_pod(pod, [&](Pod& object) { object.unschedulable = true; });
}

// The scheduler's LeastAllocated: the mean of the free shares of CPU and memory; the first of equals.
std::size_t DataCenter::choose_node(const VmGroup& group, const std::string& hostname, std::size_t except) const {
  const Requests requests = requests_of(group);
  std::size_t best = kNone;
  double best_free = -1;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const SimNode& n = nodes_[i];
    if (i == except || !n.accepts_pods || (!hostname.empty() && n.name != hostname)) continue;
    const double cpu = n.cores * 1000 - static_cast<double>(n.cpu_requested_milli + requests.cpu_milli);
    const double memory = static_cast<double>(n.memory_bytes - n.memory_requested - requests.memory_bytes);
    if (cpu < 0 || memory < 0 || n.pods >= n.pods_allowed) continue;
    const double free = cpu / (n.cores * 1000) + memory / static_cast<double>(n.memory_bytes);
    if (free <= best_free) continue;
    best = i;
    best_free = free;
  }
  return best;
}

bool DataCenter::place(std::size_t vm) {
  const std::size_t node = choose_node(group_of(vms_[vm]), "", kNone);
  if (node == kNone) return false;
  bind_vm(vm, node);
  return true;
}

void DataCenter::bind_vm(std::size_t vm, std::size_t node) {
  SimVm& v = vms_[vm];
  pending_vms_.remove(vm);
  v.state = VmState::Starting;
  v.node = node;
  nodes_[node].vms.insert(vm);
  bind(node, group_of(v), +1);
  api_.change_pod(v.pod, [&](Pod& pod) {
    pod.node = nodes_[node].name;
    pod.unschedulable = false;
  });
  queue_.after(scenario_.timing.vm_start, [this, vm] { run_vm(vm); });
}

void DataCenter::run_vm(std::size_t vm) {
  SimVm& v = vms_[vm];
  if (v.state != VmState::Starting) return;
  // On a node that fails while it starts: it is lost with the node.
  v.state = VmState::Running;
  update_use(v);
  const std::string& node = nodes_[v.node].name;
  api_.change_pod(v.pod, [](Pod& pod) { pod.phase = PodPhase::Running; });
  api_.change_vm(v.key, [&](Vm& object) {
    set_running(object, node);
    object.live_migratable = group_of(v).live_migratable;
    if (!group_of(v).live_migratable) object.not_migratable_reason = "DisksNotLiveMigratable";
  });
  refresh_load(v.node);
}

void DataCenter::end_vm(std::size_t vm) {
  if (vms_[vm].state == VmState::Ended) return;
  remove_vm(vm, false);
}

// An ordinary end is seen at once. Of a VM whose node went away KubeVirt knows nothing until it gives the node up; then it is
// started anew, under its old name.
void DataCenter::remove_vm(std::size_t vm, bool lost) {
  if (vms_[vm].move != kNone) fail(vms_[vm].move, "vmi shutdown during migration");
  SimVm& v = vms_[vm];
  const std::size_t node = v.node;
  v.state = VmState::Ended;
  v.wanted = v.served = 0;
  live_vms_.erase(vm);
  pending_vms_.remove(vm);
  if (node != kNone) nodes_[node].vms.erase(vm);
  counts_.vms_lost += lost ? 1 : 0;
  counts_.vms_ended += lost ? 0 : 1;
  const auto forget = [this, vm, node, lost] {
    const SimVm& gone = vms_[vm];
    const std::size_t group = gone.group;
    if (node != kNone) bind(node, group_of(gone), -1);
    api_.remove(Kind::Pod, gone.pod);
    const auto migrations = api_.view().migrations_by_vm.find(gone.key);
    if (migrations != api_.view().migrations_by_vm.end()) {
      for (const ObjectKey& key : std::set<ObjectKey>(migrations->second)) api_.remove(Kind::Migration, key);
    }
    api_.remove(Kind::Vm, gone.key);
    vm_index_.erase(gone.key);
    if (lost && group_of(gone).restarts) add_vm(group);
    schedule_soon();
    reconcile_soon();
  };
  if (node != kNone) refresh_load(node);
  if (lost) {
    queue_.after(scenario_.timing.pods_lost, forget);
  } else {
    forget();
  }
}

}  // namespace drover::sim
