// The migrations' part of the data centre: KubeVirt's migration controller and handlers, and the copies (KubeVirt 1.8:
// migration.go, migration-source.go, migration-target.go).
#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "sim/data_center.h"

namespace drover::sim {
namespace {

constexpr std::string_view kUnschedulableTimeout = "kubevirt.io/migrationUnschedulablePodTimeoutSeconds";
constexpr Duration kDefaultUnschedulableTimeout = minutes{5};
constexpr std::size_t kFinalMigrationsKept = 5;  // of each VM
constexpr double kGib = 1024.0 * 1024.0 * 1024.0;

Error refused(std::string message) {
  return {ErrorClass::Invalid, std::move(message), 400};
}

Duration unschedulable_timeout(const Migration& migration) {
  const std::string_view text = migration.annotations.value_or(kUnschedulableTimeout, "");
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc{} && !text.empty() ? Duration(seconds{count}) : kDefaultUnschedulableTimeout;
}

}  // namespace

// virt-api's migration-create-admitter.
Status DataCenter::admit_migration(const Migration& migration) const {
  const ClusterView& view = api_.view();
  const Vm* vm = view.vm(migration.vm());
  if (vm == nullptr) return refused("the VMI " + to_string(migration.vm()) + " does not exist");
  if (vm->is_final()) return refused("Cannot migrate VMI in finalized state.");
  if (vm->live_migratable && !*vm->live_migratable) {
    return refused("Cannot migrate VMI, Reason: " + vm->not_migratable_reason + ", Message: " + vm->not_migratable_message);
  }
  if (!faults_.refused_vm.empty() && faults_.refused_vm == migration.vm().name) {
    return refused("admission webhook \"policy.example.com\" denied the request: this VM stays where it is");
  }
  for (const Migration* other : view.migrations_of(migration.vm())) {
    if (other->is_final()) continue;
    return Error{ErrorClass::Conflict, "in-flight migration detected. Active migration job (" + other->uid +
                                           ") is currently already in progress for VMI " + vm->key.name + "."};
  }
  return ok();
}

std::string DataCenter::create_migration(Migration migration) {
  const std::size_t vm = find_vm(migration.vm());
  DROVER_CHECK(vm != kNone);
  const std::size_t index = moves_.size();
  migration.uid = "vmim-" + std::to_string(index + 1);
  migration.created = std::chrono::floor<seconds>(queue_.now());
  migration.phase = MigrationPhase::Unset;
  SimMove move;
  move.key = migration.key;
  move.uid = migration.uid;
  move.vm = vm;
  move.source = vms_[vm].node;
  move_index_[move.key] = index;
  moves_.push_back(std::move(move));
  pending_moves_.push_back(index);
  std::string uid = migration.uid;
  api_.put(std::move(migration));
  reconcile_soon();
  return uid;
}

// Before the hand-over the target pod goes and the migration has failed; after it, only a copy that runs can be aborted.
void DataCenter::delete_migration(const ObjectKey& key) {
  const auto at = move_index_.find(key);
  if (at == move_index_.end() || moves_[at->second].over()) return api_.remove(Kind::Migration, key);
  const std::size_t index = at->second;
  SimMove& move = moves_[index];
  if (move.cancelled) return;
  move.cancelled = true;
  api_.change_migration(key, [](Migration& migration) { migration.terminating = true; });
  const bool handed_over = move.phase == MigrationPhase::PreparingTarget || move.phase == MigrationPhase::TargetReady ||
                           move.phase == MigrationPhase::Running;
  if (!handed_over) {
    queue_.after(scenario_.timing.controller, [this, index] {
      if (!moves_[index].over()) fail(index, "");
    });
  } else if (move.copies()) {
    abort_if_cancelled(index);
  }
}

void DataCenter::reconcile_soon() {
  if (std::exchange(reconcile_asked_, true)) return;
  queue_.after(scenario_.timing.controller, [this] { reconcile(); });
}

// Pending ones in order of creation, each as soon as the limits allow.
void DataCenter::reconcile() {
  reconcile_asked_ = false;
  const std::vector<std::size_t> pending = pending_moves_;
  for (const std::size_t index : pending) {
    SimMove& move = moves_[index];
    if (move.over()) continue;
    if (move.phase == MigrationPhase::Unset) {
      set_phase(move, MigrationPhase::Pending);
      reconcile_soon();
    } else if (may_start(move)) {
      start_target(index);
    }
  }
}

bool DataCenter::may_start(const SimMove& move) const {
  const SimVm& vm = vms_[move.vm];
  if (vm.state != VmState::Running || vm.move != kNone || move.cancelled) return false;
  if (static_cast<std::int64_t>(running_moves_) >= scenario_.kubevirt.parallel_migrations_per_cluster) return false;
  std::int64_t outbound = 0;
  for (const std::size_t other : nodes_[vm.node].vms) outbound += vms_[other].move != kNone ? 1 : 0;
  return outbound < scenario_.kubevirt.parallel_outbound_migrations_per_node;
}

void DataCenter::start_target(std::size_t index) {
  SimMove& move = moves_[index];
  SimVm& vm = vms_[move.vm];
  std::erase(pending_moves_, index);
  vm.move = index;
  move.source = vm.node;
  ++running_moves_;
  unbound_moves_.push_back(index);
  const auto migration = api_.view().migrations.at(move.key);  // kept: the object changes below
  move.target_pod = {vm.key.ns, "virt-launcher-" + vm.key.name + "-" + std::to_string(++pod_count_)};
  api_.put(target_pod(group_of(vm), *api_.view().vm(vm.key), move.target_pod.name, *migration));
  set_phase(move, MigrationPhase::Scheduling);
  queue_.after(scenario_.timing.controller, [this, index] {
    if (!moves_[index].over() && moves_[index].target == kNone && !place_target(index)) {
      show_unschedulable(moves_[index].target_pod);
    }
  });
  queue_.after(unschedulable_timeout(*migration), [this, index] { give_up_target(index); });
}

bool DataCenter::place_target(std::size_t index) {
  SimMove& move = moves_[index];
  if (move.over() || move.target != kNone) return true;
  const Migration& migration = *api_.view().migrations.at(move.key);
  const std::string hostname(migration.added_node_selector.value_or(label::kHostname, ""));
  const std::size_t node = choose_node(group_of(vms_[move.vm]), hostname, move.source);
  if (node == kNone) return false;
  std::erase(unbound_moves_, index);
  move.target = node;
  bind(node, group_of(vms_[move.vm]), +1);
  nodes_[node].copies.insert(index);  // from here on it shares the target's fate
  api_.change_pod(move.target_pod, [&](Pod& pod) {
    pod.node = nodes_[node].name;
    pod.unschedulable = false;
  });
  after_phase(index, scenario_.timing.target_pod, &DataCenter::scheduled);
  return true;
}

void DataCenter::give_up_target(std::size_t index) {
  if (!moves_[index].over() && moves_[index].target == kNone) fail(index, "");
}

// The next stage of a migration that is still in the stage it is in now.
void DataCenter::after_phase(std::size_t index, Duration delay, void (DataCenter::*next)(std::size_t)) {
  const MigrationPhase phase = moves_[index].phase;
  queue_.after(delay, [this, index, phase, next] {
    if (moves_[index].phase == phase) (this->*next)(index);
  });
}

void DataCenter::scheduled(std::size_t index) {
  api_.change_pod(moves_[index].target_pod, [](Pod& pod) { pod.phase = PodPhase::Running; });
  set_phase(moves_[index], MigrationPhase::Scheduled);
  after_phase(index, scenario_.timing.controller, &DataCenter::prepare);
}

// The hand-over: from here on the VMI tells of the migration.
void DataCenter::prepare(std::size_t index) {
  SimMove& move = moves_[index];
  api_.change_vm(vms_[move.vm].key, [&](Vm& vm) {
    vm.migration =
        MigrationState{.migration_uid = move.uid, .source_node = nodes_[move.source].name, .target_node = nodes_[move.target].name};
  });
  set_phase(move, MigrationPhase::PreparingTarget);
  after_phase(index, scenario_.timing.target_prepare, &DataCenter::target_ready);
}

void DataCenter::target_ready(std::size_t index) {
  set_phase(moves_[index], MigrationPhase::TargetReady);
  after_phase(index, scenario_.timing.target_prepare, &DataCenter::begin_copy);
}

void DataCenter::begin_copy(std::size_t index) {
  SimMove& move = moves_[index];
  const SimVm& vm = vms_[move.vm];
  const KubeVirt& kubevirt = scenario_.kubevirt;
  const double gib = std::max(1.0, static_cast<double>(group_of(vm).memory_bytes) / kGib);
  move.copy = PreCopy({.memory_bytes = vm.memory_used,
                       .dirty_bytes_per_second = vm.dirty_rate,
                       .completion_timeout = from_seconds(gib * static_cast<double>(kubevirt.completion_timeout_per_gib_seconds)),
                       .progress_timeout = seconds{kubevirt.progress_timeout_seconds},
                       .auto_converge = kubevirt.allow_auto_converge,
                       .post_copy = kubevirt.allow_post_copy});
  move.copied_to = queue_.now();
  move.stalled = faults_.copy_stall > 0 && fault_random_.chance(faults_.copy_stall);
  nodes_[move.source].copies.insert(index);
  api_.change_vm(vm.key, [&](Vm& object) {
    if (!object.migration) return;
    object.migration->started = std::chrono::floor<seconds>(queue_.now());
    object.migration->mode = "PreCopy";
  });
  set_phase(move, MigrationPhase::Running);
  const bool fails_there = !faults_.failing_target.empty() && faults_.failing_target == nodes_[move.target].name;
  if (fails_there || (faults_.copy_fail > 0 && fault_random_.chance(faults_.copy_fail))) {
    const double whole = vm.memory_used / nodes_[move.source].link;
    queue_.after(from_seconds(whole / 2), [this, index] {
      if (moves_[index].copies()) fail(index, "Live migration failed: the connection was lost");
    });
  }
  refresh_load(move.source);
  refresh_load(move.target);
  share_links(move.source, move.target);
  abort_if_cancelled(index);
}

void DataCenter::abort_if_cancelled(std::size_t index) {
  SimMove& move = moves_[index];
  if (!move.cancelled) return;
  api_.change_vm(vms_[move.vm].key, [](Vm& vm) {
    if (vm.migration) vm.migration->abort_requested = true;
  });
  queue_.after(scenario_.timing.controller, [this, index] {
    if (moves_[index].copies()) fail(index, "Live migration aborted");
  });
}

// Every copy gets an equal part of the link at each of its ends, and the smaller counts; KubeVirt's limit for one migration holds
// besides.
void DataCenter::share_links(std::size_t node_a, std::size_t node_b) {
  std::set<std::size_t> concerned = nodes_[node_a].copies;
  concerned.insert(nodes_[node_b].copies.begin(), nodes_[node_b].copies.end());
  const auto copying = [&](std::size_t node) {
    return std::max<std::size_t>(1,
                                 static_cast<std::size_t>(std::count_if(nodes_[node].copies.begin(), nodes_[node].copies.end(),
                                                                        [&](std::size_t move) { return moves_[move].copies(); })));
  };
  for (const std::size_t index : concerned) {
    SimMove& move = moves_[index];
    if (!move.copies()) continue;
    if (move.bandwidth > 0 && !move.stalled) move.copy.advance(queue_.now() - move.copied_to, move.bandwidth);
    move.copied_to = queue_.now();
    move.bandwidth = std::min(nodes_[move.source].link / static_cast<double>(copying(move.source)),
                              nodes_[move.target].link / static_cast<double>(copying(move.target)));
    const auto limit = static_cast<double>(scenario_.kubevirt.bandwidth_per_migration_bytes_per_second);
    if (limit > 0) move.bandwidth = std::min(move.bandwidth, limit);
    retime(index);
  }
}

void DataCenter::retime(std::size_t index) {
  SimMove& move = moves_[index];
  const std::uint64_t epoch = ++move.epoch;
  // What makes no progress is ended by KubeVirt.
  const Duration wait =
      move.stalled ? Duration(seconds{scenario_.kubevirt.progress_timeout_seconds}) : move.copy.until_change(move.bandwidth);
  queue_.after(wait, [this, index, epoch] {
    if (moves_[index].epoch == epoch && moves_[index].copies()) copy_changed(index);
  });
}

void DataCenter::copy_changed(std::size_t index) {
  SimMove& move = moves_[index];
  if (move.stalled) return fail(index, "Live migration stuck: no progress, and has been aborted");
  move.copy.advance(queue_.now() - move.copied_to, move.bandwidth);
  move.copied_to = queue_.now();
  if (move.copy.state() == PreCopy::State::Failed) return fail(index, move.copy.failure());
  if (move.copy.state() == PreCopy::State::Done) return succeed(index);
  retime(index);
}

void DataCenter::succeed(std::size_t index) {
  SimMove& move = moves_[index];
  SimVm& vm = vms_[move.vm];
  books_.note_move(move.vm, move.copy.elapsed(), move.copy.downtime());
  ++counts_.migrations;
  const ObjectKey old_pod = vm.pod;
  nodes_[move.source].vms.erase(move.vm);
  nodes_[move.target].vms.insert(move.vm);
  bind(move.source, group_of(vm), -1);
  vm.node = move.target;
  vm.pod = move.target_pod;
  api_.change_vm(vm.key, [&](Vm& object) {
    object.node = nodes_[move.target].name;
    if (!object.migration) return;
    object.migration->completed = true;
    object.migration->ended = std::chrono::floor<seconds>(queue_.now());
  });
  api_.remove(Kind::Pod, old_pod);
  finish(index, MigrationPhase::Succeeded);
}

void DataCenter::fail(std::size_t index, const std::string& reason) {
  SimMove& move = moves_[index];
  ++counts_.failed_migrations;
  if (vms_[move.vm].move == index) {
    api_.change_vm(vms_[move.vm].key, [&](Vm& vm) {
      if (!vm.migration || vm.migration->migration_uid != move.uid) return;
      vm.migration->failed = true;
      vm.migration->failure_reason = reason;
      vm.migration->ended = std::chrono::floor<seconds>(queue_.now());
    });
  }
  drop_target(move);
  finish(index, MigrationPhase::Failed);
}

void DataCenter::drop_target(SimMove& move) {
  if (move.target_pod.name.empty()) return;
  if (move.target != kNone) bind(move.target, group_of(vms_[move.vm]), -1);
  api_.remove(Kind::Pod, move.target_pod);
}

// What both ends have in common: the slot is free, the links are shared anew, the object tells how it ended.
void DataCenter::finish(std::size_t index, MigrationPhase phase) {
  SimMove& move = moves_[index];
  ++move.epoch;
  std::erase(pending_moves_, index);
  std::erase(unbound_moves_, index);
  SimVm& vm = vms_[move.vm];
  if (vm.move == index) {
    vm.move = kNone;
    --running_moves_;
  }
  move.bandwidth = 0;
  const Vm* object = api_.view().vm(vm.key);
  const bool handed_over = object != nullptr && object->migration && object->migration->migration_uid == move.uid;
  move.phase = phase;
  api_.change_migration(move.key, [&](Migration& migration) {
    migration.phase = phase;
    migration.ended = std::chrono::floor<seconds>(queue_.now());
    if (handed_over) migration.state = object->migration;
  });
  if (move.source != kNone) {
    nodes_[move.source].copies.erase(index);
    refresh_load(move.source);
  }
  if (move.target != kNone) {
    nodes_[move.target].copies.erase(index);
    refresh_load(move.target);
    share_links(move.source, move.target);
  }
  if (move.cancelled) {
    queue_.after(scenario_.timing.controller, [this, key = move.key] { api_.remove(Kind::Migration, key); });
  }
  collect_old_migrations(vm.key);
  reconcile_soon();
  schedule_soon();
}

void DataCenter::collect_old_migrations(const ObjectKey& vm) {
  std::size_t kept = 0;
  std::vector<ObjectKey> old;
  for (const Migration* migration : api_.view().migrations_of(vm)) {  // newest first
    if (migration->is_final() && ++kept > kFinalMigrationsKept) old.push_back(migration->key);
  }
  for (const ObjectKey& key : old) api_.remove(Kind::Migration, key);
}

void DataCenter::set_phase(SimMove& move, MigrationPhase phase) {
  move.phase = phase;
  api_.change_migration(move.key, [&](Migration& migration) { migration.phase = phase; });
}

}  // namespace drover::sim
