#include "consolidate/guard.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/index.h"
#include "base/quantity.h"
#include "consolidate/balanced_round.h"
#include "consolidate/price.h"

namespace drover {
namespace {

constexpr double kSpread = 1.5;       // standard deviations of each node's demand that the nodes which stay must hold
constexpr double kUnserved = 5e-4;    // of all CPU that is wanted: as much may be left unserved
constexpr double kLimit = 0.9;        // of a node's CPU: what is wanted beyond is looked after, where the pool has room for that
constexpr double kLasts = 0.1;        // CPU that is unserved now, beside as much in the long run
constexpr double kWorth = 0.01;       // of a node's CPU that a move must serve besides
constexpr double kUneven = 0.1;       // and so much fuller than its target must the source be: less is chance
constexpr double kBusy = 0.9;         // pool: from there on moves of any strategy are held to that
constexpr int kFirstRounds = 3;       // in which VMs are not known well enough, where the pool is filled more than
constexpr double kRoomy = 0.6;        // this
constexpr std::size_t kCompared = 3;  // nodes, of the fullest and of the emptiest, between which a move is sought

// What VMs want now counts for more than in the long run: it is this that is served or not.
constexpr HistoryTuning kHistory{.recent_share = 0.8};

std::string tenths(double cpus) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", cpus);
  return text;
}

}  // namespace

// One advice, looked through against a plan of what it leads to.
class Guarded::Review {
 public:
  Review(const Pool& pool, const DemandHistory& history, const ConsolidationSettings& settings, int rounds, Advice advice)
      : pool_(pool), settings_(settings), advice_(std::move(advice)), plan_(pool, history, settings.overload) {
    double room = 0;
    for (int node = 0; node < plan_.nodes(); ++node) {
      const PoolNode& n = plan_.node(node);
      wanted_ += plan_.load(node).next;
      if (!plan_.empty(node) || (n.receives && rank_of_spare(plan_, node) >= 0)) room += n.capacity.cpu;
      if (n.life == NodeLife::Retiring || n.life == NodeLife::Draining) leaving_.insert(node);
    }
    // What is not measured may be anything: it counts with what such VMs mostly want.
    for (int vm = 0; vm < plan_.vms(); ++vm) {
      if (!plan_.vm(vm).measured && plan_.node_of(vm) >= 0) wanted_ -= plan_.forecast(vm).next - plan_.forecast(vm).mean;
    }
    filled_ = room > 0 ? wanted_ / room : 0;
    limit_ = std::clamp((1 + filled_) / 2, kLimit, 1.0);
    known_ = rounds > kFirstRounds || filled_ <= kRoomy;
    for (const NodeOrder& order : advice_.orders) {
      if (order.act == NodeOrder::Act::Retire) leaving_.insert(order.node);
      if (order.act == NodeOrder::Act::TakeBack) leaving_.erase(order.node);
      acts_[order.node] = order.act;
    }
  }

  Advice made() {
    const std::vector<Relocation> asked = std::exchange(advice_.moves, {});
    serve(asked);
    spare(asked);
    level();
    for (const auto& [why, nodes] : kept_) {
      const std::string more = nodes.size() > 1 ? " and " + std::to_string(nodes.size() - 1) + " more stay" : " stays";
      advice_.notes.push_back("node " + nodes.front() + more + " in service: " + why);
    }
    return std::move(advice_);
  }

 private:
  [[nodiscard]] int source(const Relocation& move) const { return pool_.vms[index(move.vm)].node; }
  [[nodiscard]] bool packs(const Relocation& move) const { return !move.relief && leaving_.contains(source(move)); }

  // CPU of the node that is wanted beyond the limit, now and in the long run; with the VM (1) or without it (-1).
  [[nodiscard]] double beyond(int node, double limit, int vm = -1, double sign = 0) const {
    const NodeLoad& load = plan_.load(node);
    double over = load.next - limit * plan_.node(node).capacity.cpu;
    double variance = load.variance;
    if (vm >= 0) {
      const Forecast& f = plan_.forecast(vm);
      over += sign * f.next;
      variance += sign * f.sigma * f.sigma;
    }
    return kLasts * std::max(0.0, over) + expected_excess(over, variance);
  }
  [[nodiscard]] double unserved(double limit) const {
    double sum = 0;
    for (int node = 0; node < plan_.nodes(); ++node) {
      sum += plan_.empty(node) || !plan_.node(node).measured ? 0 : beyond(node, limit);
    }
    return sum;
  }
  [[nodiscard]] bool too_much_unserved(double limit) const { return unserved(limit) > kUnserved * wanted_; }
  [[nodiscard]] double share(int node) const { return plan_.load(node).next / std::max(plan_.node(node).capacity.cpu, 1e-9); }
  // CPU that a move serves besides.
  [[nodiscard]] double worth(int vm, int target) const {
    const int from = plan_.node_of(vm);
    return beyond(from, limit_) - beyond(from, limit_, vm, -1) - (beyond(target, limit_, vm, 1) - beyond(target, limit_));
  }
  [[nodiscard]] bool pays(int vm, int target) const {
    const int from = plan_.node_of(vm);
    return share(from) - share(target) > kUneven && worth(vm, target) > kWorth * plan_.node(from).capacity.cpu;
  }

