#include "event/cluster.h"

#include <algorithm>
#include <array>
#include <utility>

#include "act/render.h"
#include "sim/objects.h"

namespace drover::bench {
namespace {

constexpr std::int64_t kGib = std::int64_t{1} << 30;
constexpr int kVcpus = 4;
constexpr std::size_t kBusy = 50;              // VMs whose signal is above any policy's level
constexpr std::size_t kShownMigrations = 100;  // as KubeVirt keeps five of each VM
constexpr double kHotNodes = 0.03;             // share of nodes that are asked for nearly all of their CPU

std::string numbered(const char* name, std::size_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, digits.size() < 5 ? 5 - digits.size() : 0, '0');
  return name + digits;
}

sim::NodeGroup make_node_group() {
  sim::NodeGroup group;
  group.name = "node";
  group.cores = 64;
  group.memory_bytes = 256 * kGib;
  return group;
}

sim::VmGroup make_vm_group() {
  sim::VmGroup group;
  group.name = "vm";
  group.vcpus = kVcpus;
  group.cpu_request_milli = 400;
  group.memory_bytes = 8 * kGib;
  group.labels.set("app", "web");
  return group;
}

MigrationPhase next_phase(MigrationPhase phase) {
  constexpr std::array kWay = {MigrationPhase::Pending,         MigrationPhase::Scheduling,  MigrationPhase::Scheduled,
                               MigrationPhase::PreparingTarget, MigrationPhase::TargetReady, MigrationPhase::Running,
                               MigrationPhase::Succeeded};
  const auto* at = std::find(kWay.begin(), kWay.end(), phase);
  return at + 1 < kWay.end() ? *(at + 1) : MigrationPhase::Succeeded;
}

}  // namespace

Cluster::Cluster(const Sizes& sizes, const std::vector<Policy>& policies, std::uint64_t seed, Instant now)
    : sizes_(sizes), random_(seed), node_group_(make_node_group()), vm_group_(make_vm_group()) {
  KubeVirt kubevirt;
  kubevirt.present = true;
  kubevirt.version = "v1.8.0";
  kubevirt.phase = "Deployed";
  api_.put(std::move(kubevirt));
  for (std::size_t i = 0; i < sizes.namespaces; ++i) api_.put(Namespace{.name = numbered("ns-", i), .labels = {}});
  for (std::size_t i = 0; i < sizes.nodes; ++i) add_node();
  for (std::size_t i = 0; i < sizes.vms; ++i) start_vm(now - hours{100});
  while (busy_.size() < kBusy) (void)signal(now);
  for (const Policy& policy : policies) api_.put(policy);
  api_.watch([this](const reflect::Delta& delta) { told_.push_back(delta); });
}

void Cluster::add_node() {
  const std::string name = numbered("node-", nodes_made_);
  api_.put(sim::node_object(node_group_, name, std::string(1, static_cast<char>('a' + nodes_made_ % 3))));
  ++nodes_made_;
  for (std::size_t i = 0; i < sizes_.other_pods_per_node; ++i) {
    Pod pod;
    pod.key = {"system", "agent-" + std::to_string(i) + "-" + name};
    pod.uid = "uid-" + pod.key.name;
    pod.node = name;
    pod.phase = PodPhase::Running;
    pod.owner = PodOwner::Node;
    pod.requests = {{"cpu", 100}, {"memory", kGib / 4}};
    api_.put(std::move(pod));
  }
}

Pod Cluster::launcher(const Vm& vm, const std::string& node) {
  Pod pod = sim::launcher_pod(vm_group_, vm, "virt-launcher-" + vm.key.name + "-" + std::to_string(pods_made_++));
  pod.node = node;
  pod.phase = PodPhase::Running;
  return pod;
}

std::string Cluster::any_node() {
  return numbered("node-", random_.below(nodes_made_));
}

