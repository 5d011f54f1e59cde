#include "papers/cloudsim_world.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "base/check.h"

namespace drover::papers {
namespace {

constexpr std::array<double, 11> kG4 = {86, 89.4, 92.6, 96, 99.5, 102, 106, 108, 112, 114, 117};
constexpr std::array<double, 11> kG5 = {93.7, 97, 101, 105, 110, 116, 121, 125, 129, 133, 135};
constexpr std::array<double, 4> kMips = {2500, 2000, 1000, 500};
constexpr std::array<double, 4> kMemory = {870, 1740, 1740, 613};
constexpr double kMegabytesPerSecond = 1e6 / 16000.0;  // half of 1 Gbit/s
constexpr double kDegradation = 0.1;

void remove(std::vector<int>& list, int value) {
  const auto at = std::find(list.begin(), list.end(), value);
  if (at != list.end()) list.erase(at);
}

}  // namespace

World::World(const UseTraces& traces, Rules rules) : traces_(traces), rules_(rules), on_(kHosts), arriving_(kHosts) {
  const std::size_t count = traces.percent.size();
  const std::size_t quarter = (count + 3) / 4;
  for (std::size_t vm = 0; vm < count; ++vm) {
    mips_.push_back(kMips.at(vm / quarter));
    memory_.push_back(kMemory.at(vm / quarter));
  }
  host_of_.assign(count, -1);
  moving_.assign(count, 0);
  degraded_.assign(count, 0);
  demand_.assign(count, 0);
  asked_.assign(count, 0);
  served_.assign(count, 0);
  used_.assign(kHosts, 0);
  requested_.assign(kHosts, 0);
}

const std::array<double, 11>& World::watts(int host) {
  return host % 2 == 1 ? kG5 : kG4;
}

// CloudSim's own order of operations; PowerModel::watts_at differs in the last digit.
double World::power(int host, double utilization) {
  const auto& table = watts(host);
  if (utilization <= 0) return table.front();
  if (utilization >= 1) return table.back();
  const auto below = static_cast<std::size_t>(std::floor(utilization * 10));
  const auto above = static_cast<std::size_t>(std::ceil(utilization * 10));
  const double step = (table[above] - table[below]) / 10;
  return table[below] + step * (utilization - static_cast<double>(below) / 10.0) * 100;
}

double World::copy_seconds(int vm) const {
  return memory(vm) / kMegabytesPerSecond;
}

double World::sample(int vm, int frame) const {
  const auto& trace = traces_.percent[index(vm)];
  return static_cast<double>(trace[std::min(index(frame), trace.size() - 1)]) / 100;
}

double World::use(int vm, double time) const {
  const int before = static_cast<int>(std::floor(time / kFrameSeconds));
  const int after = static_cast<int>(std::ceil(time / kFrameSeconds));
  const double low = sample(vm, before);
  if (before == after || before >= kFrames) return low;
  return low + (sample(vm, after) - low) / kFrameSeconds * (time - before * kFrameSeconds);
}

bool World::arriving(int vm, int host) const {
  const auto& list = arriving_[index(host)];
  return std::find(list.begin(), list.end(), vm) != list.end();
}

void World::boot(int vm, int host) {
  DROVER_CHECK(host_of_[index(vm)] < 0);
  on_[index(host)].push_back(vm);
  host_of_[index(vm)] = host;
}

// Shares the host's MIPS among its VMs by their newest demand.
void World::allocate(int host) {
  const auto& vms = on_[index(host)];
  const double total = capacity(host);
  double wanted = 0;
  double requested = 0;
  for (const int vm : vms) {
    const double capped = std::min(demand(vm), core(host));
    wanted += arriving(vm, host) ? capped * kDegradation : capped;
    requested += demand(vm);
  }
  const bool overloaded = wanted > total;
  const double scale = overloaded ? total / wanted : 1;
  double used = 0;
  for (const int vm : vms) {
    const bool arrives = arriving(vm, host);
    const bool leaves = moving_[index(vm)] != 0 && !arrives;
    double given = std::min(demand(vm), core(host));
    if (overloaded) given *= scale;
    if (leaves) given *= 1 - kDegradation;
    if (arrives) given *= kDegradation;
    if (overloaded) given = std::floor(given);
    if (!arrives) {
      served_[index(vm)] = given;
      asked_[index(vm)] = demand(vm);
      degraded_[index(vm)] = leaves ? 1 : 0;
    }
    used += leaves ? given / (1 - kDegradation) : given;
  }
  used_[index(host)] = used;
  requested_[index(host)] = requested;
}

// What was allocated at the update before has held for these seconds.
void World::meter_services(double seconds) {
  for (int host = 0; host < kHosts; ++host) {
    if (used(host) <= 0) continue;
    meters_.active_seconds += seconds;
    if (used(host) < requested_[index(host)]) meters_.violated_seconds += seconds;
    double own = 0;
    for (const int vm : vms_on(host)) {
      if (!arriving(vm, host)) own += asked_[index(vm)];
    }
    if (own > capacity(host) + 0.5) meters_.overloaded_seconds += seconds;
  }
  for (std::size_t vm = 0; vm < asked_.size(); ++vm) {
    meters_.asked += asked_[vm] * seconds;
    meters_.served += served_[vm] * seconds;
    if (degraded_[vm] != 0 && served_[vm] < asked_[vm]) meters_.lost_by_moves += (asked_[vm] - served_[vm]) * seconds;
  }
}

void World::remove_completed() {
  for (auto& vms : on_) {
    std::erase_if(vms, [this](int vm) {
      const std::size_t i = index(vm);
      if (demand_[i] != 0 || moving_[i] != 0) return false;
      host_of_[i] = -1;
      asked_[i] = served_[i] = 0;
      degraded_[i] = 0;
      return true;
    });
  }
}

void World::advance(double time) {
  const double seconds = time - now_;
  const bool metered = started_ && seconds > 0;
  for (int vm = 0; vm < vm_count(); ++vm) demand_[index(vm)] = use(vm, time) * mips(vm);
  if (metered) meter_services(seconds);
  for (int host = 0; host < kHosts; ++host) {
    if (vms_on(host).empty() && used(host) <= 0) continue;
    const double before = used(host);
    allocate(host);
    if (!metered || before <= 0) continue;
    const double from = std::min(1.0, before / capacity(host));
    const double to = std::min(1.0, used(host) / capacity(host));
    meters_.joules += (power(host, from) + power(host, to)) / 2 * seconds;
  }
  if (rules_.completes_idle_vms) remove_completed();
  now_ = time;
  started_ = true;
}

void World::finish(const HostMove& move) {
  remove(on_[index(host_of(move.vm))], move.vm);
  remove(on_[index(move.host)], move.vm);
  remove(arriving_[index(move.host)], move.vm);
  moving_[index(move.vm)] = 0;
  on_[index(move.host)].push_back(move.vm);
  host_of_[index(move.vm)] = move.host;
}

void World::carry_out(const std::vector<HostMove>& moves) {
  std::set<int> touched;
  for (const auto& move : moves) {
    moving_[index(move.vm)] = 1;
    touched.insert(move.host);
    touched.insert(host_of(move.vm));
    if (arriving(move.vm, move.host)) continue;
    on_[index(move.host)].push_back(move.vm);
    arriving_[index(move.host)].push_back(move.vm);
  }
  for (const int host : touched) allocate(host);

  std::vector<HostMove> by_end = moves;
  std::stable_sort(by_end.begin(), by_end.end(),
                   [this](const HostMove& a, const HostMove& b) { return copy_seconds(a.vm) < copy_seconds(b.vm); });
  const double began = now_;
  for (std::size_t next = 0; next < by_end.size();) {
    const double copy = copy_seconds(by_end[next].vm);
    advance(began + copy);
    for (; next < by_end.size() && copy_seconds(by_end[next].vm) == copy; ++next) finish(by_end[next]);
    for (int host = 0; host < kHosts; ++host) allocate(host);
  }
}

}  // namespace drover::papers
