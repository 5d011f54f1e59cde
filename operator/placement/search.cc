#include "placement/search.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "base/index.h"
#include "placement/fitter.h"
#include "placement/lower_bounds.h"
#include "placement/market.h"
#include "placement/order.h"
#include "placement/packing.h"
#include "placement/relief.h"

namespace drover::placement {
namespace {

constexpr std::size_t kPopulation = 12;
constexpr double kAnew = 0.1;        // of all genomes are bred from no other
constexpr double kFromBest = 0.5;    // of those begin with the best plan, the others with the greedy drain's or today's placement
constexpr double kFromMarket = 0.8;  // of all genomes are closed at the market's prices, the others near the knapsack's
constexpr double kMarketNoise = 0.3;
constexpr int kRoundsInVain = 150;
constexpr std::int64_t kWorkOfStep = 8;  // of the market's, in looks
constexpr int kOrders = 8;               // tried of one packing, some of its moves elsewhere each time

class Search {
 public:
  Search(const Instance& instance, const SearchOptions& options)
      : instance_(instance),
        options_(options),
        random_(options.seed),
        bounds_(lower_bounds(instance)),
        packing_(instance),
        fitter_(packing_, random_, options_.out_of_time) {
    options_.out_of_time = [this, asked = options.out_of_time] { return work() > options_.most_work || asked(); };
    plan_.nodes_before = nodes_in_use(instance);
    plan_.nodes_used = plan_.nodes_before;
    plan_.lower_bound = std::min(bounds_.best(), plan_.nodes_used);
    best_ = packing_.save();
    for (std::size_t n = 0; n < instance.nodes.size(); ++n) price_.push_back(price(static_cast<int>(n), bounds_.prices));
  }

  Plan run() {
    drain(by_count());
    drained_ = packing_.save();
    if (!done()) ask_market();
    stride_ = std::max(1, (plan_.nodes_used - plan_.lower_bound) / 4);
    int idle = 0;
    while (!done() && idle < options_.most_children) {
      const bool gained = child();
      idle = gained ? 0 : idle + 1;
      stride_ = gained ? stride_ + stride_ / 2 : std::max(1, stride_ - (stride_ + 3) / 4);
    }
    return plan_;
  }

  Plan greedy() {
    drain(by_count());
    return plan_;
  }

 private:
  struct Genome {
    Packing::Saved saved;
    double misfit = 0;  // weight of what found no room
  };

  [[nodiscard]] std::int64_t work() const { return work_ + fitter_.work(); }
  void count_a_pass() { work_ += std::ssize(instance_.vms) + std::ssize(instance_.nodes); }

  [[nodiscard]] bool done() const { return plan_.nodes_used <= plan_.lower_bound || options_.out_of_time(); }

  // Only where the greedy plan leaves a gap to the bounds that are faster to have. It takes half of the work at most.
  void ask_market() {
    const int nodes = static_cast<int>(instance_.nodes.size());
    const std::int64_t most_steps = (options_.most_work - work()) / 2 / kWorkOfStep;
    Market market = solve_market(instance_, bounds_.prices, nodes - plan_.nodes_used, options_.out_of_time, most_steps);
    work_ += kWorkOfStep * market.work;
    const int bound = nodes - market.most_emptied;
    plan_.lower_bound = std::clamp(bound, plan_.lower_bound, plan_.nodes_used);
    worth_ = std::move(market.worth);
  }

  // Prices anew, the market's or near the knapsack's.
  void draw_prices() {
    // One draw a statement: the order of a call's arguments is the compiler's.
    const double skew = random_.uniform(0.3, 4);
    const double move = random_.uniform(0.01, 0.12);
    fitter_.set_costs(move, skew);
    at_market_ = !worth_.empty() && random_.chance(kFromMarket);
    if (at_market_) {
      price_ = worth_;
      return;
    }
    Prices prices = bounds_.prices;
    prices.move *= random_.uniform(0.3, 1.7);
    prices.cpu *= random_.uniform(0.3, 1.7);
    prices.memory *= random_.uniform(0.3, 1.7);
    for (std::size_t n = 0; n < price_.size(); ++n) price_[n] = price(static_cast<int>(n), prices);
  }