  // The pool is asked for more than it has, and no node has room left for any of it.
  [[nodiscard]] bool no_room_anywhere() const {
    if (filled_ <= 1) return false;
    for (int node = 0; node < plan_.nodes(); ++node) {
      if (plan_.node(node).receives && rank_of_spare(plan_, node) >= 0 && share(node) < limit_) return false;
    }
    return true;
  }
  [[nodiscard]] bool is_short_of_memory(int node) const {
    double used = 0;
    for (const int vm : plan_.load(node).vms) used += plan_.vm(vm).measured ? plan_.vm(vm).demand.memory : 0;
    return used > settings_.overload * plan_.node(node).capacity.memory;
  }

  // Balanced weighs its moves by forecasts itself, and makes many small ones before it is too late.
  [[nodiscard]] bool serves_more(const Relocation& move) const {
    if (!plan_.free(move.vm)) return false;
    if (move.relief && is_short_of_memory(source(move))) return true;  // CPU is not all that can be lacking
    if (!known_ || no_room_anywhere()) return false;
    if (settings_.strategy == ConsolidationStrategy::Balanced && filled_ < kBusy) return worth(move.vm, move.target) > 0;
    return pays(move.vm, move.target);
  }

  void serve(const std::vector<Relocation>& asked) {
    int refused = 0;
    std::set<int> in_vain;  // targets
    for (const Relocation& move : asked) {
      if (packs(move)) continue;
      if (serves_more(move)) {
        plan_.move(move.vm, move.target);
        advice_.moves.push_back(move);
      } else {
        ++refused;
        in_vain.insert(move.target);
      }
    }
    // Nodes that would come back for those alone stay.
    for (const Relocation& move : advice_.moves) in_vain.erase(move.target);
    std::erase_if(advice_.orders, [&](const NodeOrder& order) {
      const bool comes = order.act == NodeOrder::Act::Wake || order.act == NodeOrder::Act::TakeBack;
      const bool idle = comes && plan_.empty(order.node) && in_vain.contains(order.node);
      if (idle) acts_.erase(order.node);
      return idle;
    });
    if (refused > 0)
      advice_.notes.push_back(std::to_string(refused) + (refused == 1 ? " move is" : " moves are") +
                              " not made: too little CPU would be served with it that is not served without");
  }

  // Why the pool as a whole cannot do without so many nodes more that something is saved, or "".
  [[nodiscard]] std::string lacks_room(double spread) const {
    int idle = 0;
    int used = 0;
    int leaving = 0;
    double capacity = 0;
    double variance = 0;
    std::map<std::string, std::int64_t> could_leave;  // by zone
    for (int node = 0; node < plan_.nodes(); ++node) {
      const PoolNode& n = plan_.node(node);
      const bool on = n.life != NodeLife::Asleep && n.life != NodeLife::PoweringOff && n.life != NodeLife::Quarantined;
      if (plan_.empty(node)) {
        idle += on && n.receives ? 1 : 0;
        continue;
      }
      ++used;
      leaving += n.life != NodeLife::Active ? 1 : 0;
      could_leave[n.zone] += n.life == NodeLife::Active && n.keeps_on.empty() ? 1 : 0;
      capacity += n.capacity.cpu;
      variance += plan_.load(node).variance;
    }
    const int spared = std::max(1, reserve_of(settings_, plan_) + 1 - idle);
    const int stay = used - spared;
    std::int64_t could = leaving;
    for (const auto& [zone, nodes] : could_leave) {
      could += pool_.may_rest.contains(zone) ? std::min<std::int64_t>(nodes, pool_.may_rest.at(zone)) : nodes;
    }
    if (stay < 1 || could < spared) return "all that could be emptied is the reserve (spec.consolidation.reserve), which stays on";
    if (plan_.most_vms_on(stay) < plan_.vms()) return "the nodes that would stay may run too few pods for all VMs";
    const double room = settings_.overload * capacity * stay / used;
    const double need = wanted_ + spread * std::sqrt(stay * variance);
    if (need <= room) return "";
    return "something is saved without " + std::to_string(spared) + " of " + std::to_string(used) +
           " nodes; the others have room for " + tenths(room) + " CPUs, and the VMs may want " + tenths(need);
  }

