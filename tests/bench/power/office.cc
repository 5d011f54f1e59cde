#include "office.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <numeric>

#include "books/power_draw.h"
#include "yaml/policy_file.h"

namespace drover::bench {
namespace {

constexpr std::int64_t kGib = std::int64_t{1} << 30;
constexpr int kWorkingDays = 5;

sim::VmGroup vms_of(const Office& office, const std::string& name) {
  sim::VmGroup group;
  group.name = name;
  group.vcpus = 2;
  group.cpu_request_milli = 400;
  group.memory_bytes = 64 * kGib / static_cast<std::int64_t>(office.vms_a_node) - group.memory_overhead_bytes;
  group.count = 0;
  group.demand = sim::DayDemand{.low = 0.1, .high = 0.5};
  return group;
}

void come(sim::VmGroup& group, Duration at, Duration until) {
  group.arrives_at.push_back(at);
  group.ends_at.push_back(until);
}

double quantile(std::vector<double> values, double p) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(p * static_cast<double>(values.size())))];
}

}  // namespace

sim::Scenario office_week(const Office& office) {
  sim::Scenario scenario;
  scenario.name = "office-week";
  scenario.duration = hours{24 * office.days};
  sim::NodeGroup nodes;
  nodes.count = office.nodes;
  nodes.cores = 16;
  nodes.memory_bytes = 64 * kGib;
  scenario.nodes = {nodes};
  const double room = static_cast<double>(office.nodes * office.vms_a_node);
  const auto share = [&](double of) { return static_cast<std::size_t>(std::lround(of * room)); };
  sim::VmGroup always = vms_of(office, "always");
  always.count = std::max<std::size_t>(1, share(office.night));
  sim::VmGroup desk = vms_of(office, "desk");
  sim::VmGroup batch = vms_of(office, "batch");
  SeededRandom random(office.seed);
  std::vector<std::pair<Duration, Duration>> stays;
  for (int day = 0; day < office.days; ++day) {
    const Duration midnight = hours{24 * day};
    const auto at = [&](double from, double to) { return midnight + from_seconds(3600 * random.uniform(from, to)); };
    for (std::size_t i = 0; i < share(0.03); ++i) {
      const Duration begins = at(1.5, 2.5);
      come(batch, begins, begins + minutes{90});
    }
    if (day % 7 >= kWorkingDays) continue;
    for (std::size_t i = 0; i < share(office.day - office.night); ++i) stays.emplace_back(at(8, 9.5), at(16.5, 18.5));
  }
  std::sort(stays.begin(), stays.end());  // VMs are numbered as they come
  for (const auto& [from, until] : stays) come(desk, from, until);
  std::sort(batch.arrives_at.begin(), batch.arrives_at.end());
  std::sort(batch.ends_at.begin(), batch.ends_at.end());
  scenario.vms = {always, desk, batch};
  return scenario;
}

std::vector<Policy> consolidation(const std::string& power_down, const std::string& more) {
  const auto read = parse_policies(R"(
apiVersion: policy.drover.dev/v1alpha1
kind: ClusterMigrationPolicy
metadata: {name: pack}
spec:
  type: Consolidation
  mode: Enforce
  disruption: {budgets: [{migrations: 5}]}
  consolidation: {powerDown: {enabled: true, maxResting: "90%")" +
                                       power_down + "}" + more + "}\n",
                                   "pack.yaml", Instant{});
  if (!read) {
    std::cerr << to_string(read.error()) << "\n";
    std::exit(1);
  }
  return read->policies;
}

void Waits::after_event(const sim::Simulation& sim) {
  constexpr Duration kQuiet = hours{1};
  const auto& nodes = sim.world().nodes();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const bool boots = nodes[i].state == PowerState::Booting;
    if (boots && boots_.insert(i).second) {
      if (sim.now() - last_wake_ > kQuiet) {
        booting_[i] = first_wakes_.size();
        first_wakes_.emplace_back(sim.now(), Instant::max());
      }
      last_wake_ = sim.now();
    }
    if (!boots && boots_.contains(i)) boots_.erase(i);
    const auto first = booting_.find(i);
    const Node* node = first == booting_.end() || boots ? nullptr : sim.api().view().node(nodes[i].name);
    if (node != nullptr && node->marks.life == NodeLife::Active) {
      first_wakes_[first->second].second = sim.now();
      booting_.erase(first);
    }
  }
  const auto& vms = sim.world().vms();
  for (; seen_ < vms.size(); ++seen_) {
    if (vms[seen_].arrived > sim.scenario().start) open_.push_back(seen_);
  }
  std::erase_if(open_, [&](std::size_t i) {
    const sim::SimVm& vm = vms[i];
    if (vm.state == sim::VmState::Pending || vm.state == sim::VmState::Starting) return false;
    if (vm.arrived >= from_) waits_.push_back({vm.arrived, to_seconds(sim.now() - vm.arrived)});
    return true;
  });
}

Waits::Figures Waits::figures() const {
  constexpr double kStarts = 15;  // seconds; whoever takes longer waited for a node
  std::vector<double> all;
  std::vector<double> others;
  Figures figures{.arrivals = waits_.size()};
  for (const Wait& wait : waits_) {
    all.push_back(wait.seconds);
    const bool waited = wait.seconds > kStarts;
    figures.waited += waited ? 1 : 0;
    const bool first = std::any_of(first_wakes_.begin(), first_wakes_.end(), [&](const auto& wake) {
      return wait.arrived <= wake.second && wait.arrived + from_seconds(wait.seconds) >= wake.first;
    });
    if (!waited || !first) others.push_back(wait.seconds);
  }
  if (!all.empty()) figures.mean = std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
  figures.p99 = quantile(std::move(all), 0.99);
  figures.p99_but_first = quantile(std::move(others), 0.99);
  return figures;
}

void Meter::after_event(const sim::Simulation& sim) {
  if (since_ != Instant{}) {
    const double span = to_seconds(sim.now() - since_);
    joules_ += static_cast<long double>(watts_) * span;
    unassigned_ += static_cast<long double>(unassigned_watts_) * span;
  }
  since_ = sim.now();
  watts_ = unassigned_watts_ = 0;
  for (const sim::SimNode& node : sim.world().nodes()) {
    const bool on = node.state == PowerState::On;
    const double watts = drawn_watts(node.power, node.state, node.served / node.cores);
    watts_ += watts;
    const bool used = std::any_of(node.vms.begin(), node.vms.end(),
                                  [&](std::size_t vm) { return sim.world().vms()[vm].state == sim::VmState::Running; });
    unassigned_watts_ += !on ? watts : used ? 0 : std::min(watts, node.power.idle_watts());
  }
}

}  // namespace drover::bench
