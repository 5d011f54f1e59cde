#include "placement/fitter.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace drover::placement {
namespace {

constexpr std::size_t kNodesLookedAt = 64;
constexpr std::size_t kVmsLookedAt = 3;

}  // namespace

Fitter::Fitter(Packing& packing, SeededRandom& random, const std::function<bool()>& out_of_time)
    : packing_(packing),
      random_(random),
      out_of_time_(out_of_time),
      tabu_(packing.instance().vms.size(), 0),
      barred_(tabu_.size(), -1) {}

bool Fitter::insert(int vm) {
  const int home = packing_.home_of(vm);
  if (!packing_.closed(home) && packing_.fits(vm, home)) {
    packing_.place(vm, home);
    return true;
  }
  int best = -1;
  double least = std::numeric_limits<double>::infinity();
  work_ += std::ssize(packing_.open_nodes());
  for (const int node : packing_.open_nodes()) {
    if (!packing_.fits(vm, node) || barred(vm, node)) continue;
    const double slack = packing_.slack_after(vm, node);
    if (slack < least) {
      least = slack;
      best = node;
    }
  }
  if (best < 0) return false;
  packing_.place(vm, best);
  return true;
}

void Fitter::insert_what_fits() {
  std::vector<int> waiting = packing_.pool();
  std::sort(waiting.begin(), waiting.end(), [&](int a, int b) {
    const double wa = packing_.weight_of(a);
    const double wb = packing_.weight_of(b);
    return wa != wb ? wa > wb : a < b;
  });
  std::vector<Size> refused;  // what found no room: nor does anything as large, as room only shrinks here
  for (const int vm : waiting) {
    const Size& size = packing_.size_of(vm);
    if (std::any_of(refused.begin(), refused.end(), [&](const Size& small) { return small.fits(size); })) continue;
    if (!insert(vm) && may_leave(vm)) refused.push_back(size);
  }
}

void Fitter::send_home() {
  bool progress = true;
  while (progress) {
    progress = false;
    for (const int node : packing_.open_nodes()) {
      for (const int vm : packing_.native_vms(node)) {
        if (packing_.at_home(vm) || packing_.node_of(vm) == Packing::kPool || !packing_.fits(vm, node)) continue;
        packing_.lift(vm);
        packing_.place(vm, node);
        progress = true;
      }
    }
  }
}

void Fitter::consider(int vm, int node, Ejection& best) {
  const Size& room = packing_.room_on(node);
  const Size& size = packing_.size_of(vm);
  const Size lack = size - room;
  const auto& vms = packing_.vms_on(node);
  const int spare = packing_.moves_left() + (packing_.home_of(vm) == node ? 1 : 0);
  const double skew = packing_.skew(node, 0, 0);
  const double own = packing_.weight_of(vm);
  work_ += std::ssize(vms);
  for (std::size_t i = 0; i < vms.size(); ++i) {
    const int a = vms[i];
    if (!may_leave(a)) continue;
    const int a_moves = packing_.at_home(a) ? 1 : 0;
    if (a_moves > spare) continue;
    const double a_cost = packing_.weight_of(a) - own + a_moves * move_cost_;
    if (a_cost - skew_cost_ * skew >= best.cost) continue;
    const Size& a_size = packing_.size_of(a);
    if (lack.fits(a_size)) {
      const double cost = a_cost + skew_cost_ * (packing_.skew(node, a_size.cpu - size.cpu, a_size.memory - size.memory) - skew);
      if (!(a_size == size) && cost < best.cost) best = {vm, node, a, -1, cost};
      continue;
    }
    work_ += std::ssize(vms) - static_cast<std::int64_t>(i);
    for (std::size_t j = i + 1; j < vms.size(); ++j) {
      const int b = vms[j];
      const Size& b_size = packing_.size_of(b);
      if (!lack.fits(a_size + b_size) || !may_leave(b)) continue;
      const int moves = a_moves + (packing_.at_home(b) ? 1 : 0);
      if (moves > spare) continue;
      double cost = a_cost + packing_.weight_of(b) + (moves - a_moves) * move_cost_;
      if (cost - skew_cost_ * skew >= best.cost) continue;
      cost += skew_cost_ *
              (packing_.skew(node, a_size.cpu + b_size.cpu - size.cpu, a_size.memory + b_size.memory - size.memory) - skew);
      if (cost < best.cost) best = {vm, node, a, b, cost};
    }
  }
}

Fitter::Ejection Fitter::best_ejection(int vm) {
  Ejection best;
  best.cost = std::numeric_limits<double>::infinity();
  const auto& open = packing_.open_nodes();
  if (open.empty()) return best;
  const std::size_t looked_at = std::min(open.size(), kNodesLookedAt);
  std::size_t next = random_.below(open.size());
  for (std::size_t i = 0; i < looked_at; ++i) {
    if (!barred(vm, open[next])) consider(vm, open[next], best);
    next = next + 1 == open.size() ? 0 : next + 1;
  }
  return best;
}

void Fitter::carry_out(const Ejection& ejection) {
  const std::size_t tenure = 3 + packing_.pool().size();
  for (const int out : {ejection.first, ejection.second}) {
    if (out >= 0) packing_.lift(out);
  }
  packing_.place(ejection.vm, ejection.node);
  tabu_[static_cast<std::size_t>(ejection.vm)] = now_ + static_cast<std::int64_t>(tenure + random_.below(10));
  for (const int out : {ejection.first, ejection.second}) {
    if (out >= 0) static_cast<void>(insert(out));
  }
}

void Fitter::forbid(int vm, int node) {
  tabu_[static_cast<std::size_t>(vm)] = now_ + 50;
  barred_[static_cast<std::size_t>(vm)] = node;
}

bool Fitter::empty_pool(int patience) {
  insert_what_fits();
  const auto note_down = [this] {
    work_ += std::ssize(packing_.instance().vms);
    return packing_.save();
  };
  double lightest = packing_.pool_weight();
  auto best = note_down();
  int idle = 0;
  while (!packing_.pool().empty() && idle < patience) {
    ++now_;
    ++idle;
    if (now_ % 16 == 0 && out_of_time_()) break;
    Ejection chosen;
    chosen.cost = std::numeric_limits<double>::infinity();
    const auto& pool = packing_.pool();
    for (std::size_t i = 0; i < std::min(pool.size(), kVmsLookedAt); ++i) {
      const int vm = pool.size() <= kVmsLookedAt ? pool[i] : pool[random_.below(pool.size())];
      const Ejection candidate = best_ejection(vm);
      if (candidate.vm >= 0 && candidate.cost < chosen.cost) chosen = candidate;
    }
    if (chosen.vm < 0) continue;
    carry_out(chosen);
    if (packing_.pool_weight() < lightest - 1e-9) {
      lightest = packing_.pool_weight();
      best = note_down();
      idle = 0;
    }
  }
  if (packing_.pool().empty()) return true;
  packing_.load(best);
  return false;
}

}  // namespace drover::placement
