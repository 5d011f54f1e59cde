#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/index.h"
#include "base/quantity.h"
#include "consolidate/balanced_round.h"

namespace drover {
namespace {

std::string percent(double share) {
  return share_text(share);
}

std::string whole(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.0f", value);
  return text;
}

// Orders that no move asks for: reserve, surplus and sleep. The reserve are nodes without a VM that are on: in service, or Empty,
// from where an arrival, relief or growth takes them back at once.
class Spares {
 public:
  // `carried`: what this advice leads to; of the plan the rest comes in later rounds.
  Spares(const Packing& plan, const Packing& carried, const ConsolidationSettings& settings, Advice& advice)
      : plan_(plan), carried_(carried), settings_(settings), advice_(advice), ordered_(index(plan.nodes()), 0) {
    for (const NodeOrder& order : advice.orders) ordered_[index(order.node)] = 1;
  }

  // Wakes what the reserve lacks; retires and puts to sleep what it does not need.
  void even_out() {
    bool used = false;
    int serving = 0;
    int resting = 0;
    int later = 0;  // their VMs move in later rounds; until then they serve
    for (int node = 0; node < plan_.nodes(); ++node) {
      const PoolNode& n = plan_.node(node);
      used = used || !plan_.empty(node);
      if (!plan_.empty(node) || !n.receives) continue;
      if (!carried_.empty(node)) {
        ++later;
        continue;
      }
      const bool leaving = n.life == NodeLife::Retiring || n.life == NodeLife::Draining || ordered_[index(node)] != 0;
      if (n.life == NodeLife::Empty || leaving) {
        ++resting;
      } else if (n.life == NodeLife::Active || n.life == NodeLife::Waking) {
        ++serving;
      }
    }
    const int reserve = reserve_of(settings_, plan_);
    for (int node = 0; node < plan_.nodes(); ++node) {
      if (used && serving + resting + later < reserve && wake(node)) ++serving;
      if (serving > reserve && retire(node)) --serving, ++resting;
      if (serving + resting > reserve && sleep(node)) --resting;
    }
  }

 private:
  bool wake(int node) {
    const PoolNode& n = plan_.node(node);
    if (n.life != NodeLife::Asleep || !n.receives || ordered_[index(node)] != 0) return false;
    order(node, NodeOrder::Act::Wake, "it is wanted as a reserve");
    return true;
  }

  bool retire(int node) {
    const PoolNode& n = plan_.node(node);
    if (n.life != NodeLife::Active || !carried_.empty(node) || !n.receives || !n.keeps_on.empty() || ordered_[index(node)] != 0)
      return false;
    order(node, NodeOrder::Act::Retire, plan_.pool().why_spared(node) + std::string(", and the reserve is there without it"));
    return true;
  }

  bool sleep(int node) {
    const PoolNode& n = plan_.node(node);
    const Duration been = plan_.pool().now - n.since;
    if (n.life != NodeLife::Empty || !plan_.empty(node) || !n.receives || !settings_.power_down.enabled || !n.keeps_on.empty() ||
        ordered_[index(node)] != 0)
      return false;
    if (been < settings_.power_down.after) return false;
    order(node, NodeOrder::Act::Sleep,
          "empty for " + to_string(std::chrono::floor<seconds>(been)) + "; asleep it draws " + whole(n.power.standby_watts) +
              " W instead of " + whole(n.power.idle_watts()) + " W");
    return true;
  }

  void order(int node, NodeOrder::Act act, std::string reason) {
    ordered_[index(node)] = 1;
    advice_.orders.push_back({node, act, std::move(reason)});
  }

