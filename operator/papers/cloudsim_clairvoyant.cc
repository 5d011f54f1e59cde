#include "papers/cloudsim_clairvoyant.h"

#include <algorithm>
#include <numeric>

#include "base/index.h"
#include "consolidate/arrivals.h"
#include "papers/cloudsim_drover.h"

namespace drover::papers {
namespace {

constexpr double kLimit = 0.98;  // between two samples use is not known

float peak(const std::vector<float>& wanted, const std::vector<float>* more, float sign, int frames) {
  float most = 0;
  for (std::size_t i = 0; i < index(frames); ++i) most = std::max(most, wanted[i] + (more != nullptr ? sign * (*more)[i] : 0));
  return most;
}

}  // namespace

Clairvoyant::Clairvoyant(const World& world) {
  for (int vm = 0; vm < world.vm_count(); ++vm) {
    Future day;
    bool completed = false;
    for (int frame = 0; frame < kFrames + kAhead; ++frame) {
      const double now = world.sample(vm, frame);
      completed |= world.rules().completes_idle_vms && frame > 0 && now == 0 && world.sample(vm, frame + 1) == 0;
      day.push_back(completed ? 0 : static_cast<float>(now * world.mips(vm)));
    }
    days_.push_back(std::move(day));
  }
}

Clairvoyant::Plan Clairvoyant::look(const Pool& pool) const {
  Plan plan{std::vector<int>(pool.vms.size(), -1), std::vector<std::vector<int>>(pool.nodes.size()),
            std::vector<Future>(pool.nodes.size(), Future(kAhead, 0)), std::vector<double>(pool.nodes.size(), 0)};
  for (int vm = 0; vm < static_cast<int>(pool.vms.size()); ++vm) {
    const int node = pool.vms[index(vm)].node;
    plan.at[index(vm)] = node;
    plan.on[index(node)].push_back(vm);
    plan.memory[index(node)] += pool.vms[index(vm)].reserved.memory;
    for (std::size_t i = 0; i < kAhead; ++i) plan.wanted[index(node)][i] += ahead_[index(vm)][i];
  }
  return plan;
}

void Clairvoyant::move(const Pool& pool, Plan& plan, int vm, int node) const {
  const int from = plan.at[index(vm)];
  std::erase(plan.on[index(from)], vm);
  plan.on[index(node)].push_back(vm);
  plan.at[index(vm)] = node;
  plan.memory[index(node)] += pool.vms[index(vm)].reserved.memory;
  for (std::size_t i = 0; i < kAhead; ++i) {
    plan.wanted[index(from)][i] -= ahead_[index(vm)][i];
    plan.wanted[index(node)][i] += ahead_[index(vm)][i];
  }
}

// The fullest node that can take the VM for so many frames; if none can and `wake`, the best that is off.
int Clairvoyant::target(const Pool& pool, const Plan& plan, int vm, int from, int frames, double limit, bool wake) const {
  int best = -1;
  int asleep = -1;
  float most = -1;
  for (int node = 0; node < static_cast<int>(pool.nodes.size()); ++node) {
    const PoolNode& n = pool.nodes[index(node)];
    if (node == from || plan.memory[index(node)] + pool.vms[index(vm)].reserved.memory > n.capacity.memory) continue;
    if (plan.on[index(node)].empty()) {
      if (asleep < 0 || n.capacity.cpu > pool.nodes[index(asleep)].capacity.cpu) asleep = node;
      continue;
    }
    const float after = peak(plan.wanted[index(node)], &ahead_[index(vm)], 1, frames);
    if (after <= static_cast<float>(limit * n.capacity.cpu) && after > most) most = after, best = node;
  }
  return best >= 0 || !wake ? best : asleep;
}

void Clairvoyant::relieve(const Pool& pool, Plan& plan) const {
  constexpr int kSoon = 2;
  constexpr int kLater = 12;
  for (int node = 0; node < static_cast<int>(pool.nodes.size()); ++node) {
    const auto room = static_cast<float>(pool.nodes[index(node)].capacity.cpu);
    for (int moves = 0; moves < 4 && peak(plan.wanted[index(node)], nullptr, 0, kSoon) > room; ++moves) {
      int best = -1;
      std::pair<float, double> least;
      for (const int vm : plan.on[index(node)]) {
        const float left = peak(plan.wanted[index(node)], &ahead_[index(vm)], -1, kLater);
        const std::pair<float, double> merit{std::max(left - room, 0.0F), pool.vms[index(vm)].copy_seconds};
        if (plan.at[index(vm)] == pool.vms[index(vm)].node && (best < 0 || merit < least)) least = merit, best = vm;
      }
      const int to = best < 0 ? -1 : target(pool, plan, best, node, kLater, kLimit, true);
      if (to < 0) break;
      move(pool, plan, best, to);
    }
  }
}

void Clairvoyant::pack(const Pool& pool, Plan& plan) const {
  std::vector<int> nodes(pool.nodes.size());
  std::iota(nodes.begin(), nodes.end(), 0);
  std::erase_if(nodes, [&](int node) { return plan.on[index(node)].empty(); });
  const auto efficiency = [&](int node) { return -pool.nodes[index(node)].capacity.cpu; };
  std::stable_sort(nodes.begin(), nodes.end(), [&](int a, int b) {
    return std::pair(-efficiency(a), plan.on[index(a)].size()) < std::pair(-efficiency(b), plan.on[index(b)].size());
  });
  int failures = 0;
  for (const int node : nodes) {
    if (failures >= 5) return;
    const std::vector<int> vms = plan.on[index(node)];
    if (vms.size() > 25 || std::any_of(vms.begin(), vms.end(), [&](int vm) { return pool.vms[index(vm)].node != node; })) continue;
    Plan attempt = plan;
    bool placed = true;
    for (const int vm : vms) {
      const int to = target(pool, attempt, vm, node, kAhead, kLimit, false);
      placed = to >= 0;
      if (!placed) break;
      move(pool, attempt, vm, to);
    }
    if (placed) {
      plan = std::move(attempt);
    } else {
      ++failures;
    }
  }
}

Advice Clairvoyant::advise(const Pool& pool) {
  const auto frame = static_cast<std::ptrdiff_t>(pool.now.time_since_epoch() / seconds{300});
  ahead_.clear();
  for (const PoolVm& vm : pool.vms) {
    const Future& day = days_[index(number_of(vm))];
    ahead_.emplace_back(day.begin() + frame, day.begin() + frame + kAhead);
  }
  Plan plan = look(pool);
  relieve(pool, plan);
  pack(pool, plan);
  Advice advice;
  std::vector<char> woken(pool.nodes.size(), 0);
  for (int vm = 0; vm < static_cast<int>(pool.vms.size()); ++vm) {
    const int node = plan.at[index(vm)];
    if (node == pool.vms[index(vm)].node) continue;
    if (pool.nodes[index(node)].life == NodeLife::Asleep && woken[index(node)] == 0) {
      woken[index(node)] = 1;
      advice.orders.push_back({node, NodeOrder::Act::Wake, "it will be needed"});
    }
    advice.moves.push_back({vm, node, false, "the traces say so"});
  }
  return advice;
}

int Clairvoyant::place(const Pool& pool, int vm) {
  if (arrivals_.empty()) arrivals_ = lay_out_arrivals(pool);
  return arrivals_.at(pool.vms[index(vm)].uid);
}

}  // namespace drover::papers