  // Nodes are emptied whole or not at all.
  void spare(const std::vector<Relocation>& asked) {
    std::map<int, std::vector<Relocation>> leaving;  // by node
    std::vector<int> nodes;                          // in their order
    const auto add = [&](int node) {
      if (leaving.try_emplace(node).second) nodes.push_back(node);
    };
    for (const Relocation& move : asked) {
      if (!packs(move)) continue;
      add(source(move));
      if (plan_.free(move.vm)) leaving[source(move)].push_back(move);
    }
    for (const NodeOrder& order : advice_.orders) {
      if (order.act == NodeOrder::Act::Retire && !plan_.empty(order.node)) add(order.node);
    }
    if (nodes.empty()) return;
    std::string why = lacks_room(kSpread);
    if (why.empty() && !known_) why = "its VMs were seen for too short a time to pack a pool that has little room";
    // What is begun is given up for want of room itself, not of room to spare: nodes would go to and fro.
    const std::string gone = lacks_room(0);
    double left = kUnserved * wanted_;
    for (const int node : nodes) {
      if (!known_ && plan_.node(node).life != NodeLife::Active) continue;  // begun before a restart, it goes on once VMs are known
      std::string hinders = plan_.node(node).life == NodeLife::Active ? why : gone;
      if (hinders.empty() && plan_.node(node).life == NodeLife::Active)
        hinders = why_it_draws_more_elsewhere(plan_, node, leaving[node]);
      if (hinders.empty()) hinders = empty(node, leaving[node], left);
      if (!hinders.empty()) keep(node, hinders);
    }
  }

  // Carries the moves out in the plan, or says why not. `left`: so much more CPU may be left unserved.
  std::string empty(int node, const std::vector<Relocation>& moves, double& left) {
    std::set<int> touched{node};
    for (const Relocation& move : moves) touched.insert(move.target);
    const auto there = [&] {
      double sum = 0;
      for (const int n : touched) sum += plan_.empty(n) ? 0 : beyond(n, limit_);
      return sum;
    };
    const double before = there();
    for (const Relocation& move : moves) plan_.move(move.vm, move.target);
    const double more = there() - before;
    if (more > left) {
      for (const Relocation& move : moves) plan_.move(move.vm, node);
      return "the nodes that its VMs go to would leave " + tenths(more) + " CPUs more unserved";
    }
    left -= more;
    advice_.moves.insert(advice_.moves.end(), moves.begin(), moves.end());
    return "";
  }

  void keep(int node, const std::string& why) {
    std::erase_if(advice_.orders, [&](const NodeOrder& order) { return order.node == node; });
    leaving_.erase(node);
    acts_.erase(node);
    if (plan_.node(node).life != NodeLife::Active) order(node, NodeOrder::Act::TakeBack, "it is not emptied after all: " + why);
    kept_[why].push_back(plan_.node(node).name);
  }

  void order(int node, NodeOrder::Act act, std::string reason) {
    acts_[node] = act;
    advice_.orders.push_back({node, act, std::move(reason)});
  }

  // VMs may be moved there now.
  [[nodiscard]] bool open(int node) const {
    const PoolNode& n = plan_.node(node);
    if (!n.receives || leaving_.contains(node)) return false;
    const auto act = acts_.find(node);
    return n.life == NodeLife::Active || (act != acts_.end() && act->second == NodeOrder::Act::TakeBack);
  }

  // The move that serves most CPU besides, off one of the fullest nodes to one of the emptiest; -1: none pays.
  [[nodiscard]] std::pair<int, int> best_move() const {
    std::vector<std::pair<double, int>> fullest;
    std::vector<std::pair<double, int>> emptiest;
    for (int node = 0; node < plan_.nodes(); ++node) {
      const double over = plan_.empty(node) || !plan_.node(node).measured ? 0 : beyond(node, limit_);
      if (over > kWorth * plan_.node(node).capacity.cpu) fullest.emplace_back(-over, node);
      if (open(node)) emptiest.emplace_back(share(node), node);
    }
    std::sort(fullest.begin(), fullest.end());
    std::sort(emptiest.begin(), emptiest.end());
    std::pair<int, int> best{-1, -1};
    double most = 0;
    std::size_t relieved = 0;
    for (const auto& [over, from] : fullest) {
      if (relieved == kCompared) break;
      bool any = false;
      for (const int vm : plan_.load(from).vms) {
        if (!plan_.free(vm)) continue;
        std::size_t compared = 0;
        for (const auto& [its, node] : emptiest) {
          if (share(from) - its <= kUneven || compared == kCompared) break;
          if (node == from || !plan_.admits(node, vm)) continue;
          ++compared;
          if (!pays(vm, node)) continue;
          any = true;
          if (const double served = worth(vm, node); served > most) most = served, best = {vm, node};
        }
      }
      relieved += any ? 1 : 0;
    }
    return best;
  }

