// Pools of machines and VMs of the usual sizes, and what becomes of them when advice is carried out.
#pragma once

#include <algorithm>
#include <string>

#include "consolidate/pool.h"
#include "consolidate/strategy.h"

namespace drover::machines {

inline constexpr double kGiB = 1 << 30;

inline ConsolidationSettings settings() {
  ConsolidationSettings s;
  s.reserve_nodes = 0;
  s.max_moves = 1000;
  s.power_down.enabled = true;
  return s;
}

inline PoolNode node(int i, double cpu = 16, double gib = 64) {
  PoolNode n;
  n.name = "n" + std::to_string(i);
  n.capacity = {cpu, gib * kGiB};
  return n;
}

inline PoolVm vm(int i, int where, double demand, double most = 4, double gib = 4) {
  PoolVm v;
  v.key = {"team", "vm" + std::to_string(i)};
  v.uid = "uid-" + std::to_string(i);
  v.node = where;
  v.most = {most, gib * kGiB};
  v.demand = {demand, gib * kGiB};
  v.reserved = {0, gib * kGiB};
  v.copy_seconds = 10;
  return v;
}

// `per_node` VMs of the same demand on each of the nodes.
inline Pool pool_of(int nodes, int per_node, double demand) {
  Pool pool;
  for (int n = 0; n < nodes; ++n) {
    pool.nodes.push_back(node(n));
    for (int i = 0; i < per_node; ++i) pool.vms.push_back(vm(n * per_node + i, n, demand));
  }
  return pool;
}

// Carries the advice out, whole and at once.
inline void carry_out(Pool& pool, const Advice& advice) {
  for (const auto& order : advice.orders) {
    auto& n = pool.nodes[static_cast<std::size_t>(order.node)];
    const bool grows = order.act == NodeOrder::Act::Wake || order.act == NodeOrder::Act::TakeBack;
    n.life = grows ? NodeLife::Active : order.act == NodeOrder::Act::Sleep ? NodeLife::Asleep : NodeLife::Retiring;
    n.since = pool.now;
  }
  for (const auto& move : advice.moves) pool.vms[static_cast<std::size_t>(move.vm)].node = move.target;
  for (std::size_t n = 0; n < pool.nodes.size(); ++n) {
    const bool empty =
        std::none_of(pool.vms.begin(), pool.vms.end(), [&](const PoolVm& v) { return v.node == static_cast<int>(n); });
    if (empty && pool.nodes[n].life == NodeLife::Retiring) pool.nodes[n].life = NodeLife::Empty;
  }
  pool.now += minutes{5};
}

inline int in_life(const Pool& pool, NodeLife life) {
  return static_cast<int>(std::count_if(pool.nodes.begin(), pool.nodes.end(), [&](const PoolNode& n) { return n.life == life; }));
}

}  // namespace drover::machines
