// Small pools for the tests of strategies: nodes of 10 CPUs and 100 bytes of memory, and what an advice says in a few words.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "consolidate/pool.h"
#include "consolidate/strategy.h"

namespace drover {

inline Instant at_second(int s) {
  return Instant{seconds{1'000'000 + s}};
}

class PoolMaker {
 public:
  // "n0", "n1", ... in these lives since second 0.
  PoolMaker(std::initializer_list<NodeLife> lives) {
    pool.now = at_second(0);
    for (const NodeLife life : lives) {
      pool.nodes.push_back({.name = "n" + std::to_string(pool.nodes.size()),
                            .zone = "",
                            .capacity = {10, 100},
                            .life = life,
                            .since = at_second(0),
                            .keeps_on = ""});
    }
  }

  // "vm100", "vm101", ... in the order of the calls; node -1: it waits. Returns its index.
  int vm(int node, double cpu, double memory = 1) {
    const std::string name = "vm" + std::to_string(100 + made_++);
    pool.vms.push_back({.key = {"ns", name},
                        .uid = "uid-" + name,
                        .node = node,
                        .demand = {cpu, memory},
                        .reserved = {0, memory},
                        .most = {cpu, memory}});
    return static_cast<int>(pool.vms.size()) - 1;
  }

  PoolVm& at(int vm) { return pool.vms.at(static_cast<std::size_t>(vm)); }
  void end(int vm) { pool.vms.erase(pool.vms.begin() + vm); }
  void live(int node, NodeLife life) {
    pool.nodes.at(static_cast<std::size_t>(node)).life = life;
    pool.nodes.at(static_cast<std::size_t>(node)).since = pool.now;
  }

  Pool pool;

 private:
  int made_ = 0;
};

// "Retire n1".
inline std::vector<std::string> orders(const Pool& pool, const Advice& advice) {
  std::vector<std::string> words;
  for (const auto& order : advice.orders) {
    const char* act = "";
    switch (order.act) {
      case NodeOrder::Act::Retire: act = "Retire "; break;
      case NodeOrder::Act::TakeBack: act = "TakeBack "; break;
      case NodeOrder::Act::Wake: act = "Wake "; break;
      case NodeOrder::Act::Sleep: act = "Sleep "; break;
    }
    words.push_back(act + pool.nodes.at(static_cast<std::size_t>(order.node)).name);
  }
  return words;
}

// "vm100>n1".
inline std::vector<std::string> moves(const Pool& pool, const Advice& advice) {
  std::vector<std::string> words;
  for (const auto& move : advice.moves) {
    words.push_back(pool.vms.at(static_cast<std::size_t>(move.vm)).key.name + ">" +
                    pool.nodes.at(static_cast<std::size_t>(move.target)).name);
  }
  return words;
}

// All that it says.
inline std::string text(const Pool& pool, const Advice& advice) {
  std::string all;
  for (const auto& words : orders(pool, advice)) all += words + "\n";
  for (const auto& words : moves(pool, advice)) all += words + "\n";
  for (const auto& order : advice.orders) all += order.reason + "\n";
  for (const auto& move : advice.moves) all += move.reason + "\n";
  for (const auto& note : advice.notes) all += note + "\n";
  return all;
}

}  // namespace drover
