#include "placement/market.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "base/check.h"
#include "placement/room_worth.h"

namespace drover::placement {
namespace {

constexpr int kIdle = 25;                       // rounds without a gain, then smaller steps are taken
constexpr double kMomentum = 0.9;               // of a step's direction, in the next
constexpr double kLeastHope = 0.002;            // a step that promises less ends the search; in emptied nodes
constexpr double kLeastHopeOfBound = 1e-5;      // or this share of the bound, whichever is more
constexpr std::int64_t kMostWork = 40'000'000;  // in steps of branching: about a second
constexpr std::int64_t kWorkOfPair = 8'000;     // of nodes: small pools are asked about often, and must not take long
constexpr std::int64_t kCellsOfStep = 8;        // of a RoomWorth, worked out in the time of one step of branching
constexpr int kStepsOfNode = 2'000;
constexpr double kDearest = 100;  // cap on fees and prices, in emptied nodes: their sums stay exact in a double
constexpr double kRounding = 1e-6;
constexpr double kRoundingOfNode = 1e-9;

// VMs of one size on a node.
struct Stock {
  std::size_t size = 0;
  int count = 0;
};

struct Trader {
  Size capacity;  // in units of the RoomWorth
  std::vector<Stock> own;
  int vms = 0;
};

struct Tariff {
  double fee = 0;
  std::vector<double> prices;  // of each size
};

// Sizes of VMs, the largest first, and who has how many; no sizes where there are too many.
struct Goods {
  std::vector<Size> sizes;
  std::vector<Trader> nodes;
  double most_moves = 0;
};

Goods goods_of(const Instance& instance) {
  const auto key = [](const Size& size) { return std::pair{-size.cpu, -size.memory}; };
  std::map<std::pair<std::int64_t, std::int64_t>, std::size_t> number;
  for (const Vm& vm : instance.vms) number[key(vm.size)] = 0;
  Goods goods;
  if (number.size() > kMostSizes) return goods;
  for (auto& [size, k] : number) {
    k = goods.sizes.size();
    goods.sizes.push_back({-size.first, -size.second});
  }
  std::vector<std::vector<int>> counts(instance.nodes.size(), std::vector<int>(goods.sizes.size(), 0));
  for (const Vm& vm : instance.vms) ++counts[static_cast<std::size_t>(vm.node)][number[key(vm.size)]];
  for (std::size_t n = 0; n < instance.nodes.size(); ++n) {
    Trader node{.capacity = instance.nodes[n], .own = {}, .vms = 0};
    for (std::size_t k = 0; k < goods.sizes.size(); ++k) {
      if (counts[n][k] > 0) node.own.push_back({k, counts[n][k]});
      node.vms += counts[n][k];
    }
    goods.nodes.push_back(std::move(node));
  }
  goods.most_moves = instance.most_moves;
  return goods;
}

// What is best for a node that is kept: which of its own VMs it keeps, at the fee on top of their price, and what others it takes
// into the room they leave.
class Trade {
 public:
  explicit Trade(const std::vector<Size>& sizes, RoomWorth& room) : room_(room) {
    for (const Size& size : sizes) units_.push_back(room.units(size));
  }

  void set_tariff(const Tariff& tariff) {
    tariff_ = tariff;
    room_.set_prices(tariff.prices);
    work += room_.work() / kCellsOfStep;
  }

  // The most that the node can be worth, or `floor` if that is no less: then it is best emptied, `kept` has nothing and there is no
  // room `left`.
  double worth(const Trader& node, double floor) {
    node_ = &node;
    best_ = floor;
    kept.clear();
    left = {};
    now_.assign(node.own.size(), 0);
    steps_ = kStepsOfNode;
    choose_ceiling();
    go(0, 0, node.vms, node.capacity);
    work += kStepsOfNode - steps_;
    return steps_ > 0 ? best_ : std::max(best_, node.vms * tariff_.fee + room_.of(node.capacity));
  }

  std::vector<int> kept;  // of each of its own stocks
  Size left;              // room for others, in units
  std::int64_t work = 0;  // done so far, in steps of branching

 private:
  double gain(const Stock& stock, const RoomPrice& price) const {
    const double each = tariff_.prices[stock.size] + tariff_.fee - price.of(units_[stock.size]);
    return stock.count * std::max(0.0, each);
  }

