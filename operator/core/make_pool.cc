#include "core/make_pool.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/alongside.h"
#include "base/check.h"
#include "base/index.h"
#include "core/bounds.h"
#include "core/cost.h"
#include "core/feasibility.h"
#include "core/hands.h"
#include "core/load.h"
#include "core/reserve.h"
#include "core/selection.h"

namespace drover {
namespace {

constexpr Duration kFiguresDue = minutes{5};  // a rate takes two scrapes

bool runs_vms(const Node& node) {
  return node.labels.value_or(label::kSchedulable, "") == "true" || node.marks.life != NodeLife::Active;
}

// A node that the policy itself took out of service counts as it will be when it is taken back or awake.
bool can_receive(const ClusterView& view, const Node& node, const Policy& policy) {
  if (node.marks.life != NodeLife::Active && node.marks.policy_uid != policy.ref.uid) return false;
  if (!held_by_others(node).empty()) return false;
  const bool rests = node.marks.life == NodeLife::Asleep || node.marks.life == NodeLife::Waking;
  const bool runs = node.ready && node.labels.value_or(label::kSchedulable, "") == "true" && !view.handler_is_ill(node.name);
  return (runs || rests) && (!node.unschedulable || node.marks.cordoned);
}

// Whether the VMs on a node could ever run on another: asked once for each pair, and only when a strategy wants to know. Most VMs
// ask the same of a node as others do, and are answered together.
class MayRun {
 public:
  // A target that failed lately is out for this round: a strategy looks for another, not for the same again.
  MayRun(const ClusterView& view, const Plan& plan, const Ledger& ledger, Instant now, Bounds bounds, std::vector<const Vm*> vms,
         std::vector<const Node*> nodes)
      : view_(view), plan_(plan), bounds_(std::move(bounds)), vms_(std::move(vms)), nodes_(std::move(nodes)), kinds_(vms_.size()) {
    for (const Vm* vm : vms_) failed_.push_back(ledger.failed_targets(vm->uid, now));
  }

  bool operator()(int vm, int node) {
    const std::string& name = nodes_[index(node)]->name;
    if (name == vms_[index(vm)]->node) return true;
    return !failed_[index(vm)].contains(name) && may_run(kind_of(vm), node);
  }

  std::vector<int> barred(int vm) {
    Kind& kind = kind_of(vm);
    if (!kind.barred) {
      kind.barred.emplace();
      for (int node = 0; node < static_cast<int>(nodes_.size()); ++node) {
        if (!may_run(kind, node)) kind.barred->push_back(node);
      }
    }
    std::vector<int> barred = *kind.barred;
    for (int node = 0; !failed_[index(vm)].empty() && node < static_cast<int>(nodes_.size()); ++node) {
      if (failed_[index(vm)].contains(nodes_[index(node)]->name)) barred.push_back(node);
    }
    std::erase_if(barred, [&](int node) { return nodes_[index(node)]->name == vms_[index(vm)]->node; });
    std::sort(barred.begin(), barred.end());
    barred.erase(std::unique(barred.begin(), barred.end()), barred.end());
    return barred;
  }

 private:
  // VMs that may run on the same nodes.
  struct Kind {
    Feasibility feasibility;  // of one of them
    std::vector<char> known;  // by node: 0: not asked yet, 1: yes, 2: no
    std::optional<std::vector<int>> barred{};
  };

  Kind& kind_of(int vm) {
    std::shared_ptr<Kind>& kind = kinds_[index(vm)];
    if (kind) return *kind;
    const Vm& asked = *vms_[index(vm)];
    Feasibility feasibility(view_, asked, plan_, bounds_.targets_of(asked));
    const auto asks = feasibility.asks();
    std::shared_ptr<Kind> alone;
    std::shared_ptr<Kind>& found = asks ? by_asks_[*asks] : alone;
    if (!found) found = std::make_shared<Kind>(Kind{std::move(feasibility), std::vector<char>(nodes_.size(), 0)});
    kind = found;
    return *kind;
  }

  bool may_run(Kind& kind, int node) {
    char& known = kind.known[index(node)];
    if (known == 0) known = kind.feasibility.may_run(*nodes_[index(node)]) ? 1 : 2;
    return known == 1;
  }

  const ClusterView& view_;
  const Plan& plan_;
  Bounds bounds_;
  std::vector<const Vm*> vms_;
  std::vector<const Node*> nodes_;
  std::vector<std::map<std::string, Instant>> failed_;
  std::vector<std::shared_ptr<Kind>> kinds_;  // by VM; null: not asked yet
  std::map<Feasibility::Asks, std::shared_ptr<Kind>> by_asks_;
};

class PoolMaker {
 public:
  PoolMaker(const PoolSources& sources, const Policy& policy, const ConsolidationSettings& settings)
      : from_(sources),
        view_(sources.view),
        policy_(policy),
        settings_(settings),
        reserve_(view_, sources.roster, settings_),
        bounds_(view_, sources.now),
        limits_(view_, bounds_, sources.ledger, sources.refusals, sources.now) {}

