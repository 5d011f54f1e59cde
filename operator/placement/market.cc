#include "placement/market.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

namespace drover::placement {
namespace {

constexpr int kRounds = 3000;
constexpr int kIdle = 25;                     // rounds without a gain, then smaller steps are taken
constexpr double kLeastHope = 0.002;          // in emptied nodes
constexpr std::int64_t kSteps = 20'000'000;   // of all branching while prices are sought, at most
constexpr std::int64_t kStepsOfPair = 8'000;  // of nodes: small pools are asked about often, and must not take long
constexpr double kTiny = 1e-6;
constexpr double kMissed = 1e-8;  // a node's value may be better by so much than what its search found

// Prices of room on one node.
struct RoomPrice {
  double cpu = 0;
  double memory = 0;

  [[nodiscard]] double of(const Size& size) const {
    return cpu * static_cast<double>(size.cpu) + memory * static_cast<double>(size.memory);
  }
};

struct Goods {
  std::vector<Size> sizes;               // largest first
  std::vector<int> total;                // VMs of each size
  std::vector<std::vector<int>> native;  // on each node, of each size
};

Goods goods_of(const Instance& instance) {
  std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, int> known;
  Size all;
  for (const Size& node : instance.nodes) all = {all.cpu + node.cpu, all.memory + node.memory};
  const auto key = [&](const Size& size) {
    const double weight = static_cast<double>(size.cpu) / static_cast<double>(std::max<std::int64_t>(1, all.cpu)) +
                          static_cast<double>(size.memory) / static_cast<double>(std::max<std::int64_t>(1, all.memory));
    return std::tuple{-static_cast<std::int64_t>(weight * 1e12), size.cpu, size.memory};
  };
  for (const Vm& vm : instance.vms) known[key(vm.size)] = 0;
  Goods goods;
  if (known.size() > kMostSizes) return goods;
  for (auto& [k, number] : known) {
    number = static_cast<int>(goods.sizes.size());
    goods.sizes.push_back({std::get<1>(k), std::get<2>(k)});
  }
  goods.total.assign(goods.sizes.size(), 0);
  goods.native.assign(instance.nodes.size(), goods.total);
  for (const Vm& vm : instance.vms) {
    const auto k = static_cast<std::size_t>(known[key(vm.size)]);
    ++goods.total[k];
    ++goods.native[static_cast<std::size_t>(vm.node)][k];
  }
  return goods;
}

// The fee of a move, then the price of each size.
using Tariff = std::vector<double>;

// Prices of room that are nowhere below a size's price: the corners of what is possible.
std::vector<RoomPrice> corners(const Goods& goods, const Tariff& tariff) {
  struct Line {
    double cpu, memory, value;
  };
  std::vector<Line> lines{{1, 0, 0}, {0, 1, 0}};
  for (std::size_t k = 0; k < goods.sizes.size(); ++k) {
    lines.push_back({static_cast<double>(goods.sizes[k].cpu), static_cast<double>(goods.sizes[k].memory), tariff[k + 1]});
  }
  std::vector<RoomPrice> found;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (std::size_t j = i + 1; j < lines.size(); ++j) {
      const double det = lines[i].cpu * lines[j].memory - lines[j].cpu * lines[i].memory;
      if (std::abs(det) < 1e-9) continue;
      const RoomPrice price{(lines[i].value * lines[j].memory - lines[j].value * lines[i].memory) / det,
                            (lines[i].cpu * lines[j].value - lines[j].cpu * lines[i].value) / det};
      if (!(price.cpu >= 0) || !(price.memory >= 0)) continue;
      const bool above = std::all_of(lines.begin(), lines.end(), [&](const Line& line) {
        return price.cpu * line.cpu + price.memory * line.memory >= line.value - 1e-9;
      });
      if (above) found.push_back(price);
    }
  }
  if (found.empty()) found.push_back({});
  return found;
}

// What a kept node is worth at most: the VMs that it holds, each at its price, its own at the fee more.
class Node {
 public:
  Node(const Goods& goods, const Tariff& tariff) : goods_(goods), tariff_(tariff), corners_(corners(goods, tariff)) {}