  // The price of room at which the node is worth least.
  void choose_ceiling() {
    double least = std::numeric_limits<double>::infinity();
    for (const RoomPrice& price : room_.ceilings()) {
      double worth = price.of(node_->capacity);
      for (const Stock& stock : node_->own) worth += gain(stock, price);
      if (worth >= least) continue;
      least = worth;
      ceiling_ = price;
    }
    behind_.assign(node_->own.size() + 1, 0);
    for (std::size_t i = node_->own.size(); i > 0; --i) behind_[i - 1] = behind_[i] + gain(node_->own[i - 1], ceiling_);
  }

  // An own VM that is not decided on is worth at most the fee more than the same VM taken as another's, and no more than its price
  // and fee beyond what its room costs at the ceiling.
  void go(std::size_t i, double value, int undecided, const Size& room) {
    if (value + undecided * tariff_.fee + room_.of(room) <= best_ || value + ceiling_.of(room) + behind_[i] <= best_) return;
    if (--steps_ < 0) return;
    if (i == now_.size()) {
      best_ = value + room_.of(room);
      kept = now_;
      left = room;
      return;
    }
    const Stock& stock = node_->own[i];
    const Size& size = units_[stock.size];
    for (int count = stock.count; count >= 0; --count) {
      now_[i] = count;
      go(i + 1, value + count * (tariff_.prices[stock.size] + tariff_.fee), undecided - stock.count,
         {room.cpu - count * size.cpu, room.memory - count * size.memory});
    }
  }

  RoomWorth& room_;
  std::vector<Size> units_;  // of each size
  Tariff tariff_;
  const Trader* node_ = nullptr;
  RoomPrice ceiling_;
  std::vector<double> behind_;  // gains of stocks from here on, at that price
  std::vector<int> now_;
  double best_ = 0;
  int steps_ = 0;
};

// The bound at a tariff, and how it changes with it.
struct Value {
  double bound = 0;
  Tariff slope;
};

Value value_at(const Tariff& tariff, const Goods& goods, Trade& trade, const RoomWorth& room) {
  trade.set_tariff(tariff);
  Value value{.bound = tariff.fee * goods.most_moves, .slope = {goods.most_moves, {}}};
  std::vector<std::int64_t> change(goods.sizes.size(), 0);
  for (const Trader& node : goods.nodes) {
    const double worth = trade.worth(node, 1);
    value.bound += worth;
    for (std::size_t i = 0; i < node.own.size(); ++i) {
      const auto& [k, count] = node.own[i];
      const int kept = trade.kept.empty() ? 0 : trade.kept[i];
      value.bound -= count * (tariff.prices[k] + tariff.fee);
      value.slope.fee -= count - kept;
      change[k] -= count - kept;
    }
    if (worth > 1) trade.work += room.add_counts(trade.left, change);
  }
  value.slope.prices.assign(change.begin(), change.end());
  return value;
}

// The tariff with the lowest bound found: steps against the slope, as long as a hoped-for value asks for (Polyak 1969), each with
// some of the last one's direction in it (Camerini, Fratta and Maffioli 1975); the hope shrinks when it is in vain.
class Haggling {
 public:
  // `scale`: the tariff at which everything together costs as much as all nodes.
  Haggling(const Goods& goods, const Tariff& scale, RoomWorth& room)
      : goods_(goods), scale_(scale), room_(room), trade_(goods.sizes, room), direction_(no_direction()) {}

  // Ends as well when no more than `known` can be emptied.
  void run(Tariff tariff, int known, std::int64_t most_work, const std::function<bool()>& out_of_time) {
    best_ = tariff;
    Value at = value_at(tariff, goods_, trade_, room_);
    lowest_ = std::min(at.bound, static_cast<double>(goods_.nodes.size()));  // that of no fee and no prices
    double hope = lowest_ / 8;
    int idle = 0;
    while (trade_.work < most_work && hope > std::max(kLeastHope, kLeastHopeOfBound * lowest_) && most_emptied() > known) {
      if (out_of_time() || !step(at, lowest_ - hope, tariff)) break;
      at = value_at(tariff, goods_, trade_, room_);
      idle = at.bound < lowest_ - hope / 4 ? 0 : idle + 1;
      if (at.bound < lowest_) {
        lowest_ = at.bound;
        best_ = tariff;
      }
      if (idle <= kIdle) continue;
      hope /= 2;
      idle = 0;
      tariff = best_;
      direction_ = no_direction();
      at = value_at(tariff, goods_, trade_, room_);
    }
  }