  // What emptying the node costs of what is scarce, in emptied nodes.
  [[nodiscard]] double price(int node, const Prices& prices) const {
    const Size& size = instance_.nodes[index(node)];
    const auto& vms = packing_.native_vms(node);
    return prices.move * static_cast<double>(vms.size()) + prices.cpu * static_cast<double>(size.cpu) +
           prices.memory * static_cast<double>(size.memory);
  }

  std::vector<int> by_count() const {
    std::vector<int> nodes = packing_.open_nodes();
    std::stable_sort(nodes.begin(), nodes.end(),
                     [&](int a, int b) { return packing_.native_vms(a).size() < packing_.native_vms(b).size(); });
    return nodes;
  }
  // One node after the other, as far as it goes.
  void drain(const std::vector<int>& nodes) {
    for (const int node : nodes) {
      if (done()) break;
      if (packing_.price_of_closing(node) > packing_.moves_left()) continue;
      count_a_pass();
      const auto before = packing_.save();
      packing_.close(node);
      fitter_.insert_what_fits();
      if (!packing_.pool().empty()) packing_.load(before);
    }
    accept();
  }

  // The packing becomes the best plan if its moves can be put in order. Those that can't be are tried elsewhere.
  bool accept() {
    for (int tries = 0; tries < kOrders && (tries == 0 || !options_.out_of_time()); ++tries) {
      fitter_.send_home();
      count_a_pass();
      Ordered ordered = order_moves(instance_, packing_.placement(), random_);
      if (ordered.stuck.empty()) return keep(std::move(ordered.moves));
      lift_some(ordered.stuck);
      if (!fitter_.empty_pool(200)) return false;
    }
    return false;
  }

  void lift_some(const std::vector<int>& stuck) {
    const std::size_t one = random_.below(stuck.size());
    for (std::size_t i = 0; i < stuck.size(); ++i) {
      if (i != one && !random_.chance(0.5)) continue;
      const int node = packing_.node_of(stuck[i]);
      packing_.lift(stuck[i]);
      fitter_.forbid(stuck[i], node);
    }
  }

  [[nodiscard]] int used() const {
    int used = 0;
    for (const int node : packing_.open_nodes()) used += packing_.vms_on(node).empty() ? 0 : 1;
    return used;
  }

  bool keep(std::vector<Move> moves) {
    const int used = this->used();
    const bool fewer = used < plan_.nodes_used;
    if (!fewer && (used > plan_.nodes_used || moves.size() >= plan_.moves.size())) return false;
    plan_.nodes_used = used;
    plan_.moves = std::move(moves);
    best_ = packing_.save();
    if (fewer) population_.clear();
    return fewer;
  }

  // A genome is bred and repaired; whether it became the best plan.
  bool child() {
    count_a_pass();
    breed();
    if (fitter_.empty_pool(kRoundsInVain)) return accept();
    if (stride_ == 1) {
      remember();
      return false;
    }
    return give_back() && accept();
  }

  void remember() {
    Genome genome{packing_.save(), packing_.pool_weight()};
    if (population_.size() < kPopulation) return population_.push_back(std::move(genome));
    auto worst = std::max_element(population_.begin(), population_.end(),
                                  [](const Genome& a, const Genome& b) { return a.misfit < b.misfit; });
    if (genome.misfit < worst->misfit) *worst = std::move(genome);
  }

  // More was closed than could be: the nodes whose VMs found least room are opened again until all have a place.
  bool give_back() {
    std::vector<double> homeless(instance_.nodes.size(), 0);
    while (!packing_.pool().empty() && !packing_.closed_nodes().empty() && !options_.out_of_time()) {
      count_a_pass();
      std::fill(homeless.begin(), homeless.end(), 0);
      for (const int vm : packing_.pool()) homeless[index(packing_.home_of(vm))] += packing_.weight_of(vm);
      std::vector<int> worst = packing_.closed_nodes();
      std::stable_sort(worst.begin(), worst.end(), [&](int a, int b) { return homeless[index(a)] > homeless[index(b)]; });
      worst.resize(std::min(worst.size(), 1 + packing_.pool().size() / 64));
      for (const int node : worst) packing_.reopen(node);
      fitter_.insert_what_fits();
    }
    return packing_.pool().empty();
  }

