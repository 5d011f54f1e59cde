#include "placement/order.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/check.h"
#include "base/index.h"

namespace drover::placement {
namespace {

class Orderer {
 public:
  Orderer(const Instance& instance, const std::vector<int>& at)
      : instance_(instance),
        room_(instance.nodes),
        leaving_(instance.nodes.size(), 0),
        arrivals_(instance.nodes.size()),
        queued_(leaving_.size(), 0) {
    for (std::size_t v = 0; v < instance.vms.size(); ++v) {
      const Vm& vm = instance.vms[v];
      take(vm.size, vm.node);
      if (at[v] == vm.node) continue;
      ++leaving_[index(vm.node)];
      arrivals_[index(at[v])].push_back({static_cast<int>(v), vm.node, at[v]});
    }
  }

  // One try. Arrivals at nodes that give nothing away come first; then, in a random order of the others, one at a time.
  Ordered run(SeededRandom& random) {
    std::vector<int> nodes;
    for (std::size_t n = 0; n < arrivals_.size(); ++n) {
      if (!arrivals_[n].empty()) nodes.push_back(static_cast<int>(n));
      shuffle(arrivals_[n], random);
    }
    shuffle(nodes, random);
    for (const int node : nodes) look_at(node);
    while (!staying_.empty() || !changed_.empty()) {
      if (!staying_.empty()) {
        const int node = staying_.back();
        staying_.pop_back();
        while (admit(node)) {
        }
        continue;
      }
      const int node = changed_.front();
      changed_.pop_front();
      queued_[index(node)] = 0;
      if (admit(node)) {
        queued_[index(node)] = 1;
        changed_.push_front(node);
      }
    }
    for (const int node : nodes) {
      for (const Move& move : arrivals_[index(node)]) done_.stuck.push_back(move.vm);
    }
    return std::move(done_);
  }

 private:
  template <typename T>
  static void shuffle(std::vector<T>& items, SeededRandom& random) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.below(i)]);
  }

  void take(const Size& size, int node) { room_[index(node)] -= size; }

  // Its room has grown, or nobody has looked yet.
  void look_at(int node) {
    if (arrivals_[index(node)].empty()) return;
    if (leaving_[index(node)] == 0) {
      staying_.push_back(node);
    } else if (queued_[index(node)] == 0) {
      queued_[index(node)] = 1;
      changed_.push_back(node);
    }
  }

  // One arrival for which there is room now.
  bool admit(int node) {
    auto& waiting = arrivals_[index(node)];
    for (Move& move : waiting) {
      const Size& size = instance_.vms[index(move.vm)].size;
      if (!size.fits(room_[index(node)])) continue;
      take(size, node);
      room_[index(move.from)] += size;
      --leaving_[index(move.from)];
      done_.moves.push_back(move);
      const int from = move.from;
      move = waiting.back();
      waiting.pop_back();
      look_at(from);
      return true;
    }
    return false;
  }

  const Instance& instance_;
  std::vector<Size> room_;
  std::vector<int> leaving_;  // VMs that have yet to leave the node
  std::vector<std::vector<Move>> arrivals_;
  std::vector<int> staying_;  // nodes that give nothing away any more, with arrivals: all of them have room
  std::deque<int> changed_;   // other nodes with arrivals that may have room
  std::vector<char> queued_;  // whether a node is in changed_
  Ordered done_;
};

}  // namespace

Ordered order_moves(const Instance& instance, const std::vector<int>& at, SeededRandom& random) {
  DROVER_CHECK(at.size() == instance.vms.size());
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