  [[nodiscard]] int most_emptied() const {
    const auto nodes = static_cast<double>(goods_.nodes.size());
    return static_cast<int>(std::clamp(std::floor(lowest_ + kRounding + kRoundingOfNode * nodes), 0.0, nodes));
  }

  [[nodiscard]] std::int64_t work() const { return trade_.work; }

  // Of each node, at the best tariff.
  [[nodiscard]] std::vector<double> worth() {
    trade_.set_tariff(best_);
    std::vector<double> worth;
    for (const Trader& node : goods_.nodes) worth.push_back(trade_.worth(node, 0));
    return worth;
  }

 private:
  [[nodiscard]] Tariff no_direction() const { return {0, std::vector<double>(goods_.sizes.size(), 0)}; }

  // False where there is no slope.
  bool step(const Value& at, double wanted, Tariff& tariff) {
    double length = 0;
    const auto turn = [&](double& direction, double slope, double scale) {
      direction = slope + kMomentum * direction;
      length += direction * scale * direction * scale;
    };
    turn(direction_.fee, at.slope.fee, scale_.fee);
    for (std::size_t k = 0; k < scale_.prices.size(); ++k) turn(direction_.prices[k], at.slope.prices[k], scale_.prices[k]);
    if (!(length > 0)) return false;
    const double far = (at.bound - wanted) / length;
    const auto go = [&](double& price, double direction, double scale) {
      price = std::clamp(price - far * direction * scale * scale, 0.0, kDearest);
    };
    go(tariff.fee, direction_.fee, scale_.fee);
    for (std::size_t k = 0; k < scale_.prices.size(); ++k) go(tariff.prices[k], direction_.prices[k], scale_.prices[k]);
    return true;
  }

  const Goods& goods_;
  const Tariff& scale_;
  RoomWorth& room_;
  Trade trade_;
  Tariff best_;
  double lowest_ = 0;
  Tariff direction_;
};

}  // namespace

Market solve_market(const Instance& instance, const Prices& prices, int known, const std::function<bool()>& out_of_time,
                    std::int64_t most_work) {
  DROVER_CHECK(!overloaded(instance));
  const auto nodes = static_cast<std::int64_t>(instance.nodes.size());
  Market market{.most_emptied = static_cast<int>(nodes)};
  Goods goods = goods_of(instance);
  if (goods.sizes.empty()) return market;
  Size all{1, 1};  // not 0, as it divides
  Size largest;
  for (const Size& node : instance.nodes) {
    all = {all.cpu + node.cpu, all.memory + node.memory};
    largest = {std::max(largest.cpu, node.cpu), std::max(largest.memory, node.memory)};
  }
  RoomWorth room(goods.sizes, largest);
  for (Trader& node : goods.nodes) node.capacity = room.units(node.capacity);
  Tariff tariff{std::min(prices.move, kDearest), {}};
  Tariff scale{static_cast<double>(nodes) / static_cast<double>(instance.vms.size()), {}};
  for (const Size& size : goods.sizes) {
    const auto cpu = static_cast<double>(size.cpu);
    const auto memory = static_cast<double>(size.memory);
    const double share = (cpu / static_cast<double>(all.cpu) + memory / static_cast<double>(all.memory)) / 2;
    const bool priced = !(room.units(size) == Size{});
    tariff.prices.push_back(priced ? std::min(prices.cpu * cpu + prices.memory * memory, kDearest) : 0);
    scale.prices.push_back(priced ? share * static_cast<double>(nodes) : 0);
  }
  Haggling haggling(goods, scale, room);
  haggling.run(std::move(tariff), known, std::min({kMostWork, kWorkOfPair * nodes * nodes, most_work}), out_of_time);
  market.most_emptied = haggling.most_emptied();
  if (!out_of_time()) market.worth = haggling.worth();
  market.work = haggling.work();
  return market;
}

}  // namespace drover::placement
