#include "papers/baseline_thresholds.h"

#include <algorithm>
#include <numeric>

#include "base/index.h"
#include "papers/baseline_mbfd.h"

namespace drover::papers {
namespace {

class ThresholdPolicy : public Strategy {
 public:
  [[nodiscard]] int place(const Pool& /*pool*/, int /*vm*/) override { return -1; }
};

class SingleThreshold final : public ThresholdPolicy {
 public:
  explicit SingleThreshold(double cap) : cap_(cap) {}

  [[nodiscard]] Advice advise(const Pool& pool) override {
    HostLoads loads(pool);
    std::vector<int> vms(pool.vms.size());
    std::iota(vms.begin(), vms.end(), 0);
    for (const int vm : vms) loads.take_off(vm);
    place_mbfd(pool, loads, vms, cap_);
    return {.moves = moves_of(pool, loads)};
  }

 private:
  const double cap_;
};

class MinimizationOfMigrations final : public ThresholdPolicy {
 public:
  MinimizationOfMigrations(double low, double high) : low_(low), high_(high) {}

  [[nodiscard]] Advice advise(const Pool& pool) override {
    HostLoads loads(pool);
    std::vector<std::vector<int>> on(pool.nodes.size());
    for (std::size_t v = 0; v < pool.vms.size(); ++v) on[index(pool.vms[v].node)].push_back(static_cast<int>(v));
    std::vector<int> leaving;
    for (int host = 0; host < static_cast<int>(pool.nodes.size()); ++host) {
      if (loads.cpu(host) < low_ * pool.nodes[index(host)].capacity.cpu) {
        for (const int vm : on[index(host)]) give_away(vm, loads, leaving);
      } else {
        relieve(pool, host, on[index(host)], loads, leaving);
      }
    }
    place_mbfd(pool, loads, leaving, high_);
    return {.moves = moves_of(pool, loads)};
  }

 private:
  static void give_away(int vm, HostLoads& loads, std::vector<int>& leaving) {
    loads.take_off(vm);
    leaving.push_back(vm);
  }

  // The smallest VM that brings the host below; while none does, the largest.
  void relieve(const Pool& pool, int host, std::vector<int> vms, HostLoads& loads, std::vector<int>& leaving) const {
    std::stable_sort(vms.begin(), vms.end(),
                     [&](int a, int b) { return pool.vms[index(a)].demand.cpu < pool.vms[index(b)].demand.cpu; });
    while (!vms.empty()) {
      const double excess = loads.cpu(host) - high_ * pool.nodes[index(host)].capacity.cpu;
      if (excess <= 0) return;
      auto chosen = std::find_if(vms.begin(), vms.end(), [&](int vm) { return pool.vms[index(vm)].demand.cpu >= excess; });
      if (chosen == vms.end()) --chosen;
      give_away(*chosen, loads, leaving);
      vms.erase(chosen);
    }
  }

  const double low_;
  const double high_;
};

}  // namespace

std::unique_ptr<Strategy> make_single_threshold(double cap) {
  return std::make_unique<SingleThreshold>(cap);
}

std::unique_ptr<Strategy> make_minimization_of_migrations(double low, double high) {
  return std::make_unique<MinimizationOfMigrations>(low, high);
}

}  // namespace drover::papers
