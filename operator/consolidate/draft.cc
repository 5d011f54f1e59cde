#include "consolidate/draft.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace drover {
namespace {

// Sums of many doubles differ in the last digits with their order; what fits exactly must fit.
constexpr double kSlack = 1 + 1e-9;

bool within(const Amounts& used, const Amounts& capacity, double limit) {
  return used.cpu <= capacity.cpu * limit * kSlack && used.memory <= capacity.memory * limit * kSlack;
}

double share(double used, double capacity) {
  return capacity > 0 ? used / capacity : 0;
}

}  // namespace

Draft::Draft(const Pool& pool) : pool_(&pool), holds_(pool.nodes.size()), vms_(pool.nodes.size()), placed_(pool.vms.size(), false) {
  for (int n = 0; n < nodes(); ++n) held(n).life = node(n).life;
  for (int v = 0; v < vms(); ++v) {
    if (vm(v).node >= 0) hold(v, vm(v).node);
    if (vm(v).moving_to < 0) {
      if (vm(v).node >= 0) vms_[static_cast<std::size_t>(vm(v).node)].push_back(v);
      continue;
    }
    if (vm(v).moving_to == vm(v).node) continue;  // it has arrived, and its move is not over yet
    hold(v, vm(v).moving_to);
    if (vm(v).node >= 0) leave(v);
  }
}

bool Draft::serves(int node) const {
  const NodeLife now = life(node);
  return now == NodeLife::Active || now == NodeLife::Retiring || now == NodeLife::Draining;
}

std::vector<int> Draft::resident(int node) const {
  std::vector<int> found;
  for (const int v : vms_[static_cast<std::size_t>(node)]) {
    if (!placed_[static_cast<std::size_t>(v)]) found.push_back(v);
  }
  return found;
}

double Draft::cpu_share(int node) const {
  return share(held(node).wanted.cpu - held(node).leaving.cpu, this->node(node).capacity.cpu);
}

double Draft::memory_share(int node) const {
  return share(held(node).wanted.memory - held(node).leaving.memory, this->node(node).capacity.memory);
}

bool Draft::fits(int vm, int node, double limit) const {
  const Amounts& capacity = this->node(node).capacity;
  return held(node).count < this->node(node).most_vms && pool_->allows(vm, node) &&
         within(held(node).wanted + this->vm(vm).demand, capacity, limit) &&
         within(held(node).reserved + this->vm(vm).reserved, capacity, 1);
}

void Draft::order(int node, NodeOrder::Act act, std::string reason) {
  Held& held = this->held(node);
  switch (act) {
    case NodeOrder::Act::Retire: held.life = NodeLife::Retiring; break;
    case NodeOrder::Act::TakeBack: held.life = NodeLife::Active; break;
    case NodeOrder::Act::Wake: held.life = NodeLife::Waking; break;
    case NodeOrder::Act::Sleep: held.life = NodeLife::PoweringOff; break;
  }
  if (held.ordered) {
    DROVER_CHECK(act == NodeOrder::Act::TakeBack);
    std::erase_if(advice_.orders, [&](const NodeOrder& given) { return given.node == node; });
  } else {
    advice_.orders.push_back({.node = node, .act = act, .reason = std::move(reason)});
  }
  held.ordered = act != NodeOrder::Act::TakeBack || !held.ordered;
}

void Draft::move(int vm, int target, bool relief, std::string reason) {
  const int source = this->vm(vm).node;
  DROVER_CHECK(source >= 0 && source != target && !placed_[static_cast<std::size_t>(vm)]);
  leave(vm);
  expect(vm, target);
  advice_.moves.push_back({.vm = vm, .target = target, .relief = relief, .reason = std::move(reason)});
}

void Draft::expect(int vm, int node) {
  placed_[static_cast<std::size_t>(vm)] = true;
  hold(vm, node);
}

void Draft::leave(int vm) {
  held(this->vm(vm).node).leaving += this->vm(vm).demand;
  ++held(this->vm(vm).node).going;
}

void Draft::hold(int vm, int node) {
  held(node).wanted += this->vm(vm).demand;
  held(node).reserved += this->vm(vm).reserved;
  ++held(node).count;
}

}  // namespace drover
