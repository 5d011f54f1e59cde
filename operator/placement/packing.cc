#include "placement/packing.h"

#include <cmath>

#include "base/check.h"

namespace drover::placement {
namespace {

// Room of one resource without the other is room that few VMs can use.
constexpr double kSkew = 0.5;

}  // namespace

Packing::Packing(const Instance& instance)
    : instance_(&instance),
      at_(instance.vms.size(), kPool),
      slot_(instance.vms.size(), 0),
      weight_(instance.vms.size(), 0),
      room_(instance.nodes),
      on_(instance.nodes.size()),
      native_(instance.nodes.size()),
      closed_(instance.nodes.size(), 0),
      place_(instance.nodes.size(), 0) {
  double cpu = 0;
  double memory = 0;
  for (const Size& node : instance.nodes) {
    cpu += static_cast<double>(node.cpu);
    memory += static_cast<double>(node.memory);
  }
  const auto nodes = static_cast<double>(instance.nodes.size());
  per_cpu_ = cpu > 0 ? nodes / cpu : 0;
  per_memory_ = memory > 0 ? nodes / memory : 0;
  for (std::size_t v = 0; v < instance.vms.size(); ++v) {
    const Vm& vm = instance.vms[v];
    weight_[v] = static_cast<double>(vm.size.cpu) * per_cpu_ + static_cast<double>(vm.size.memory) * per_memory_;
    weight_[v] += 1e-6;  // no VM is worth nothing
    DROVER_CHECK(vm.node >= 0 && vm.size.cpu >= 0 && vm.size.memory >= 0 && vm.size.places >= 0);
    const std::size_t node = index(vm.node);
    DROVER_CHECK(node < instance.nodes.size());
    native_[node].push_back(static_cast<int>(v));
    at_[v] = vm.node;
    slot_[v] = static_cast<int>(on_[node].size());
    on_[node].push_back(static_cast<int>(v));
    room_[node] -= vm.size;
  }
  for (std::size_t n = 0; n < instance.nodes.size(); ++n) {
    closed_[n] = on_[n].empty() ? 1 : 0;
    auto& list = closed_[n] != 0 ? shut_ : open_;
    place_[n] = static_cast<int>(list.size());
    list.push_back(static_cast<int>(n));
  }
}

double Packing::slack_after(int vm, int node) const {
  const Size& room = room_on(node);
  const Size& size = size_of(vm);
  const double cpu = static_cast<double>(room.cpu - size.cpu) * per_cpu_;
  const double memory = static_cast<double>(room.memory - size.memory) * per_memory_;
  return cpu + memory + kSkew * std::abs(cpu - memory);
}

int Packing::price_of_closing(int node) const {
  int price = 0;
  for (const int vm : vms_on(node)) price += at_home(vm) ? 1 : 0;
  return price;
}

void Packing::place(int vm, int node) {
  DROVER_CHECK(node_of(vm) == kPool);
  const std::size_t v = index(vm);
  const int last = pool_.back();
  pool_[index(slot_[v])] = last;
  slot_[index(last)] = slot_[v];
  pool_.pop_back();
  pool_weight_ = pool_.empty() ? 0 : pool_weight_ - weight_[v];
  at_[v] = node;
  slot_[v] = static_cast<int>(on_[index(node)].size());
  on_[index(node)].push_back(vm);
  room_[index(node)] -= size_of(vm);
  if (node == home_of(vm)) --moved_;
}

void Packing::lift(int vm) {
  const std::size_t v = index(vm);
  const int node = at_[v];
  DROVER_CHECK(node != kPool);
  auto& list = on_[index(node)];
  const int last = list.back();
  list[index(slot_[v])] = last;
  slot_[index(last)] = slot_[v];
  list.pop_back();
  room_[index(node)] += size_of(vm);
  if (node == home_of(vm)) ++moved_;
  at_[v] = kPool;
  slot_[v] = static_cast<int>(pool_.size());
  pool_.push_back(vm);
  pool_weight_ += weight_[v];
}

void Packing::close(int node) {
  while (!on_[index(node)].empty()) lift(on_[index(node)].back());
  set_closed(node, true);
}

void Packing::reopen(int node) {
  set_closed(node, false);
  for (const int vm : native_[index(node)]) {
    if (node_of(vm) == node) continue;
    if (node_of(vm) != kPool) lift(vm);
    place(vm, node);
  }
}

void Packing::set_closed(int node, bool closed) {
  const std::size_t n = index(node);
  if ((closed_[n] != 0) == closed) return;
  auto& from = closed ? open_ : shut_;
  auto& to = closed ? shut_ : open_;
  const int last = from.back();
  from[index(place_[n])] = last;
  place_[index(last)] = place_[n];
  from.pop_back();
  place_[n] = static_cast<int>(to.size());
  to.push_back(node);
  closed_[n] = closed ? 1 : 0;
}

void Packing::load(const Saved& saved) {
  DROVER_CHECK(saved.at.size() == at_.size() && saved.closed.size() == closed_.size());
  for (std::size_t n = 0; n < closed_.size(); ++n) set_closed(static_cast<int>(n), saved.closed[n] != 0);
  for (std::size_t v = 0; v < at_.size(); ++v) {
    if (at_[v] != saved.at[v] && at_[v] != kPool) lift(static_cast<int>(v));
  }
  for (std::size_t v = 0; v < at_.size(); ++v) {
    if (at_[v] != saved.at[v]) place(static_cast<int>(v), saved.at[v]);
  }
}

}  // namespace drover::placement