  // At least the most, and the most where `steps` suffice; `floor` is known to be reached otherwise. `held` is what is held then.
  double worth(const Size& capacity, const std::vector<int>& native, double floor, int steps) {
    native_ = &native;
    budget_ = steps;
    now_.assign(native.size(), 0);
    held = native;
    best_ = 0;
    for (std::size_t k = 0; k < native.size(); ++k) best_ += native[k] * (tariff_[k + 1] + tariff_[0]);
    best_ = std::max(best_, floor);
    double most = std::numeric_limits<double>::infinity();
    for (const RoomPrice& price : corners_) {
      std::vector<double>& behind = behind_try_;
      fill_behind(price, behind);
      const double bound = price.of(capacity) + behind[0];
      if (bound >= most) continue;
      most = bound;
      price_ = price;
      std::swap(behind_, behind_try_);
    }
    go(0, 0, capacity);
    used += steps - budget_;
    return budget_ < 0 ? std::max(best_, most) : best_;
  }

  std::vector<int> held;
  std::int64_t used = 0;

 private:
  void fill_behind(const RoomPrice& price, std::vector<double>& behind) const {
    behind.assign(native_->size() + 1, 0);
    for (std::size_t k = native_->size(); k > 0; --k) {
      const double gain = tariff_[k] - price.of(goods_.sizes[k - 1]);
      const int own = (*native_)[k - 1];
      behind[k - 1] = behind[k] + own * std::max(0.0, gain + tariff_[0]) + (goods_.total[k - 1] - own) * std::max(0.0, gain);
    }
  }

  void go(std::size_t k, double value, const Size& room) {
    if (--budget_ < 0) return;
    if (k == now_.size()) {
      if (value <= best_) return;
      best_ = value;
      held = now_;
      return;
    }
    const Size& size = goods_.sizes[k];
    const int own = (*native_)[k];
    std::int64_t most = goods_.total[k];
    if (size.cpu > 0) most = std::min(most, room.cpu / size.cpu);
    if (size.memory > 0) most = std::min(most, room.memory / size.memory);
    for (auto count = static_cast<int>(most); count >= 0; --count) {
      const Size rest{room.cpu - count * size.cpu, room.memory - count * size.memory};
      const double sum = value + count * tariff_[k + 1] + std::min(count, own) * tariff_[0];
      if (sum + price_.of(rest) + behind_[k + 1] <= best_ + kMissed) continue;
      now_[k] = count;
      go(k + 1, sum, rest);
    }
    now_[k] = 0;
  }

  const Goods& goods_;
  const Tariff& tariff_;
  std::vector<RoomPrice> corners_;
  const std::vector<int>* native_ = nullptr;
  std::vector<int> now_;
  std::vector<double> behind_;  // what sizes from here on gain at most beyond the price of their room
  std::vector<double> behind_try_;
  RoomPrice price_;
  double best_ = 0;
  int budget_ = 0;
};

struct Value {
  double bound = 0;
  std::vector<double> slope;
  std::int64_t steps = 0;
};

Value value_at(const Instance& instance, const Goods& goods, const Tariff& tariff, int steps) {
  Value value;
  value.slope.assign(tariff.size(), 0);
  value.slope[0] = instance.most_moves;
  value.bound = tariff[0] * instance.most_moves;
  Node node(goods, tariff);
  for (std::size_t n = 0; n < instance.nodes.size(); ++n) {
    const auto& native = goods.native[n];
    double owed = 0;
    for (std::size_t k = 0; k < native.size(); ++k) owed += native[k] * (tariff[k + 1] + tariff[0]);
    const double best = std::max(1.0, node.worth(instance.nodes[n], native, 1, steps));
    value.bound += best - owed;
    const bool emptied = best <= 1 && owed < 1;
    for (std::size_t k = 0; k < native.size(); ++k) {
      const int change = (emptied ? 0 : node.held[k]) - native[k];
      value.slope[k + 1] += change;
      value.slope[0] += std::min(0, change);
    }
  }
  value.steps = node.used + static_cast<std::int64_t>(instance.nodes.size() * goods.sizes.size());
  return value;
}

std::int64_t steps_for(std::size_t nodes) {
  return std::min(kSteps, kStepsOfPair * static_cast<std::int64_t>(nodes * nodes));
}

// Of one node, once or in each of a number of rounds.
int share_of_steps(std::size_t nodes, int rounds) {
  return static_cast<int>(std::max<std::int64_t>(100, steps_for(nodes) / static_cast<std::int64_t>(nodes) / rounds));
}

// What each node's own search may have missed by its tolerance is added, so that the bound stays one.
int whole(double bound, std::size_t nodes) {
  return static_cast<int>(std::floor(bound + kTiny + static_cast<double>(nodes) * kMissed));
}

// The tariff with the lowest bound found: steps against the slope, as long as a hoped-for value asks for (Polyak 1969); the hope
// shrinks when it is in vain.
class Haggling {
 public:
  Haggling(const Instance& instance, const Goods& goods, const Prices& prices)
      : instance_(instance), goods_(goods), steps_(share_of_steps(instance.nodes.size(), 100)) {
    Size all;
    for (const Size& node : instance.nodes) all = {all.cpu + node.cpu, all.memory + node.memory};
    const auto nodes = static_cast<double>(instance.nodes.size());
    const double per_cpu = nodes / static_cast<double>(std::max<std::int64_t>(1, all.cpu));
    const double per_memory = nodes / static_cast<double>(std::max<std::int64_t>(1, all.memory));
    best_.push_back(prices.move);
    scale_.push_back(nodes / static_cast<double>(instance.vms.size()));
    for (const Size& size : goods.sizes) {
      best_.push_back(RoomPrice{prices.cpu, prices.memory}.of(size));
      scale_.push_back(RoomPrice{per_cpu, per_memory}.of(size) / 2);
    }
  }