void Cluster::start_vm(Instant now) {
  // Evenly at first, as a scheduler would; later anywhere.
  const std::string node = vms_made_ < sizes_.vms ? numbered("node-", vms_made_ % sizes_.nodes) : any_node();
  const ObjectKey key{numbered("ns-", random_.below(sizes_.namespaces)), numbered("vm-", vms_made_)};
  ++vms_made_;
  Vm vm = sim::vm_object(vm_group_, key, "uid-" + key.name, now);
  vm.live_migratable = true;
  sim::set_running(vm, node);
  api_.put(launcher(vm, node));
  api_.put(std::move(vm));
  guests_.push_back({key, random_.uniform(0.02, 0.4), false});
}

void Cluster::end_vm() {
  const std::size_t which = any_guest();
  const Vm* vm = view().vm(guests_[which].key);
  if (guests_[which].busy || vm == nullptr || view().migrations_by_vm.contains(vm->key)) return;
  std::vector<ObjectKey> pods;
  if (const auto at = view().pods_by_vmi_uid.find(vm->uid); at != view().pods_by_vmi_uid.end())
    pods.assign(at->second.begin(), at->second.end());
  const ObjectKey key = vm->key;
  api_.remove(Kind::Vm, key);
  for (const ObjectKey& pod : pods) api_.remove(Kind::Pod, pod);
  for (std::size_t& index : busy_) {
    if (index == guests_.size() - 1) index = which;
  }
  guests_[which] = std::move(guests_.back());
  guests_.pop_back();
}

// A hot-plug that waits, or is done with.
void Cluster::change_vm() {
  api_.change_vm(guests_[any_guest()].key, [](Vm& vm) {
    if (vm.pending_changes.empty()) {
      vm.pending_changes = {"HotMemoryChange"};
    } else {
      vm.pending_changes.clear();
    }
  });
}

void Cluster::change_launcher() {
  const Vm* vm = view().vm(guests_[any_guest()].key);
  if (vm == nullptr) return;
  const auto pods = view().pods_by_vmi_uid.find(vm->uid);
  if (pods == view().pods_by_vmi_uid.end()) return;
  api_.change_pod(*pods->second.begin(), [this](Pod& pod) { pod.labels.set("touched", std::to_string(random_.below(1'000'000))); });
}

void Cluster::change_node() {
  api_.change_node(any_node(), [this](Node& node) { node.labels.set("touched", std::to_string(random_.below(1'000'000))); });
}

void Cluster::change_policy() {
  if (view().policies.empty()) return;
  const auto at = std::next(view().policies.begin(), static_cast<std::ptrdiff_t>(random_.below(view().policies.size())));
  api_.change_policy(at->first, [](Policy& policy) {
    ++policy.generation;
    policy.spec.per_vm.cooldown += seconds{1};
  });
}

void Cluster::begin_move(Migration migration, Instant now) {
  migration.uid = "migration-" + std::to_string(++migrations_made_);
  migration.created = std::chrono::floor<seconds>(now);
  migration.phase = MigrationPhase::Pending;
  under_way_.push_back(migration.key);
  api_.put(std::move(migration));
}

void Cluster::advance_migration(Instant now) {
  if (under_way_.empty()) {
    const std::size_t which = any_guest();
    Migration migration;
    migration.key = {guests_[which].key.ns, "by-hand-" + std::to_string(migrations_made_)};
    migration.vm_name = guests_[which].key.name;
    return begin_move(std::move(migration), now);
  }
  const std::size_t which = random_.below(under_way_.size());
  const Migration migration = *view().migrations.at(under_way_[which]);
  const Vm* vm = view().vm(migration.vm());
  const MigrationPhase phase = next_phase(migration.phase);
  if (phase == MigrationPhase::Scheduling) {
    const std::string target(migration.annotations.value_or(mark::kTarget, any_node()));
    Pod pod = launcher(*vm, target);
    pod.migration_uid = migration.uid;
    api_.put(std::move(pod));
  }
  if (phase == MigrationPhase::Succeeded) {
    end_move(migration, now);
    under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(which));
  } else {
    api_.change_migration(migration.key, [phase](Migration& m) { m.phase = phase; });
  }
}

