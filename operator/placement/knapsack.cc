#include "placement/knapsack.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>

#include "base/check.h"

namespace drover::placement {
namespace {

constexpr std::size_t kConstraints = 3;
constexpr int kEllipsoids = 500;
constexpr int kBranches = 400'000;
constexpr double kTiny = 1e-6;

using Row = std::array<double, kConstraints>;
using Whole = std::array<std::int64_t, kConstraints>;

// Nodes that are alike.
struct Group {
  Whole cost{};  // VMs, CPU, memory
  int nodes = 0;
};

struct Problem {
  std::vector<Group> groups;
  Whole limits{};
};

Problem problem_of(const Instance& instance, const std::vector<int>& counts) {
  std::map<Whole, int> alike;
  Problem problem;
  problem.limits[0] = instance.most_moves;
  for (std::size_t n = 0; n < instance.nodes.size(); ++n) {
    const Size& node = instance.nodes[n];
    ++alike[{counts[n], node.cpu, node.memory}];
    problem.limits[1] += node.cpu;
    problem.limits[2] += node.memory;
  }
  for (const Vm& vm : instance.vms) {
    problem.limits[1] -= vm.size.cpu;
    problem.limits[2] -= vm.size.memory;
  }
  for (const auto& [cost, nodes] : alike) problem.groups.push_back({cost, nodes});
  return problem;
}

// What emptying one of the group gains beyond its cost at these prices.
double gain(const Group& group, const Row& prices) {
  double value = 1;
  for (std::size_t k = 0; k < kConstraints; ++k) value -= prices[k] * static_cast<double>(group.cost[k]);
  return value;
}

struct Dual {
  double value = 0;
  Row slope{};
};

Dual dual_at(const Problem& problem, const Row& prices) {
  Dual dual;
  for (std::size_t k = 0; k < kConstraints; ++k) {
    dual.slope[k] = static_cast<double>(problem.limits[k]);
    dual.value += prices[k] * dual.slope[k];
  }
  for (const Group& group : problem.groups) {
    const double g = gain(group, prices);
    if (g <= 0) continue;
    dual.value += g * group.nodes;
    for (std::size_t k = 0; k < kConstraints; ++k) dual.slope[k] -= static_cast<double>(group.cost[k]) * group.nodes;
  }
  return dual;
}

// No best price is above: there, emptying any node that uses the resource gains nothing.
Row highest_prices(const Problem& problem) {
  Row highest{};
  for (std::size_t k = 0; k < kConstraints; ++k) {
    std::int64_t least = 0;
    for (const Group& group : problem.groups) {
      if (group.cost[k] > 0 && (least == 0 || group.cost[k] < least)) least = group.cost[k];
    }
    highest[k] = least > 0 ? 1.0 / static_cast<double>(least) : 0;
  }
  return highest;
}

// An ellipsoid that holds the best prices, each as a share of its highest: cut through its centre again and again.
class Ellipsoid {
 public:
  Row centre{0.5, 0.5, 0.5};

  // Leaves the half in which the slope does not rise; false when it is as small as numbers go.
  bool cut(const Row& slope) {
    Row along{};
    double width = 0;
    for (std::size_t i = 0; i < kConstraints; ++i) {
      for (std::size_t j = 0; j < kConstraints; ++j) along[i] += shape_[i][j] * slope[j];
      width += along[i] * slope[i];
    }
    if (!(width > 1e-300)) return false;
    const double root = std::sqrt(width);
    constexpr double n = kConstraints;
    for (std::size_t i = 0; i < kConstraints; ++i) centre[i] -= along[i] / root / (n + 1);
    for (std::size_t i = 0; i < kConstraints; ++i) {
      for (std::size_t j = 0; j < kConstraints; ++j) {
        shape_[i][j] = n * n / (n * n - 1) * (shape_[i][j] - 2 / (n + 1) * along[i] * along[j] / width);
      }
    }
    return true;
  }

