// DataCenter: the true world of a simulation: machines, VMs and copies as they really are, and the simulated Kubernetes and
// KubeVirt that write what they see of it into the API server. It knows nothing of Drover.
//
// Simulated are: nodes that boot, run, shut down and die; VMs that arrive, want CPU, are scheduled (most free node first among
// those that are Ready, not cordoned, not tainted and have room for the requests) and end; KubeVirt's migration controller with its
// phases and limits; copies that share the links of both ends.
//
// Thread safety: none.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "books/books.h"
#include "sim/api.h"
#include "sim/event_queue.h"
#include "sim/faults.h"
#include "sim/objects.h"
#include "sim/pre_copy.h"
#include "sim/scenario.h"
#include "sim/waiting_vms.h"

namespace drover::sim {

inline constexpr std::size_t kNone = static_cast<std::size_t>(-1);

struct SimNode {
  std::string name;
  std::size_t group = 0;
  double cores = 0;
  std::int64_t memory_bytes = 0;
  std::int64_t pods_allowed = 0;
  double link = 0;  // bytes per second
  PowerModel power;
  PowerState state = PowerState::On;
  Instant since{};                       // in this state
  std::set<std::size_t> vms;             // that run or start here
  std::set<std::size_t> copies;          // moves that copy from or to here
  double wanted = 0;                     // cores, by VMs and copies
  double served = 0;                     // of them
  bool accepts_pods = true;              // as the scheduler sees it
  std::int64_t cpu_requested_milli = 0;  // by the pods bound to it
  std::int64_t memory_requested = 0;
  std::int64_t pods = 0;
  std::uint64_t epoch = 0;  // counts changes of state
};

enum class VmState { Pending, Starting, Running, Ended };

struct SimVm {
  ObjectKey key;
  std::string uid;
  std::size_t group = 0;
  std::size_t number = 0;  // in its group
  VmState state = VmState::Pending;
  std::size_t node = kNone;  // where its pod is bound
  ObjectKey pod;
  std::size_t move = kNone;  // the migration under way
  Demand demand;
  double share = 0;   // of its vCPUs that it wants
  double wanted = 0;  // cores
  double served = 0;
  double memory_used = 0;  // bytes
  double dirty_rate = 0;   // bytes per second
  Instant arrived{};
};

struct SimMove {
  ObjectKey key;
  std::string uid;
  std::size_t vm = 0;
  std::size_t source = kNone;
  std::size_t target = kNone;  // as soon as the target pod is bound
  ObjectKey target_pod;        // empty name: none yet
  MigrationPhase phase = MigrationPhase::Unset;
  bool cancelled = false;
  PreCopy copy;
  double bandwidth = 0;  // that the copy has now; 0: it does not copy
  Instant copied_to{};   // the copy is advanced up to here
  bool stalled = false;
  std::uint64_t epoch = 0;  // counts changes of bandwidth and phase
  [[nodiscard]] bool over() const { return phase == MigrationPhase::Succeeded || phase == MigrationPhase::Failed; }
  [[nodiscard]] bool copies() const { return phase == MigrationPhase::Running; }
};

struct DataCenterCounts {
  std::size_t migrations = 0;  // that have Succeeded
  std::size_t failed_migrations = 0;
  std::size_t vms_arrived = 0;
  std::size_t vms_ended = 0;
  std::size_t vms_lost = 0;  // whose node went from under them
};

class DataCenter {
 public:
  // The scenario must have no problem; it and the queue, the API server and the faults must outlive this.
  DataCenter(const Scenario& scenario, const Faults& faults, EventQueue& queue, Api& api, SeededRandom random);
  DataCenter(const DataCenter&) = delete;
  DataCenter& operator=(const DataCenter&) = delete;

  // Puts everything there that is there at the start, and plans what comes by itself.
  void begin();

  [[nodiscard]] const std::vector<SimNode>& nodes() const { return nodes_; }
  [[nodiscard]] const std::vector<SimVm>& vms() const { return vms_; }
  [[nodiscard]] const std::vector<SimMove>& moves() const { return moves_; }
  [[nodiscard]] std::size_t find_node(const std::string& name) const;  // or kNone
  [[nodiscard]] std::size_t find_vm(const ObjectKey& key) const;       // that has not ended
  [[nodiscard]] const Books& books() const { return books_; }
  [[nodiscard]] const DataCenterCounts& counts() const { return counts_; }
  // What would have been drawn with the least that power_floor.h gives at each step of demand.
  [[nodiscard]] double floor_joules() const { return floor_joules_; }
  [[nodiscard]] const VmGroup& group_of(const SimVm& vm) const { return scenario_.vms[vm.group]; }
  void close_books() {
    books_.close(queue_.now());
    close_floor();
  }