  [[nodiscard]] int target() const { return static_cast<int>(instance_.nodes.size()) - plan_.nodes_used + stride_; }

  // A genome with more nodes to empty than the best plan has.
  void breed() {
    draw_prices();
    if (population_.size() < kPopulation / 2 || random_.chance(kAnew)) {
      packing_.load(random_.chance(kFromBest) ? best_ : random_.chance(0.5) ? drained_ : home_);
    } else {
      const std::size_t a = random_.below(population_.size());
      const std::size_t b = random_.below(population_.size());
      const std::size_t c = random_.below(population_.size());
      packing_.load(population_[population_[a].misfit < population_[b].misfit ? a : b].saved);
      if (random_.chance(0.3)) cross(population_[c].saved.closed);
      mutate(1 + static_cast<int>(random_.below(3)));
    }
    close_to(target());
  }

  // Towards another genome: some of the nodes in which they differ.
  void cross(const std::vector<char>& other) {
    std::vector<int> reopened;
    for (const int node : packing_.closed_nodes()) {
      if (other[index(node)] == 0 && random_.chance(0.5)) reopened.push_back(node);
    }
    for (const int node : reopened) packing_.reopen(node);
    std::vector<int> closing;
    for (const int node : packing_.open_nodes()) {
      if (other[index(node)] != 0) closing.push_back(node);
    }
    for (const int node : closing) {
      if (static_cast<int>(packing_.closed_nodes().size()) >= target()) break;
      if (packing_.price_of_closing(node) <= packing_.moves_left()) packing_.close(node);
    }
  }

  void mutate(int nodes) {
    for (int i = 0; i < nodes && !packing_.closed_nodes().empty(); ++i) {
      packing_.reopen(packing_.closed_nodes()[random_.below(packing_.closed_nodes().size())]);
    }
  }

  void close_to(int count) {
    const double u = random_.uniform();
    const double noise = u * u * u * (at_market_ ? kMarketNoise : 1);
    std::vector<std::pair<double, int>> cheapest;
    for (const int node : packing_.open_nodes()) cheapest.emplace_back(price_[index(node)] * (1 + noise * random_.uniform()), node);
    std::sort(cheapest.begin(), cheapest.end());
    for (const auto& [cost, node] : cheapest) {
      if (static_cast<int>(packing_.closed_nodes().size()) >= count) break;
      if (packing_.price_of_closing(node) <= packing_.moves_left()) packing_.close(node);
    }
  }

  const Instance& instance_;
  SearchOptions options_;
  SeededRandom random_;
  LowerBounds bounds_;
  Packing packing_;
  Fitter fitter_;
  Plan plan_;
  Packing::Saved home_ = packing_.save();
  Packing::Saved best_;
  Packing::Saved drained_;
  std::vector<double> price_;
  std::vector<double> worth_;  // of each node to the market, or empty
  std::vector<Genome> population_;
  bool at_market_ = false;  // are the prices
  int stride_ = 1;          // nodes more to empty than the best plan has
  std::int64_t work_ = 0;   // besides the fitter's
};

}  // namespace

Plan search(const Instance& instance, const SearchOptions& options) {
  SearchOptions o = options;
  if (!o.out_of_time) o.out_of_time = [] { return false; };
  const Instance usable = without_unusable_room(instance);
  return overloaded(usable) ? relieve(usable, o) : Search(usable, o).run();
}

Plan greedy_drain(const Instance& instance) {
  SearchOptions o;
  o.out_of_time = [] { return false; };
  return Search(instance, o).greedy();
}

}  // namespace drover::placement
