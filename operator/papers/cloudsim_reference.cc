#include "papers/cloudsim_reference.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/index.h"

namespace drover::papers {
namespace {

constexpr std::size_t kWindow = 10;
constexpr std::size_t kRemembered = 30;
constexpr double kUntilHistory = 0.7;  // LR's threshold while there are too few samples

// The value at 11 of the line through (1, y[0]) ... (10, y[9]).
double extrapolate(const std::array<double, kWindow>& y) {
  double sx = 0;
  double sy = 0;
  double sxx = 0;
  double sxy = 0;
  for (std::size_t i = 0; i < kWindow; ++i) {
    const auto x = static_cast<double>(i + 1);
    sx += x;
    sy += y[i];
    sxx += x * x;
    sxy += x * y[i];
  }
  const double slope = (sxy - sx * sy / 10) / (sxx - sx * sx / 10);
  const double start = sy / 10 - slope * sx / 10;
  return start + slope * 11;
}

}  // namespace

bool ReferencePolicy::boot() {
  std::vector<double> reserved(kHosts, 0);
  std::vector<double> memory(kHosts, 0);
  for (int vm = 0; vm < world_.vm_count(); ++vm) {
    double best = std::numeric_limits<double>::infinity();
    int chosen = -1;
    for (int host = 0; host < kHosts; ++host) {
      const double load = reserved[index(host)] + world_.mips(vm);
      const bool fits = World::core(host) >= world_.mips(vm) && World::capacity(host) - reserved[index(host)] >= world_.mips(vm) &&
                        memory[index(host)] + world_.memory(vm) <= kHostMemory;
      if (!fits) continue;
      const double rise = World::power(host, load / World::capacity(host)) - World::power(host, 0);
      if (rise < best) best = rise, chosen = host;
    }
    if (chosen < 0) return false;
    reserved[index(chosen)] += world_.mips(vm);
    memory[index(chosen)] += world_.memory(vm);
    world_.boot(vm, chosen);
  }
  return true;
}

// CloudSim records use only in frames whose clock, a sum of floating-point steps, happens to be a multiple of 300.
void ReferencePolicy::remember() {
  history_.resize(index(world_.vm_count()));
  clock_ += kFrameSeconds;
  if (std::fmod(clock_ - 0.1, kFrameSeconds) != 0) return;
  const double now = kFrameSeconds * std::round((clock_ - 0.1) / kFrameSeconds) + .1;
  for (int vm = 0; vm < world_.vm_count(); ++vm) {
    if (world_.host_of(vm) < 0) continue;
    auto& samples = history_[index(vm)];
    samples.push_front(world_.use(vm, now));
    if (samples.size() > kRemembered) samples.pop_back();
  }
}

void ReferencePolicy::share(int host) {
  double wanted = 0;
  for (const int vm : plan(host)) wanted += std::min(world_.demand(vm), World::core(host));
  const double total = World::capacity(host);
  Share& share = share_[index(host)];
  if (wanted <= total) {
    share = {total - wanted, wanted};
    return;
  }
  share = {0, 0};
  for (const int vm : plan(host)) share.allocated += std::floor(std::min(world_.demand(vm), World::core(host)) * (total / wanted));
}

bool ReferencePolicy::foretold(int host, int newcomer, bool& known) const {
  std::array<double, kWindow> use{};  // newest first
  std::size_t length = 0;
  const auto add = [&](int vm) {
    const auto& samples = history_[index(vm)];
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (samples[i] != 0) length = std::max(length, i + 1);
    }
    for (std::size_t i = 0; i < std::min(kWindow, samples.size()); ++i) {
      use[i] += samples[i] * world_.mips(vm) / World::capacity(host);
    }
  };
  for (const int vm : plan_[index(host)]) add(vm);
  if (newcomer >= 0) add(newcomer);
  known = length >= kWindow;
  std::reverse(use.begin(), use.end());
  return known && extrapolate(use) * parameter_ >= 1;
}

bool ReferencePolicy::overloaded(int host, int newcomer) const {
  double threshold = parameter_;
  if (kind_ == Overload::LocalRegression) {
    bool known = false;
    const bool answer = foretold(host, newcomer, known);
    if (known) return answer;
    threshold = kUntilHistory;
  }
  double wanted = 0;
  for (const int vm : plan_[index(host)]) wanted += world_.demand(vm);
  if (newcomer >= 0) wanted += world_.demand(newcomer);
  return wanted / World::capacity(host) > threshold;
}

