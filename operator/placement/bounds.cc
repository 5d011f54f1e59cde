#include "placement/bounds.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>

namespace drover::placement {
namespace {

// The fewest of these that sum to at least the demand.
int fewest_holding(std::vector<std::int64_t> capacities, std::int64_t demand) {
  std::sort(capacities.begin(), capacities.end(), std::greater<>());
  int used = 0;
  for (std::size_t i = 0; i < capacities.size() && demand > 0; ++i, ++used) demand -= capacities[i];
  return used;
}

int most_within(std::vector<int> counts, int limit) {
  std::sort(counts.begin(), counts.end());
  int taken = 0;
  for (const int count : counts) {
    if (count > limit) break;
    limit -= count;
    ++taken;
  }
  return taken;
}

constexpr std::size_t kConstraints = 3;
using Row = std::array<double, kConstraints>;

// maximize the number of items taken, with shares of them, such that the sums of their costs stay within the limits.
class Relaxation {
 public:
  Relaxation(std::vector<Row> costs, Row limits) : costs_(std::move(costs)), limits_(limits) {}

  // The dual at these prices: no choice of items takes more.
  [[nodiscard]] double at(const Row& prices) const {
    double value = 0;
    for (std::size_t k = 0; k < kConstraints; ++k) value += prices[k] * limits_[k];
    for (const Row& cost : costs_) {
      value += std::max(0.0, 1 - prices[0] * cost[0] - prices[1] * cost[1] - prices[2] * cost[2]);
    }
    return value;
  }

  // The dual is convex and piecewise linear: a subgradient descent with Polyak-like steps, the best prices kept.
  [[nodiscard]] Row best_prices(double least_possible) const {
    Row prices{};
    Row best = prices;
    double best_value = at(prices);
    double scale = 1;
    int idle = 0;
    for (int round = 0; round < kRounds; ++round) {
      Row slope = limits_;
      double value = 0;
      for (std::size_t k = 0; k < kConstraints; ++k) value += prices[k] * limits_[k];
      for (const Row& cost : costs_) {
        const double gain = 1 - prices[0] * cost[0] - prices[1] * cost[1] - prices[2] * cost[2];
        if (gain <= 0) continue;
        value += gain;
        for (std::size_t k = 0; k < kConstraints; ++k) slope[k] -= cost[k];
      }
      if (value < best_value - 1e-9) {
        best_value = value;
        best = prices;
        idle = 0;
      } else if (++idle == 10) {
        scale *= 0.7;
        idle = 0;
        prices = best;
        continue;
      }
      step(prices, slope, scale * std::max(1e-6, value - least_possible));
    }
    return best;
  }

 private:
  static constexpr int kRounds = 600;

  static void step(Row& prices, const Row& slope, double gap) {
    double norm = 0;
    for (const double s : slope) norm += s * s;
    if (norm <= 0) return;
    for (std::size_t k = 0; k < kConstraints; ++k) prices[k] = std::max(0.0, prices[k] - gap / norm * slope[k]);
  }

  std::vector<Row> costs_;
  Row limits_;
};

struct Totals {
  Size capacity;
  Size demand;
};

Totals totals_of(const Instance& instance) {
  Totals totals;
  for (const Size& node : instance.nodes) totals.capacity = {totals.capacity.cpu + node.cpu, totals.capacity.memory + node.memory};
  for (const Vm& vm : instance.vms) totals.demand = {totals.demand.cpu + vm.size.cpu, totals.demand.memory + vm.size.memory};
  return totals;
}

// Shares of what there is, so that all three constraints are of one magnitude.
double share(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

int knapsack(const Instance& instance, const std::vector<int>& counts, int most_emptied, Prices& prices) {
  const Totals totals = totals_of(instance);
  const auto all_vms = static_cast<std::int64_t>(instance.vms.size());
  std::vector<Row> costs;
  costs.reserve(instance.nodes.size());
  for (std::size_t n = 0; n < instance.nodes.size(); ++n) {
    const Size& node = instance.nodes[n];
    costs.push_back({share(counts[n], all_vms), share(node.cpu, totals.capacity.cpu), share(node.memory, totals.capacity.memory)});
  }
  const Row limits = {share(instance.most_moves, all_vms), share(totals.capacity.cpu - totals.demand.cpu, totals.capacity.cpu),
                      share(totals.capacity.memory - totals.demand.memory, totals.capacity.memory)};
  const Relaxation relaxation(std::move(costs), limits);
  const Row best = relaxation.best_prices(0.9 * most_emptied);
  prices = {.move = all_vms > 0 ? best[0] / static_cast<double>(all_vms) : 0, .cpu = best[1], .memory = best[2]};
  const double emptied = std::floor(relaxation.at(best) + 1e-6);
  return static_cast<int>(instance.nodes.size()) - static_cast<int>(std::max(0.0, emptied));
}

}  // namespace

int Bounds::best() const {
  return std::max({capacity, counting, knapsack});
}

Bounds lower_bounds(const Instance& instance) {
  Bounds bounds;
  std::vector<int> counts(instance.nodes.size(), 0);
  Size demand;
  for (const Vm& vm : instance.vms) {
    ++counts[static_cast<std::size_t>(vm.node)];
    demand = {demand.cpu + vm.size.cpu, demand.memory + vm.size.memory};
  }
  std::vector<std::int64_t> cpu;
  std::vector<std::int64_t> memory;
  for (const Size& node : instance.nodes) {
    cpu.push_back(node.cpu);
    memory.push_back(node.memory);
  }
  bounds.capacity = std::max(fewest_holding(std::move(cpu), demand.cpu), fewest_holding(std::move(memory), demand.memory));
  if (bounds.capacity == 0 && !instance.vms.empty()) bounds.capacity = 1;  // VMs of no size need a node all the same
  const int nodes = static_cast<int>(instance.nodes.size());
  if (overloaded(instance)) return bounds;  // its cure may take more than t moves
  bounds.counting = nodes - most_within(counts, instance.most_moves);
  const int reachable = nodes - std::max(bounds.capacity, bounds.counting);
  bounds.knapsack = knapsack(instance, counts, reachable, bounds.prices);
  return bounds;
}

}  // namespace drover::placement
