#include "placement/order.h"

#include <algorithm>
#include <utility>

namespace drover::placement {
namespace {

class Orderer {
 public:
  Orderer(const Instance& instance, const std::vector<int>& at)
      : instance_(instance), room_(instance.nodes), leaving_(instance.nodes.size(), 0), arrivals_(instance.nodes.size()) {
    for (std::size_t v = 0; v < instance.vms.size(); ++v) {
      const Vm& vm = instance.vms[v];
      take(vm.size, vm.node);
      if (at[v] == vm.node) continue;
      ++leaving_[index(vm.node)];
      arrivals_[index(at[v])].push_back({static_cast<int>(v), vm.node, at[v]});
    }
  }

  // One try; arrivals at a node are taken in a random order, those to nodes that give nothing away before the others.
  Ordered run(SeededRandom& random) {
    std::vector<int> ready;
    for (std::size_t n = 0; n < arrivals_.size(); ++n) {
      if (!arrivals_[n].empty()) ready.push_back(static_cast<int>(n));
      shuffle(arrivals_[n], random);
    }
    shuffle(ready, random);
    bool progress = true;
    while (progress) {
      progress = false;
      for (const int node : ready) {
        if (leaving_[index(node)] == 0) progress |= admit(node, true);
      }
      if (progress) continue;
      for (const int node : ready) {
        if (admit(node, false)) {
          progress = true;
          break;
        }
      }
    }
    for (const int node : ready) {
      for (const Move& move : arrivals_[index(node)]) done_.stuck.push_back(move.vm);
    }
    return std::move(done_);
  }

 private:
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }

  template <typename T>
  static void shuffle(std::vector<T>& items, SeededRandom& random) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.below(i)]);
  }

  void take(const Size& size, int node) {
    room_[index(node)].cpu -= size.cpu;
    room_[index(node)].memory -= size.memory;
  }

  // Those that have room now: all of them, or one.
  bool admit(int node, bool all) {
    auto& waiting = arrivals_[index(node)];
    bool any = false;
    for (std::size_t i = 0; i < waiting.size();) {
      const Move move = waiting[i];
      const Size& size = instance_.vms[index(move.vm)].size;
      if (!size.fits(room_[index(node)])) {
        ++i;
        continue;
      }
      take(size, node);
      room_[index(move.from)].cpu += size.cpu;
      room_[index(move.from)].memory += size.memory;
      --leaving_[index(move.from)];
      done_.moves.push_back(move);
      waiting[i] = waiting.back();
      waiting.pop_back();
      any = true;
      if (!all) break;
    }
    return any;
  }

  const Instance& instance_;
  std::vector<Size> room_;
  std::vector<int> leaving_;  // VMs that have yet to leave the node
  std::vector<std::vector<Move>> arrivals_;
  Ordered done_;
};

}  // namespace

Ordered order_moves(const Instance& instance, const std::vector<int>& at, SeededRandom& random) {
  constexpr int kTries = 20;
  const Orderer fresh(instance, at);
  Ordered best;
  for (int i = 0; i < kTries; ++i) {
    Ordered tried = Orderer(fresh).run(random);
    if (i == 0 || tried.stuck.size() < best.stuck.size()) best = std::move(tried);
    if (best.stuck.empty()) break;
  }
  return best;
}

}  // namespace drover::placement