void Cluster::end_move(const Migration& migration, Instant now) {
  const Vm vm = *view().vm(migration.vm());
  std::string target;
  std::vector<ObjectKey> old;
  for (const ObjectKey& key : view().pods_by_vmi_uid.at(vm.uid)) {
    const Pod& pod = *view().pods.at(key);
    if (pod.migration_uid == migration.uid) {
      target = pod.node;
    } else {
      old.push_back(key);
    }
  }
  const MigrationState state{.migration_uid = migration.uid,
                             .source_node = vm.node,
                             .target_node = target,
                             .completed = true,
                             .started = migration.created,
                             .ended = now};
  api_.change_vm(vm.key, [&](Vm& v) {
    v.node = target;
    v.migration = state;
  });
  for (const ObjectKey& key : old) api_.remove(Kind::Pod, key);
  api_.change_migration(migration.key, [&](Migration& m) {
    m.phase = MigrationPhase::Succeeded;
    m.ended = now;
    m.state = state;
  });
  over_.push_back(migration.key);
  if (over_.size() <= kShownMigrations) return;
  api_.remove(Kind::Migration, over_.front());
  over_.pop_front();
}

std::string Cluster::carry_out(const EffectBody& effect, Instant now) {
  if (const auto* create = std::get_if<CreateMigration>(&effect); create != nullptr && !create->dry_run) {
    begin_move(migration_of(*create), now);
    return view().migrations.at({create->vm.ns, create->name})->uid;
  }
  if (const auto* write = std::get_if<WriteStatus>(&effect)) {
    api_.change_policy(write->policy.key, [&](Policy& policy) { policy.status = write->status; });
  } else if (const auto* mark = std::get_if<MarkNode>(&effect)) {
    api_.change_node(mark->node, [&](Node& node) { write_marks(node, mark->marks); });
  } else if (const auto* power = std::get_if<SwitchPower>(&effect)) {
    api_.change_node(power->node, [&](Node& node) { node.ready = power->request == PowerRequest::On; });
  }
  return {};
}

bool Cluster::on_hot_node(std::size_t guest) const {
  const Vm* vm = view().vm(guests_[guest].key);
  const auto hot = static_cast<std::size_t>(kHotNodes * static_cast<double>(sizes_.nodes));
  return vm != nullptr && vm->node < numbered("node-", hot);
}

SignalTable Cluster::signal(Instant now) {
  // The longest busy one has calmed down, and another has become busy.
  if (busy_.size() >= kBusy) {
    guests_[busy_.front()].busy = false;
    busy_.pop_front();
  }
  // Half of the busy ones are on hot nodes, where a move is worth it.
  std::size_t fresh = any_guest();
  for (int tries = 0; busy_.size() % 2 == 0 && tries < 300 && !on_hot_node(fresh); ++tries) fresh = any_guest();
  if (!guests_[fresh].busy) {
    guests_[fresh].busy = true;
    busy_.push_back(fresh);
  }
  SignalTable table;
  table.sampled = now;
  for (const Guest& guest : guests_) table.values[guest.key] = guest.busy ? 0.95 : guest.share;
  return table;
}

UseTable Cluster::use(Instant now) {
  UseTable table;
  table.sampled = now;
  for (std::size_t i = 0; i < guests_.size(); ++i) {
    const Guest& guest = guests_[i];
    const double share = guest.busy ? 0.95 : on_hot_node(i) ? 0.9 : guest.share;
    table.vms[guest.key] = {.cpu_cores = share * kVcpus,
                            .cpu_delay_cores = 0.0,
                            .memory_bytes = 6.0 * static_cast<double>(kGib),
                            .dirty_bytes_per_second = 20e6};
  }
  return table;
}

}  // namespace drover::bench