  // What others do to it; each takes effect at once.
  // As KubeVirt's admission does: an Error, or the object is there.
  [[nodiscard]] Status admit_migration(const Migration& migration) const;
  std::string create_migration(Migration migration);  // its uid; must have been admitted
  void delete_migration(const ObjectKey& key);
  // Power commands as a machine's management controller takes them; one that changes nothing does nothing.
  void power_off(std::size_t node);
  void power_on(std::size_t node);
  void kill_node(std::size_t node);  // it fails, and is repaired after Faults::node_repair
  void add_vm(std::size_t group);
  void end_vm(std::size_t vm);

 private:
  // nodes (data_center.cc)
  void add_nodes();
  void set_state(std::size_t node, PowerState state);
  void set_ready(std::size_t node, bool ready);
  void lose_vms(std::size_t node);
  void bind(std::size_t node, const VmGroup& group, int count);
  void refresh_load(std::size_t node);
  void step_demand();
  void close_floor();
  [[nodiscard]] double floor_watts_now() const;
  void update_use(SimVm& vm);

  // VMs (data_center_vms.cc)
  void plan_arrivals(std::size_t group);
  void next_arrival(std::size_t group);
  std::size_t new_vm(std::size_t group);
  void plan_end(std::size_t vm);
  bool adopt(std::size_t vm);
  void schedule_soon();
  void schedule();
  [[nodiscard]] std::size_t choose_node(const VmGroup& group, const std::string& hostname, std::size_t except) const;
  bool place(std::size_t vm);
  void bind_vm(std::size_t vm, std::size_t node);
  void run_vm(std::size_t vm);
  void remove_vm(std::size_t vm, bool lost);
  void show_unschedulable(const ObjectKey& pod);

  // migrations (data_center_moves.cc)
  void reconcile_soon();
  void reconcile();
  [[nodiscard]] bool may_start(const SimMove& move) const;
  void start_target(std::size_t move);
  bool place_target(std::size_t move);
  void give_up_target(std::size_t move);
  void after_phase(std::size_t move, Duration delay, void (DataCenter::*next)(std::size_t));
  void scheduled(std::size_t move);
  void prepare(std::size_t move);
  void target_ready(std::size_t move);
  void begin_copy(std::size_t move);
  void share_links(std::size_t node_a, std::size_t node_b);
  void retime(std::size_t move);
  void copy_changed(std::size_t move);
  void abort_if_cancelled(std::size_t move);
  void succeed(std::size_t move);
  void fail(std::size_t move, const std::string& reason);
  void finish(std::size_t move, MigrationPhase phase);
  void drop_target(SimMove& move);
  void collect_old_migrations(const ObjectKey& vm);
  void set_phase(SimMove& move, MigrationPhase phase);

  const Scenario& scenario_;
  const Faults& faults_;
  EventQueue& queue_;
  Api& api_;
  SeededRandom demand_random_;
  SeededRandom arrival_random_;
  SeededRandom fault_random_;
  Books books_;
  DataCenterCounts counts_;
  double floor_joules_ = 0;
  std::pair<Instant, double> floor_since_;  // not counted yet: so many watts are the least since then
  std::vector<SimNode> nodes_;
  std::vector<SimVm> vms_;      // all that ever were
  std::vector<SimMove> moves_;  // all that ever were
  std::map<std::string, std::size_t> node_index_;
  std::map<ObjectKey, std::size_t> vm_index_;  // of those that have not ended
  std::map<ObjectKey, std::size_t> move_index_;
  std::set<std::size_t> live_vms_;
  WaitingVms pending_vms_;                  // without a node
  std::vector<std::size_t> pending_moves_;  // without a target pod, in order of creation
  std::vector<std::size_t> unbound_moves_;  // with a target pod that has no node
  std::vector<std::size_t> group_counts_;   // VMs made so far
  std::size_t running_moves_ = 0;           // as KubeVirt's limit counts
  std::size_t pod_count_ = 0;
  bool schedule_asked_ = false;
  bool reconcile_asked_ = false;
};

}  // namespace drover::sim