 private:
  std::array<Row, kConstraints> shape_{Row{0.75, 0, 0}, Row{0, 0.75, 0}, Row{0, 0, 0.75}};
};

Row best_prices(const Problem& problem) {
  const Row highest = highest_prices(problem);
  Ellipsoid ellipsoid;
  Row best{};
  double best_value = dual_at(problem, best).value;
  for (int i = 0; i < kEllipsoids; ++i) {
    Row prices{};
    Row slope{};
    for (std::size_t k = 0; k < kConstraints; ++k) prices[k] = ellipsoid.centre[k] * highest[k];
    const auto negative = std::find_if(prices.begin(), prices.end(), [](double p) { return p < 0; });
    if (negative != prices.end()) {
      slope[static_cast<std::size_t>(negative - prices.begin())] = -1;
    } else {
      const Dual dual = dual_at(problem, prices);
      if (dual.value < best_value) {
        best_value = dual.value;
        best = prices;
      }
      for (std::size_t k = 0; k < kConstraints; ++k) slope[k] = dual.slope[k] * highest[k];
    }
    if (!ellipsoid.cut(slope)) break;
  }
  return best;
}

// Whether whole nodes can be emptied in a given number: depth first, the surest first, cut off where the prices say no.
class Branching {
 public:
  Branching(Problem problem, const Row& prices) : problem_(std::move(problem)), prices_(prices) {
    auto& groups = problem_.groups;
    std::stable_sort(groups.begin(), groups.end(),
                     [&](const Group& a, const Group& b) { return std::abs(gain(a, prices)) > std::abs(gain(b, prices)); });
    behind_.assign(groups.size() + 1, 0);
    for (std::size_t i = groups.size(); i > 0; --i) {
      behind_[i - 1] = behind_[i] + std::max(0.0, gain(groups[i - 1], prices)) * groups[i - 1].nodes;
    }
  }

  // True also when the budget ended before it was known.
  bool may_empty(int nodes) {
    wanted_ = nodes;
    return go(0, 0, problem_.limits);
  }

 private:
  bool go(std::size_t i, int taken, const Whole& left) {
    if (taken >= wanted_ || --budget_ < 0) return true;
    double most = taken + behind_[i];
    for (std::size_t k = 0; k < kConstraints; ++k) most += prices_[k] * static_cast<double>(left[k]);
    if (most < wanted_ - kTiny || i == problem_.groups.size()) return false;
    const Group& group = problem_.groups[i];
    std::int64_t room = group.nodes;
    for (std::size_t k = 0; k < kConstraints; ++k) {
      if (group.cost[k] > 0) room = std::min(room, left[k] / group.cost[k]);
    }
    const bool eager = gain(group, prices_) > 0;
    for (std::int64_t step = 0; step <= room; ++step) {
      const std::int64_t take = eager ? room - step : step;
      Whole rest = left;
      for (std::size_t k = 0; k < kConstraints; ++k) rest[k] -= take * group.cost[k];
      if (go(i + 1, taken + static_cast<int>(take), rest)) return true;
    }
    return false;
  }

  Problem problem_;
  Row prices_;
  std::vector<double> behind_;  // what the groups from here on gain at most
  int wanted_ = 0;
  int budget_ = kBranches;
};

}  // namespace

Knapsack solve_knapsack(const Instance& instance, const std::vector<int>& counts) {
  DROVER_CHECK(counts.size() == instance.nodes.size());
  Problem problem = problem_of(instance, counts);
  const Row prices = best_prices(problem);
  Knapsack solved{.most_emptied = 0, .prices = {prices[0], prices[1], prices[2]}};
  const double relaxed = std::floor(dual_at(problem, prices).value + kTiny);
  solved.most_emptied = static_cast<int>(std::clamp(relaxed, 0.0, static_cast<double>(instance.nodes.size())));
  Branching branching(std::move(problem), prices);
  while (solved.most_emptied > 0 && !branching.may_empty(solved.most_emptied)) --solved.most_emptied;
  return solved;
}

}  // namespace drover::placement
