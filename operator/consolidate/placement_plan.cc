#include "consolidate/placement_plan.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/index.h"

namespace drover {
namespace {

// Whole units for the search: so many in the largest node. What rounding does, the check against the aggregates bears.
constexpr double kUnits = 1e9;

placement::Size in_units(const Amounts& amounts, const Amounts& largest) {
  const auto units = [](double amount, double of) {
    return of > 0 ? static_cast<std::int64_t>(std::llround(std::clamp(amount / of, 0.0, 100.0) * kUnits)) : 0;
  };
  return {.cpu = units(amounts.cpu, largest.cpu), .memory = units(amounts.memory, largest.memory)};
}

}  // namespace

Placement::Plan::Plan(const Pool& pool, const DemandTraces& traces, const ConsolidationSettings& settings)
    : draft(pool),
      limit_(settings.overload),
      most_moves_(settings.max_moves),
      demand_(pool.nodes.size(), Aggregate(traces.length())),
      reserved_(pool.nodes.size()),
      measured_(pool.nodes.size()),
      foretold_(pool.nodes.size(), 1),
      runs_everywhere_(pool.vms.size(), 1) {
  std::vector<Trace> all;
  for (int v = 0; v < draft.vms(); ++v) all.push_back(traces.of(draft.vm(v)));
  traces_ = std::make_shared<const std::vector<Trace>>(std::move(all));
  for (int v = 0; v < draft.vms(); ++v) {
    for (const int node : {draft.vm(v).node, draft.vm(v).moving_to}) {
      if (node < 0) continue;
      demand_[index(node)].add(trace(v));
      reserved_[index(node)] += draft.vm(v).reserved;
      if (draft.vm(v).measured) measured_[index(node)] += draft.vm(v).demand;
    }
    if (draft.vm(v).node >= 0 && !traces.knows(draft.vm(v))) foretold_[index(draft.vm(v).node)] = 0;
    const std::vector<int> barred = pool.barred_from(v);
    if (std::any_of(barred.begin(), barred.end(), [&](int n) { return draft.open(n); })) runs_everywhere_[index(v)] = 0;
  }
}

double Placement::Plan::share(const Amounts& peak, int node) const {
  const Amounts& capacity = draft.node(node).capacity;
  const auto of = [](double used, double all) { return all > 0 ? used / all : (used > 0 ? 1e9 : 0.0); };
  return std::max(of(peak.cpu, capacity.cpu), of(peak.memory, capacity.memory));
}

double Placement::Plan::load(int node) const {
  return share(demand_[index(node)].peak(), node);
}

bool Placement::Plan::known(int node) const {
  return draft.node(node).measured && foretold_[index(node)] != 0;
}

bool Placement::Plan::needs_relief(int node) const {
  if (!draft.serves(node) || !draft.node(node).measured) return false;
  return foretold_[index(node)] != 0 ? overloaded(node) : share(measured_[index(node)], node) > limit_;
}

double Placement::Plan::load_with(int node, int vm) const {
  return share(demand_[index(node)].peak_with(trace(vm)), node);
}

double Placement::Plan::load_without(int node, int vm) const {
  Aggregate rest = demand_[index(node)];
  rest.take(trace(vm));
  return share(rest.peak(), node);
}

bool Placement::Plan::takes(int node, int vm) const {
  // Of Draft's conditions those on what is reserved and on places count here: demand is judged by its aggregate.
  constexpr double kAnyDemand = 1e9;
  return draft.open(node) && node != draft.vm(vm).node && draft.fits(vm, node, kAnyDemand) &&
         load_with(node, vm) <= limit_ + kRounding;
}

int Placement::Plan::tightest(int vm, bool in_use) const {
  int best = -1;
  double fullest = -1;
  for (int n = 0; n < draft.nodes(); ++n) {
    if ((in_use && draft.count(n) == 0) || !takes(n, vm)) continue;
    const double its = load_with(n, vm);
    if (its > fullest) {
      best = n;
      fullest = its;
    }
  }
  return best;
}

bool Placement::Plan::may_move(int vm) const {
  const PoolVm& is = draft.vm(vm);
  return is.movable && is.movable_now && is.moving_to < 0 && runs_everywhere_[index(vm)] != 0;
}

void Placement::Plan::move(int vm, int node, bool relief, std::string reason) {
  demand_[index(draft.vm(vm).node)].take(trace(vm));
  demand_[index(node)].add(trace(vm));
  reserved_[index(node)] += draft.vm(vm).reserved;
  if (draft.vm(vm).measured) {
    measured_[index(draft.vm(vm).node)] -= draft.vm(vm).demand;
    measured_[index(node)] += draft.vm(vm).demand;
  }
  draft.move(vm, node, relief, std::move(reason));
}

bool Placement::Plan::may_be_emptied(int node) const {
  const auto vms = draft.resident(node);
  return draft.node(node).keeps_on.empty() && draft.staying(node) == static_cast<int>(vms.size()) &&
         std::all_of(vms.begin(), vms.end(), [&](int v) { return may_move(v); });
}

// A node that holds more VMs than a round moves is emptied in several rounds.
std::int64_t Placement::Plan::fewest_to_empty() const {
  std::int64_t fewest = 0;
  for (int n = 0; n < draft.nodes(); ++n) {
    if (!draft.serves(n) || draft.staying(n) == 0 || !may_be_emptied(n)) continue;
    if (fewest == 0 || draft.staying(n) < fewest) fewest = draft.staying(n);
  }
  return fewest;
}

Amounts Placement::Plan::size_of(int vm, double sizes) const {
  const Amounts low = mean_of(trace(vm));
  const Amounts high = peak_of(trace(vm));
  const Amounts& reserved = draft.vm(vm).reserved;
  return {.cpu = std::max(low.cpu + sizes * (high.cpu - low.cpu), reserved.cpu),
          .memory = std::max(low.memory + sizes * (high.memory - low.memory), reserved.memory)};
}

// What is left on the node beside its VMs, by their aggregate or by their sizes, whichever is more; nothing where none may be moved
// to it, and no more than the reservations leave.
Amounts Placement::Plan::room_on(int node, const Amounts& sizes) const {
  if (!draft.open(node)) return {};
  const Amounts& capacity = draft.node(node).capacity;
  const Amounts peak = demand_[index(node)].peak();
  const auto room = [&](double all, double together, double apart, double reserved) {
    return std::max(0.0, std::min(limit_ * all - std::min(together, apart), all - reserved));
  };
  return {.cpu = room(capacity.cpu, peak.cpu, sizes.cpu, reserved_[index(node)].cpu),
          .memory = room(capacity.memory, peak.memory, sizes.memory, reserved_[index(node)].memory)};
}

Placement::Plan::Question Placement::Plan::question(double sizes) const {
  Question asked;
  asked.instance.most_moves = static_cast<int>(std::max(most_moves_, fewest_to_empty()));
  Amounts largest;
  for (const auto& node : draft.pool().nodes) {
    largest = {.cpu = std::max(largest.cpu, node.capacity.cpu), .memory = std::max(largest.memory, node.capacity.memory)};
  }
  std::vector<Amounts> size;
  std::vector<Amounts> held(draft.pool().nodes.size());
  for (int v = 0; v < draft.vms(); ++v) {
    size.push_back(size_of(v, sizes));
    for (const int node : {draft.vm(v).node, draft.vm(v).moving_to}) {
      if (node >= 0) held[index(node)] += size.back();
    }
  }
  std::vector<int> stand_ins;
  for (int n = 0; n < draft.nodes(); ++n) {
    if (!draft.serves(n)) continue;
    const int place = static_cast<int>(asked.node_of.size());
    placement::Size capacity = in_units(room_on(n, held[index(n)]), largest);
    if (draft.open(n)) capacity.places = std::clamp<std::int64_t>(draft.node(n).most_vms - draft.count(n), 0, placement::kLargest);
    for (const int v : draft.resident(n)) {
      if (!may_move(v)) continue;
      placement::Vm vm{.size = in_units(size[index(v)], largest), .node = place};
      vm.size.places = 1;
      capacity += vm.size;
      asked.instance.vms.push_back(vm);
      asked.vm_of.push_back(v);
    }
    asked.instance.nodes.push_back(capacity);
    asked.node_of.push_back(n);
    if (draft.count(n) > 0 && !may_be_emptied(n)) stand_ins.push_back(place);
  }
  // More VMs of no size than may be moved: the search sees that such a node can't be emptied.
  for (const int place : stand_ins) {
    asked.instance.vms.insert(asked.instance.vms.end(), index(asked.instance.most_moves + 1), {.size = {}, .node = place});
  }
  return asked;
}

}  // namespace drover
