#include "torture_cases/oracles/ground.h"

#include <algorithm>
#include <cstdio>

#include "act/precondition.h"

namespace drover::torture {
namespace {

template <typename T>
bool same(const Table<T>& a, const Table<T>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
           return x.first == y.first && (x.second == y.second || *x.second == *y.second);
         });
}

bool same_policies(const Table<Policy>& a, const Table<Policy>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](const auto& x, const auto& y) {
           return x.second->ref == y.second->ref && x.second->generation == y.second->generation;
         });
}

bool is_of(const OnItsWay& on, const sim::Replica& replica) {
  return on.replica == replica.number() && on.life == replica.life() && on.term == replica.term();
}

}  // namespace

void Ground::decided(const sim::Replica& by, const Effect& effect) {
  const auto* create = std::get_if<CreateMigration>(&effect.body);
  const bool kept = (create != nullptr && !create->dry_run) || std::holds_alternative<MarkNode>(effect.body);
  if (kept) on_its_way_.push_back({by.number(), by.life(), by.term(), effect});
}

void Ground::carried_out(const sim::Replica& by, const Effect& effect) {
  std::erase_if(on_its_way_, [&](const OnItsWay& on) {
    return on.replica == by.number() && (on.life != by.life() || on.effect.id == effect.id);
  });
}

// What the API server has is on its way no more, whether or not its core has been told.
void Ground::drop_arrived(const ClusterView& view) {
  std::erase_if(on_its_way_, [&](const OnItsWay& on) {
    if (const auto* create = std::get_if<CreateMigration>(&on.effect.body)) {
      return view.migrations.contains({create->vm.ns, create->name});
    }
    const auto& mark = std::get<MarkNode>(on.effect.body);
    const Node* node = view.node(mark.node);
    return node != nullptr && is_marked(mark, *node);
  });
}

void Ground::after_event(const sim::Simulation& sim) {
  drop_arrived(sim.api().view());
  const auto& world = sim.world();
  first_new_ = moves_.size();
  for (std::size_t i = moves_.size(); i < world.moves().size(); ++i) {
    const sim::SimMove& made = world.moves()[i];
    const sim::SimVm& vm = world.vms()[made.vm];
    TrueMove move{.vm = vm.key, .vm_uid = vm.uid, .source = "", .target = "", .created = sim.now(), .ended = {}};
    if (const auto object = sim.api().view().migrations.find(made.key); object != sim.api().view().migrations.end()) {
      move.source = object->second->annotations.value_or(mark::kSource, "");
      move.target = object->second->annotations.value_or(mark::kTarget, "");
    }
    moves_.push_back(std::move(move));
    open_.push_back(i);
  }
  std::erase_if(open_, [&](std::size_t i) {
    if (!world.moves()[i].over()) return false;
    moves_[i].ended = sim.now();
    moves_[i].succeeded = world.moves()[i].phase == MigrationPhase::Succeeded;
    return true;
  });
}

std::vector<const CreateMigration*> Ground::creates_of(const sim::Replica& replica) const {
  std::vector<const CreateMigration*> found;
  for (const OnItsWay& on : on_its_way_) {
    const auto* create = std::get_if<CreateMigration>(&on.effect.body);
    if (create != nullptr && is_of(on, replica)) found.push_back(create);
  }
  return found;
}

std::vector<const MarkNode*> Ground::marks_of(const sim::Replica& replica) const {
  std::vector<const MarkNode*> found;
  for (const OnItsWay& on : on_its_way_) {
    const auto* mark = std::get_if<MarkNode>(&on.effect.body);
    if (mark != nullptr && is_of(on, replica)) found.push_back(mark);
  }
  return found;
}

bool up_to_date(const sim::Simulation& sim, const sim::Replica& replica) {
  const ClusterView& truth = sim.api().view();
  const ClusterView& seen = replica.view();
  return same(seen.migrations, truth.migrations) && same(seen.nodes, truth.nodes) && same(seen.vms, truth.vms) &&
         same(seen.pods, truth.pods) && same_policies(seen.policies, truth.policies);
}

std::vector<const Migration*> in_flight(const sim::Simulation& sim) {
  std::vector<const Migration*> found;
  for (const auto& [key, migration] : sim.api().view().migrations) {
    if (!migration->is_final()) found.push_back(migration.get());
  }
  return found;
}

bool selects(const sim::Simulation& sim, const Policy& policy, const Vm& vm) {
  if (vm.is_final() || !policy.spec.selector.matches(vm.labels)) return false;
  if (!policy.ref.cluster_wide()) return policy.ref.key.ns == vm.key.ns;
  const auto& names = policy.spec.namespace_names;
  if (!names.empty() && std::find(names.begin(), names.end(), vm.key.ns) == names.end()) return false;
  const auto ns = sim.api().view().namespaces.find({"", vm.key.ns});
  return policy.spec.namespaces.requirements.empty() ||
         (ns != sim.api().view().namespaces.end() && policy.spec.namespaces.matches(ns->second->labels));
}

std::vector<const Policy*> bounds_of(const sim::Simulation& sim, const Vm& vm) {
  std::vector<const Policy*> found;
  for (const auto& [key, policy] : sim.api().view().policies) {
    if (!policy->spec.suspend && policy->problem.empty() && selects(sim, *policy, vm)) found.push_back(policy.get());
  }
  return found;
}

bool is_open_at(const Window& window, Instant t) {
  int minute = 0;
  int every = 0;
  DROVER_CHECK(std::sscanf(window.cron.c_str(), "%d */%d * * *", &minute, &every) == 2);
  const Instant day = std::chrono::floor<std::chrono::days>(t);
  for (int hour = -24; hour < 24; ++hour) {
    if (((hour + 24) % 24) % every != 0) continue;
    const Instant opens = day + hours{hour} + minutes{minute};
    if (opens <= t && t - opens < window.duration) return true;
  }
  return false;
}

bool governs_nodes(const Policy& policy) {
  return std::holds_alternative<ConsolidationSettings>(policy.spec.settings) && policy.spec.mode == PolicyMode::Enforce &&
         !policy.spec.suspend && policy.problem.empty();
}

}  // namespace drover::torture