// A VM that leaves frees its memory only when it is gone.
bool ReferencePolicy::memory_fits(int host, int vm) const {
  if (!world_.rules().memory_always) return true;
  double memory = world_.memory(vm);
  for (const int other : plan_[index(host)]) memory += world_.memory(other);
  for (const int other : world_.vms_on(host)) {
    const auto& planned = plan_[index(host)];
    if (std::find(planned.begin(), planned.end(), other) == planned.end()) memory += world_.memory(other);
  }
  return memory <= kHostMemory;
}

int ReferencePolicy::find_host(int vm, const std::vector<char>& excluded) const {
  double best = std::numeric_limits<double>::infinity();
  int chosen = -1;
  const double demand = world_.demand(vm);
  for (int host = 0; host < kHosts; ++host) {
    const Share& share = share_[index(host)];
    if (excluded[index(host)] != 0 || World::core(host) < demand || share.available < demand || !memory_fits(host, vm)) continue;
    if (share.allocated != 0 && overloaded(host, vm)) continue;
    const double rise = World::power(host, std::min(1.0, (share.allocated + demand) / World::capacity(host))) -
                        World::power(host, std::min(1.0, world_.used(host) / World::capacity(host)));
    if (rise < best) best = rise, chosen = host;
  }
  return chosen;
}

std::vector<int> ReferencePolicy::shed(const std::vector<int>& hosts) {
  std::vector<int> leaving;
  for (const int host : hosts) {
    while (!plan(host).empty()) {
      const auto least = std::min_element(plan(host).begin(), plan(host).end(),
                                          [this](int a, int b) { return world_.memory(a) < world_.memory(b); });
      leaving.push_back(*least);
      plan(host).erase(least);
      if (!overloaded(host)) break;
    }
  }
  for (const int host : hosts) share(host);
  return leaving;
}

void ReferencePolicy::by_demand(std::vector<int>& vms) const {
  std::stable_sort(vms.begin(), vms.end(), [this](int a, int b) { return world_.demand(a) > world_.demand(b); });
}

int ReferencePolicy::least_used(const std::vector<char>& excluded) const {
  int chosen = -1;
  double least = 1;
  for (int host = 0; host < kHosts; ++host) {
    if (excluded[index(host)] != 0 || plan_[index(host)].empty()) continue;
    const double use = world_.used(host) / World::capacity(host);
    if (use > 0 && use < least) least = use, chosen = host;
  }
  return chosen;
}

// Every VM of the host finds a place, or none is moved.
bool ReferencePolicy::evacuate(int host, const std::vector<char>& excluded, std::vector<HostMove>& moves) {
  std::vector<int> vms = plan(host);
  by_demand(vms);
  for (const int vm : vms) {
    const int target = find_host(vm, excluded);
    if (target < 0) {
      for (; !moves.empty(); moves.pop_back()) {
        plan(moves.back().host).pop_back();
        share(moves.back().host);
      }
      return false;
    }
    plan(target).push_back(vm);
    share(target);
    moves.push_back({vm, target});
  }
  return true;
}

std::vector<HostMove> ReferencePolicy::decide() {
  remember();
  plan_.clear();
  for (int host = 0; host < kHosts; ++host) plan_.push_back(world_.vms_on(host));
  share_.assign(kHosts, {});
  for (int host = 0; host < kHosts; ++host) share(host);

  std::vector<HostMove> moves;
  std::vector<char> excluded(kHosts, 0);
  std::vector<int> hot;
  for (int host = 0; host < kHosts; ++host) {
    if (overloaded(host)) hot.push_back(host), excluded[index(host)] = 1;
  }
  std::vector<int> leaving = shed(hot);
  by_demand(leaving);
  for (const int vm : leaving) {
    const int target = find_host(vm, excluded);
    if (target < 0) continue;
    plan(target).push_back(vm);
    share(target);
    moves.push_back({vm, target});
  }

  std::vector<char> stays = excluded;  // must not be emptied; `excluded` must not receive
  for (int host = 0; host < kHosts; ++host) {
    if (world_.used(host) == 0) stays[index(host)] = excluded[index(host)] = 1;
  }
  for (int host = least_used(stays); host >= 0; host = least_used(stays)) {
    stays[index(host)] = excluded[index(host)] = 1;
    std::vector<HostMove> evacuation;
    if (!evacuate(host, excluded, evacuation)) continue;
    for (const auto& move : evacuation) {
      stays[index(move.host)] = 1;
      moves.push_back(move);
    }
  }
  return moves;
}

}  // namespace drover::papers