  void level() {
    if (!known_ || no_room_anywhere()) return;
    bool in_vain = false;  // a node was put to use, and still no move pays
    for (std::int64_t moves = 0; moves < settings_.max_moves && too_much_unserved(1) && !pool_.is_stopped();) {
      const auto [vm, target] = best_move();
      if (vm < 0) {
        if (std::exchange(in_vain, true) || !one_more()) return;
        continue;
      }
      in_vain = false;
      const int from = plan_.node_of(vm);
      std::string why = "node " + plan_.node(from).name + " is asked for " + share_text(share(from)) + " of its CPU, and node " +
                        plan_.node(target).name + " for " + share_text(share(target));
      plan_.move(vm, target);
      advice_.moves.push_back({vm, target, true, std::move(why)});
      ++moves;
    }
  }

  // Some VM of a node that leaves CPU unserved would be better served there.
  [[nodiscard]] bool helps(int spare) const {
    for (int node = 0; node < plan_.nodes(); ++node) {
      if (plan_.empty(node) || !plan_.node(node).measured || beyond(node, limit_) <= kWorth * plan_.node(node).capacity.cpu)
        continue;
      const auto& vms = plan_.load(node).vms;
      if (std::any_of(vms.begin(), vms.end(),
                      [&](int vm) { return plan_.free(vm) && plan_.admits(spare, vm) && pays(vm, spare); })) {
        return true;
      }
    }
    return false;
  }

  // Puts one node more to use, of those that rest or are on their way to it. False: none can take VMs now.
  bool one_more() {
    int best = -1;
    bool awaited = false;
    for (int node = 0; node < plan_.nodes(); ++node) {
      if (pool_.is_stopped()) return false;
      const PoolNode& n = plan_.node(node);
      const int rank = rank_of_spare(plan_, node);
      if (!n.receives || open(node) || rank < 0) continue;
      const auto act = acts_.find(node);
      if (n.life == NodeLife::Waking || (act != acts_.end() && act->second == NodeOrder::Act::Wake)) {
        awaited = true;
        continue;
      }
      if ((best < 0 || rank < rank_of_spare(plan_, best)) && helps(node)) best = node;
    }
    if (best < 0) return false;
    const bool asleep = plan_.node(best).life == NodeLife::Asleep;
    if (asleep && awaited) return false;
    for (const Relocation& move : advice_.moves) {
      if (source(move) == best && !move.relief) plan_.move(move.vm, best);
    }
    std::erase_if(advice_.orders, [&](const NodeOrder& given) { return given.node == best; });
    std::erase_if(advice_.moves, [&](const Relocation& move) { return source(move) == best && !move.relief; });
    leaving_.erase(best);
    if (plan_.node(best).life == NodeLife::Active) {  // it was to retire in this very advice
      acts_.erase(best);
      return true;
    }
    order(best, asleep ? NodeOrder::Act::Wake : NodeOrder::Act::TakeBack,
          "the nodes in use leave CPU unserved that their VMs want");
    return !asleep;
  }

  const Pool& pool_;
  const ConsolidationSettings& settings_;
  Advice advice_;
  Packing plan_;
  double wanted_ = 0;  // CPU, by all VMs
  double filled_ = 0;  // the pool, of what could be on
  double limit_ = 1;   // share of a node's CPU; what is wanted beyond counts as unserved
  bool known_ = false;
  std::set<int> leaving_;                                 // nodes that are being emptied, once this advice is carried out
  std::map<int, NodeOrder::Act> acts_;                    // by node
  std::map<std::string, std::vector<std::string>> kept_;  // nodes that are not emptied, by why
};

Guarded::Guarded(const ConsolidationSettings& settings, std::unique_ptr<Strategy> strategy)
    : settings_(settings), strategy_(std::move(strategy)), history_(kHistory) {}

Advice Guarded::advise(const Pool& pool) {
  history_.observe(pool);
  ++rounds_;
  return Review(pool, history_, settings_, rounds_, strategy_->advise(pool)).made();
}

std::unique_ptr<Strategy> make_guarded(const ConsolidationSettings& settings) {
  return std::make_unique<Guarded>(settings, make_strategy(settings));
}

}  // namespace drover