  Pool make() {
    DROVER_CHECK(from_.roster.entries().size() == view_.vms.size());  // it is up to date with the view
    pool_.now = from_.now;
    pool_.sample_age = std::max(Duration::zero(), from_.now - from_.use.sampled) + from_.use.age;
    for (const auto& [key, node] : view_.nodes) {
      if (runs_vms(*node)) add(*node);
    }
    SelectsInOrder selected(view_, policy_);
    Alongside use(from_.use.vms);
    for (const Roster::Entry& entry : from_.roster.entries()) {
      const Vm& vm = *entry.vm;
      if (entry.is_final || vm.terminating) continue;
      add(entry, use.find(vm.key), selected(vm));
    }
    take_strays();
    for (std::size_t i = 0; i < vms_.size(); ++i) keep_hosts_of_immovables(i);
    known_.resize(pool_.nodes.size());
    for (std::size_t i = 0; i < vms_.size(); ++i) weigh(i);
    for (std::size_t i = 0; i < known_.size(); ++i) heed_what_is_unknown(i);
    const auto asked = std::make_shared<MayRun>(view_, from_.plan, from_.ledger, from_.now, bounds_, vms_, nodes_);
    pool_.may_run = [asked](int vm, int node) { return (*asked)(vm, node); };
    pool_.may_not_run_on = [asked](int vm) { return asked->barred(vm); };
    return std::move(pool_);
  }

 private:
  void add(const Node& node) {
    PoolNode made{.name = node.name,
                  .zone = std::string(node.labels.value_or(label::kZone, "")),
                  .capacity = amounts_of(node.allocatable),
                  .most_vms = amount(node.allocatable, "pods"),
                  .power = view_.power_model(node),
                  .life = node.marks.life,
                  .since = since_of(from_.lives, node),
                  .receives = can_receive(view_, node, policy_),
                  .keeps_on = why_kept_on(node, settings_, from_.options)};
    if (made.keeps_on.empty()) made.keeps_on = kept_by_wish(node, from_.now);
    if (made.keeps_on.empty()) made.keeps_on = held_by_others(node);
    if (made.keeps_on.empty() && !node.ready && made.life == NodeLife::Active) made.keeps_on = "it is not Ready";
    if (made.keeps_on.empty()) made.keeps_on = why_pods_keep_on(view_, node.name, settings_);
    if (made.keeps_on.empty() && (made.life == NodeLife::Active || made.life == NodeLife::Empty))
      made.keeps_on = reserve_.problem_without(node);
    if (const auto found = from_.kept_on.find(node.name); found != from_.kept_on.end() && made.life == NodeLife::Active)
      made.keeps_on = found->second;
    if (const auto found = view_.totals_by_node.find(node.name); found != view_.totals_by_node.end()) {
      const NodePods& bound = found->second;
      made.most_vms -= bound.all.pods - bound.launchers.pods;
      made.capacity -= {static_cast<double>(bound.all.cpu_milli - bound.launchers.cpu_milli) / 1000.0,
                        static_cast<double>(bound.all.memory_bytes - bound.launchers.memory_bytes)};
    }
    made.capacity = {std::max(0.0, made.capacity.cpu), std::max(0.0, made.capacity.memory)};
    if (!pool_.may_rest.contains(made.zone)) pool_.may_rest[made.zone] = reserve_.more_may_rest(made.zone);
    node_index_[node.name] = static_cast<int>(pool_.nodes.size());
    nodes_.push_back(&node);
    pool_.nodes.push_back(std::move(made));
  }

  // A VM whose node is none of the pool's is not packed; nor is one that waits for a node (core/make_room.h).
  void add(const Roster::Entry& entry, const VmUse* use, bool selected) {
    const Vm& vm = *entry.vm;
    const std::string node = vm.node.empty() ? bound_node(vm) : vm.node;
    const auto place = node_index_.find(node);
    if (place == node_index_.end()) return;
    const Pod* launcher = active_launcher(view_, vm);
    PoolVm made{.key = vm.key, .uid = vm.uid, .node = place->second};
    const auto demand = use != nullptr ? demand_of(*use) : std::nullopt;
    made.most = {static_cast<double>(vm.vcpus), static_cast<double>(vm.memory_bytes)};
    made.measured = demand.has_value();
    made.demand = demand ? Amounts{demand->cpu_cores, demand->memory_bytes} : made.most;
    made.reserved = launcher != nullptr ? amounts_of(launcher->requests) : Amounts{0, made.most.memory};
    const PlannedMove* move = from_.plan.find(vm.key);
    if (move != nullptr && node_index_.contains(move->target)) made.moving_to = node_index_.at(move->target);
    const Estimate estimate = estimate_move(view_, vm, use, from_.options);
    made.copy_seconds = to_seconds(estimate.cost.duration);
    const std::optional<Immovable> immovable = why_immovable_now(view_, entry, from_.plan);
    const bool for_good = immovable && (immovable->reason == Reason::Excluded || immovable->reason == Reason::NotLiveMigratable);
    made.movable = !for_good && estimate.never_ends.empty() && selected;
    const Node& host = *nodes_[index(place->second)];
    const bool can_leave = why_no_copy_begins(view_, host).empty();
    made.movable_now = made.movable && made.measured && !immovable && can_leave && !limits_.any_of_its_own(vm);
    vms_.push_back(&vm);
    selected_.push_back(selected ? 1 : 0);
    pool_.vms.push_back(std::move(made));
  }

