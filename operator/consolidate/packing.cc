#include "consolidate/packing.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>

#include "base/check.h"
#include "base/index.h"

namespace drover {
namespace {

// The first three derivatives of erfc(sqrt(-exponent)) / 2, each divided by its order's factorial; near 0, where they have no
// bound, none.
std::array<double, 3> taylor(double exponent) {
  const double u = -exponent;
  if (u < 1e-4) return {};
  const double slope = std::exp(-u) / (2 * std::sqrt(std::numbers::pi * u));
  return {slope, slope / 2 * (1 + 1 / (2 * u)), slope / 6 * (1 + 1 / u + 3 / (4 * u * u))};
}

}  // namespace

double expected_excess(double over, double variance) {
  if (variance <= 0) return std::max(over, 0.0);
  const double sigma = std::sqrt(variance);
  const double z = over / sigma;
  return sigma * std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi) + over * std::erfc(-z / std::numbers::sqrt2) / 2;
}

Packing::Packing(const Pool& pool, const DemandHistory& history, double usable)
    : pool_(&pool), history_(&history), usable_(usable), load_(pool.nodes.size()), chances_(pool.nodes.size()) {
  const int count = static_cast<int>(pool.vms.size());
  DROVER_CHECK(history.vms() == count);  // it has looked at this pool
  for (int vm = 0; vm < count; ++vm) {
    const PoolVm& v = pool.vms[index(vm)];
    const int node = v.moving_to >= 0 ? v.moving_to : v.node;
    DROVER_CHECK(node < nodes() && v.node < nodes());
    at_.push_back(node);
    home_.push_back(node);
    if (v.moving_to >= 0 && v.node >= 0 && v.moving_to != v.node) load_[index(v.node)].hold(v, 1);
    if (node < 0) continue;
    add(vm, node, 1);
    load_[index(node)].hold(v, 1);
  }
  for (int node = 0; node < nodes(); ++node) reckon(node);
}

void Packing::add(int vm, int node, double sign) {
  NodeLoad& load = load_[index(node)];
  const Forecast& f = forecast(vm);
  load.mean += sign * f.mean;
  load.next += sign * f.next;
  load.variance += sign * f.sigma * f.sigma;
  load.demand += sign * pool_->vms[index(vm)].demand.cpu;
  for (std::size_t i = 0; i < kPoints.size(); ++i) load.growth[i] += sign * f.growth[i];
  if (sign > 0) {
    load.vms.push_back(vm);
  } else {
    load.vms.erase(std::find(load.vms.begin(), load.vms.end(), vm));
  }
}

void Packing::reckon(int node) {
  const NodeLoad& load = load_[index(node)];
  Chance& chance = chances_[index(node)];
  const AtRisk before{chance.risk, node};
  const double left = (room(node) - (load.next - load.mean)) / history_->largest();
  chance.exponent = 0;
  for (std::size_t i = 0; i < kPoints.size(); ++i) {
    chance.at[i] = load.growth[i] - kPoints[i] * left;
    chance.exponent = std::min(chance.exponent, chance.at[i]);
  }
  chance.risk = std::erfc(std::sqrt(-chance.exponent)) / 2;
  chance.rises = taylor(chance.exponent);
  const PoolNode& n = this->node(node);
  const bool listed = n.life == NodeLife::Active && n.receives && !load.vms.empty();
  const auto place = [&](const AtRisk& of) { return std::lower_bound(by_risk_.begin(), by_risk_.end(), of); };
  const AtRisk now{chance.risk, node};
  if (chance.listed && listed) {  // what lies between the two places gives way
    const auto from = place(before);
    const auto to = place(now);
    if (from < to) {
      std::move(from + 1, to, from);
      *(to - 1) = now;
    } else {
      std::move_backward(to, from, from + 1);
      *to = now;
    }
  } else if (chance.listed) {
    by_risk_.erase(place(before));
  } else if (listed) {
    by_risk_.insert(place(now), now);
  }
  chance.listed = listed;
}

ByPoint Packing::added_by(int vm) const {
  const Forecast& f = forecast(vm);
  const double shift = (f.next - f.mean) / history_->largest();
  ByPoint added = f.growth;
  for (std::size_t i = 0; i < kPoints.size(); ++i) added[i] += kPoints[i] * shift;
  return added;
}

double Packing::shortfall_of(int node, const Forecast* vm, double sign) const {
  const NodeLoad& load = load_[index(node)];
  const double over = load.mean + (vm != nullptr ? sign * vm->mean : 0) - this->node(node).capacity.cpu;
  const double variance = load.variance + (vm != nullptr ? sign * vm->sigma * vm->sigma : 0);
  return expected_excess(over, variance);
}

double Packing::risk_of(int node, const Forecast* vm, double sign) const {
  const NodeLoad& load = load_[index(node)];
  const double largest = history_->largest();
  const double shift = load.next - load.mean + (vm != nullptr ? sign * (vm->next - vm->mean) : 0);
  const double left = (room(node) - shift) / largest;
  double least = 0;
  for (std::size_t i = 0; i < kPoints.size(); ++i) {
    const double growth = load.growth[i] + (vm != nullptr ? sign * vm->growth[i] : 0);
    least = std::min(least, growth - kPoints[i] * left);
  }
  return std::erfc(std::sqrt(-least)) / 2;
}

double Packing::risk_with(int node, int vm) const {
  return risk_of(node, &forecast(vm), 1);
}

double Packing::risk_without(int node, int vm) const {
  return risk_of(node, &forecast(vm), -1);
}

bool Packing::free(int vm) const {
  const PoolVm& v = pool_->vms[index(vm)];
  return v.movable && v.movable_now && v.moving_to < 0 && v.node >= 0 && !moved(vm);
}

bool Packing::has_room(int node, int vm) const {
  if (node == home_of(vm)) return true;
  const Amounts after = load(node).reserved + this->vm(vm).reserved;
  const Amounts& capacity = this->node(node).capacity;
  return load(node).held < this->node(node).most_vms && after.memory <= capacity.memory && after.cpu <= capacity.cpu;
}

bool Packing::admits(int node, int vm) const {
  return this->node(node).receives && has_room(node, vm) && pool_->allows(vm, node);
}

std::int64_t Packing::most_vms_on(int nodes) const {
  std::vector<std::int64_t> most;
  for (int node = 0; node < this->nodes(); ++node) {
    if (!empty(node)) most.push_back(std::min<std::int64_t>(this->node(node).most_vms, vms()));
  }
  std::sort(most.begin(), most.end(), std::greater<>());
  most.resize(std::min(most.size(), static_cast<std::size_t>(std::max(nodes, 0))));
  return std::accumulate(most.begin(), most.end(), std::int64_t{0});
}

void Packing::move(int vm, int node) {
  const int from = node_of(vm);
  DROVER_CHECK(from >= 0 && node >= 0 && node < nodes());
  add(vm, from, -1);
  if (from != home_of(vm)) load_[index(from)].hold(this->vm(vm), -1);
  add(vm, node, 1);
  if (node != home_of(vm)) load_[index(node)].hold(this->vm(vm), 1);
  at_[index(vm)] = node;
  reckon(from);
  reckon(node);
}

}  // namespace drover