  const Packing& plan_;
  const Packing& carried_;
  const ConsolidationSettings& settings_;
  Advice& advice_;
  std::vector<char> ordered_;
};

}  // namespace

int reserve_of(const ConsolidationSettings& settings, const Packing& plan) {
  if (!settings.reserve_percent) return static_cast<int>(settings.reserve_nodes);
  int used = 0;
  for (int node = 0; node < plan.nodes(); ++node) used += plan.empty(node) ? 0 : 1;
  return static_cast<int>(std::ceil(used * *settings.reserve_percent / 100));
}

// What keeps nodes with VMs in service: for each kind of reason the nodes and the watts that it costs, then node by node.
void Balanced::note_bounds(const Pool& pool, const Round& round, Advice& advice) {
  constexpr std::size_t kMostLines = 50;
  constexpr std::pair<Bound::Kind, const char*> kKinds[] = {
      {Bound::Kind::KeptOn, "must not be emptied now"},
      {Bound::Kind::Overloaded, "are overloaded"},
      {Bound::Kind::Immovable, "have a VM that may not be moved now"},
      {Bound::Kind::Price, "would cost more to empty than they save"},
      {Bound::Kind::Stabilizing, "wait until the pool is stable"},
      {Bound::Kind::Risk, "are needed for their VMs"},
      {Bound::Kind::Unknown, "have VMs that are not known well enough yet"},
      {Bound::Kind::Reserve, "would only be the reserve"},
  };
  std::vector<std::string> lines;
  for (const auto& [kind, text] : kKinds) {
    int nodes = 0;
    double watts = 0;
    for (std::size_t n = 0; n < round.bounds.size(); ++n) {
      if (round.bounds[n].kind != kind || round.leaving[n] != 0) continue;
      ++nodes;
      watts += pool.nodes[n].power.idle_watts() - pool.nodes[n].power.standby_watts;
      lines.push_back("node " + pool.nodes[n].name + " stays in service: " + round.bounds[n].why);
    }
    if (nodes > 0)
      advice.notes.push_back(std::to_string(nodes) + (nodes == 1 ? " node" : " nodes") + " with VMs: " + text + " (" +
                             whole(watts) + " W)");
  }
  for (std::size_t i = 0; i < std::min(lines.size(), kMostLines); ++i) advice.notes.push_back(std::move(lines[i]));
  if (lines.size() > kMostLines) advice.notes.push_back("and " + std::to_string(lines.size() - kMostLines) + " nodes more");
}

Advice Balanced::write(const Pool& pool, const Round& round) {
  const Packing& plan = round.plan;
  Packing carried(pool, history_, settings_.overload);  // what this advice leads to
  const Packing now = carried;
  Advice advice;
  std::vector<char> ordered(pool.nodes.size(), 0);
  const auto order = [&](int node, NodeOrder::Act act, std::string reason) {
    if (ordered[index(node)] != 0) return;
    ordered[index(node)] = 1;
    if (act == NodeOrder::Act::Wake || act == NodeOrder::Act::TakeBack) {
      const Duration boot = act == NodeOrder::Act::Wake ? pool.nodes[index(node)].power.boot : Duration{0};
      if (grown_ != pool.now) stabilizes_in_ = Duration{0};
      grown_ = pool.now;
      stabilizes_in_ = std::max(stabilizes_in_, tuning_.stabilization_rounds * settings_.interval + boot);
    }
    advice.orders.push_back({node, act, std::move(reason)});
  };
  for (int node = 0; node < plan.nodes(); ++node) {
    if (round.taken_back[index(node)] != 0)
      order(node, NodeOrder::Act::TakeBack, "its VMs find no place elsewhere at an acceptable risk");
  }
  std::int64_t moves = 0;
  for (const Step& step : round.steps) {
    if (step.why != Step::Why::Relief && ++moves > settings_.max_moves) continue;
    const int target = plan.node_of(step.vm);
    const PoolNode& from = plan.node(step.from);
    const PoolNode& to = plan.node(target);
    if (step.why == Step::Why::Packing && from.life == NodeLife::Active) {
      order(step.from, NodeOrder::Act::Retire,
            (now.load(step.from).vms.size() == 1 ? "its one VM fits elsewhere"
                                                 : "its " + std::to_string(now.load(step.from).vms.size()) + " VMs fit elsewhere") +
                "; empty it saves " + whole(from.power.idle_watts() - from.power.standby_watts) + " W");
    }
    if (to.life == NodeLife::Waking) continue;  // it is awaited
    const std::string needed = step.why == Step::Why::Growth
                                   ? "the nodes in use risk overloads too often, and one node more is needed"
                                   : "node " + from.name + " is overloaded and no other node can take its VMs";
    if (to.life == NodeLife::Asleep) order(target, NodeOrder::Act::Wake, needed);
    if (to.life == NodeLife::Empty || to.life == NodeLife::Retiring || to.life == NodeLife::Draining)
      order(target, NodeOrder::Act::TakeBack, needed);
    const std::string there = "; on " + to.name + " the chance of overload is then " + percent(chance(plan.risk(target)));
    std::string why;
    switch (step.why) {
      case Step::Why::Relief:
        why = "node " + from.name + " is asked for " + percent(wanted(now, step.from) * settings_.overload) +
              " of its CPU, more than " + percent(settings_.overload);
        break;
      case Step::Why::Growth:
        why = "the chance that node " + from.name + " is overloaded falls from " + percent(chance(now.risk(step.from))) + " to " +
              percent(chance(plan.risk(step.from))) + (now.empty(target) ? " with one node more" : "");
        break;
      case Step::Why::Packing:
        why = "node " + from.name + " is emptied of " + std::to_string(now.load(step.from).vms.size()) +
              (now.load(step.from).vms.size() == 1 ? " VM to save " : " VMs to save ") +
              whole(from.power.idle_watts() - from.power.standby_watts) + " W";
        break;
      case Step::Why::Evening:
        why = "the chance that node " + from.name + " is overloaded falls from " + percent(chance(now.risk(step.from))) + " to " +
              percent(chance(plan.risk(step.from)));
        break;
    }
    carried.move(step.vm, target);
    advice.moves.push_back({step.vm, target, step.why == Step::Why::Relief, why + there});
  }
  Spares(plan, carried, settings_, advice).even_out();
  expected_ = 0;
  int used = 0;
  double mean = 0;
  double largest = 0;
  for (int node = 0; node < carried.nodes(); ++node) {
    largest = std::max(largest, carried.room(node));
    if (carried.empty(node)) continue;
    ++used;
    if (!aside(node)) expected_ += carried.risk(node);
    mean += carried.load(node).mean;
  }
  note_bounds(pool, round, advice);
  for (const int node : round.stuck)
    advice.notes.push_back("node " + pool.nodes[index(node)].name + " is overloaded, and its VMs fit nowhere");
  for (const int node : round.hopeless)
    advice.notes.push_back("node " + pool.nodes[index(node)].name +
                           " is overloaded, and a move would make others so for longer: the pool as a whole is asked for too much");
  advice.notes.push_back(std::to_string(used) + " nodes are used, at a mean chance of overload of " +
                         percent(mean_chance(carried)) + " where " + percent(level_) +
                         " is aimed at; the CPU that is wanted would alone fill " +
                         (largest > 0 ? whole(std::ceil(mean / largest)) : "0"));
  if (whole(seen_) != whole(foretold_)) {
    advice.notes.push_back("the chance of overload is taken for " + percent(factor_) + " of what is foretold: " + whole(seen_) +
                           " overloads were seen where " + whole(foretold_) + " were foretold");
  }
  return advice;
}

}  // namespace drover