  // Ends as well when no more than `known` can be emptied.
  Tariff run(int known, const std::function<bool()>& out_of_time) {
    Value at = value_at(instance_, goods_, best_, steps_);
    double lowest = at.bound;
    double hope = lowest / 8;
    Tariff tariff = best_;
    std::int64_t left = steps_for(instance_.nodes.size());
    int idle = 0;
    for (int round = 0; round < kRounds && left > 0 && hope > kLeastHope && whole(lowest, instance_.nodes.size()) > known;
         ++round) {
      if (out_of_time() || !step(at, lowest - hope, tariff)) break;
      at = value_at(instance_, goods_, tariff, steps_);
      left -= at.steps;
      idle = at.bound < lowest - hope / 4 ? 0 : idle + 1;
      if (at.bound < lowest) {
        lowest = at.bound;
        best_ = tariff;
      }
      if (idle <= kIdle) continue;
      hope /= 2;
      idle = 0;
      tariff = best_;
      at = value_at(instance_, goods_, tariff, steps_);
    }
    lowest_ = lowest;
    return best_;
  }
  [[nodiscard]] double lowest() const { return lowest_; }  // bound that was found

 private:
  // False where there is no slope.
  bool step(const Value& at, double wanted, Tariff& tariff) const {
    double length = 0;
    for (std::size_t i = 0; i < tariff.size(); ++i) length += at.slope[i] * scale_[i] * at.slope[i] * scale_[i];
    if (!(length > 0)) return false;
    const double far = (at.bound - wanted) / length;
    for (std::size_t i = 0; i < tariff.size(); ++i) {
      tariff[i] = std::max(0.0, tariff[i] - far * at.slope[i] * scale_[i] * scale_[i]);
    }
    return true;
  }

  const Instance& instance_;
  const Goods& goods_;
  int steps_;
  Tariff best_;
  double lowest_ = 0;
  std::vector<double> scale_;
};

}  // namespace

Market solve_market(const Instance& instance, const Prices& prices, int known, const std::function<bool()>& out_of_time) {
  Market market{.most_emptied = static_cast<int>(instance.nodes.size()), .worth = {}};
  const Goods goods = goods_of(instance);
  if (goods.sizes.empty()) return market;
  Haggling haggling(instance, goods, prices);
  const Tariff tariff = haggling.run(known, out_of_time);
  const std::size_t nodes = instance.nodes.size();
  const bool late = out_of_time();
  const double bound = late ? haggling.lowest() : value_at(instance, goods, tariff, share_of_steps(nodes, 1)).bound;
  market.most_emptied = std::clamp(whole(bound, nodes), 0, static_cast<int>(nodes));
  if (late) return market;
  Node node(goods, tariff);
  for (std::size_t n = 0; n < nodes; ++n) {
    market.worth.push_back(node.worth(instance.nodes[n], goods.native[n], 0, share_of_steps(nodes, 10)));
  }
  return market;
}

}  // namespace drover::placement