  void each_launcher(const Vm& vm, const auto& visit) const {
    const auto keys = view_.pods_by_vmi_uid.find(vm.uid);
    if (keys == view_.pods_by_vmi_uid.end()) return;
    for (const ObjectKey& key : keys->second) {
      const auto pod = view_.pods.find(key);
      if (pod != view_.pods.end() && !pod->second->is_over()) visit(*pod->second);
    }
  }
  [[nodiscard]] std::string bound_node(const Vm& vm) const {
    std::string node;
    each_launcher(vm, [&](const Pod& pod) { node = pod.node; });
    return node;
  }

  // Launcher pods that are no VM's of the pool take places, too: of VMs that end or are gone, and of moves that are just over.
  void take_strays() {
    std::vector<std::int64_t> known(pool_.nodes.size(), 0);
    for (const PoolVm& vm : pool_.vms) {
      if (vm.node >= 0) ++known[index(vm.node)];
      if (vm.moving_to >= 0 && vm.moving_to != vm.node) ++known[index(vm.moving_to)];
    }
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      const auto bound = view_.totals_by_node.find(nodes_[n]->name);
      if (bound != view_.totals_by_node.end())
        pool_.nodes[n].most_vms -= std::max<std::int64_t>(bound->second.launchers.pods - known[n], 0);
    }
  }

  void keep_hosts_of_immovables(std::size_t vm) {
    const PoolVm& on = pool_.vms[vm];
    if (on.movable || on.node < 0) return;
    std::string& why = pool_.nodes[static_cast<std::size_t>(on.node)].keeps_on;
    if (why.empty())
      why = "VM " + to_string(on.key) + (selected_[vm] != 0 ? " cannot be moved off it" : " on it is not selected by the policy");
  }

  void weigh(std::size_t vm) {
    const PoolVm& one = pool_.vms[vm];
    Known& known = known_[static_cast<std::size_t>(one.node)];
    if (one.measured) {
      known.demand += one.demand;
    } else {
      known.all = false;
      if (known.lacking.empty() && !is_new_to_metrics(*vms_[vm], from_.now)) known.lacking = to_string(one.key);
    }
  }

  // What is unknown is neither load nor idleness: nothing is moved off such a node because it might be overloaded, nor to empty it,
  // and nothing is moved to it.
  void heed_what_is_unknown(std::size_t node) {
    PoolNode& made = pool_.nodes[node];
    const Known& known = known_[node];
    const double limit = settings_.overload;
    const bool surely = known.demand.cpu > made.capacity.cpu * limit || known.demand.memory > made.capacity.memory * limit;
    made.measured = (known.all || surely) && nodes_[node]->ready;
    const bool leaves = made.life == NodeLife::Retiring || made.life == NodeLife::Draining;
    if (known.lacking.empty() || (made.life != NodeLife::Active && !leaves)) return;
    if (!leaves) made.receives = false;
    if (made.keeps_on.empty()) made.keeps_on = "VM " + known.lacking + " on it is not measured";
  }

  const PoolSources& from_;
  const ClusterView& view_;
  const Policy& policy_;
  const ConsolidationSettings& settings_;
  Reserve reserve_;
  Bounds bounds_;
  Limits limits_;
  Pool pool_;
  std::map<std::string, int> node_index_;
  std::vector<const Node*> nodes_;
  std::vector<const Vm*> vms_;
  std::vector<char> selected_;  // by VM: the policy selects it
  struct Known {
    Amounts demand;  // of the VMs that are measured
    bool all = true;
    std::string lacking;  // a VM that should be measured by now, and is not
  };
  std::vector<Known> known_;  // by node
};

}  // namespace

bool is_new_to_metrics(const Vm& vm, Instant now) {
  Instant since = vm.created;
  if (vm.migration && vm.migration->ended) since = std::max(since, *vm.migration->ended);
  return now - since < kFiguresDue;
}

Pool make_pool(const PoolSources& sources, const Policy& policy, const ConsolidationSettings& settings) {
  return PoolMaker(sources, policy, settings).make();
}

}  // namespace drover
