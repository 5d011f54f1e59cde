#include "sim/metrics.h"

#include <algorithm>

namespace drover::sim {
namespace {

bool is_measured(const DataCenter& world, const SimVm& vm) {
  const auto& captured = world.group_of(vm).captured;
  return !captured || captured->measured;
}

}  // namespace

Metrics::Metrics(const Scenario& scenario, EventQueue& queue, const DataCenter& world)
    : settings_(scenario.metrics), captured_(scenario.signals), queue_(queue), world_(world) {}

void Metrics::begin() {
  if (settings_.resolution > Duration::zero()) scrape_on();
}

void Metrics::scrape_on() {
  const auto vms = measured_now();
  scrapes_.push_back({use_now(vms),
                      {signal_now(vms, KubeVirtMetric::CpuUtilization), signal_now(vms, KubeVirtMetric::CpuDelay),
                       signal_now(vms, KubeVirtMetric::MemoryUtilization)}});
  (void)readable();
  queue_.after(settings_.resolution, [this] { scrape_on(); });
}

// In the order of the tables that are made of them.
std::vector<const SimVm*> Metrics::measured_now() const {
  std::vector<const SimVm*> found;
  for (const auto& node : world_.nodes()) {
    for (const std::size_t index : node.vms) {
      const SimVm& vm = world_.vms()[index];
      if (vm.state == VmState::Running && is_measured(world_, vm)) found.push_back(&vm);
    }
  }
  std::sort(found.begin(), found.end(), [](const SimVm* a, const SimVm* b) { return a->key < b->key; });
  return found;
}

UseTable Metrics::use_now(const std::vector<const SimVm*>& measured) const {
  UseTable table{.sampled = queue_.now(), .age = settings_.delay + settings_.resolution / 2};
  for (const SimVm* vm : measured) {
    table.vms.emplace_hint(table.vms.end(), vm->key,
                           VmUse{.cpu_cores = vm->served,
                                 .cpu_delay_cores = vm->wanted - vm->served,
                                 .memory_bytes = vm->memory_used,
                                 .dirty_bytes_per_second = vm->dirty_rate});
  }
  return table;
}

SignalTable Metrics::signal_now(const std::vector<const SimVm*>& measured, KubeVirtMetric metric) const {
  SignalTable table;
  table.sampled = queue_.now();
  for (const SimVm* vm : measured) {
    const auto vcpus = static_cast<double>(world_.group_of(*vm).vcpus);
    double value = 0;
    switch (metric) {
      case KubeVirtMetric::CpuUtilization: value = vm->served / vcpus; break;
      case KubeVirtMetric::CpuDelay: value = (vm->wanted - vm->served) / vcpus; break;
      case KubeVirtMetric::MemoryUtilization:
        value = vm->memory_used / static_cast<double>(world_.group_of(*vm).memory_bytes);
        break;
    }
    table.values.emplace_hint(table.values.end(), vm->key, value);
  }
  return table;
}

const Metrics::Scrape* Metrics::readable() {
  while (scrapes_.size() > 1 && scrapes_[1].use.sampled + settings_.delay <= queue_.now()) scrapes_.pop_front();
  if (scrapes_.empty() || scrapes_.front().use.sampled + settings_.delay > queue_.now()) return nullptr;
  return &scrapes_.front();
}

std::vector<std::string> Metrics::not_honoured(const Signal& signal) const {
  const auto* metric = std::get_if<KubeVirtMetricSignal>(&signal);
  const bool captured =
      std::any_of(captured_.begin(), captured_.end(), [&](const CapturedSignal& s) { return s.signal == signal; });
  if (metric == nullptr || captured || metric->window == KubeVirtMetricSignal{}.window) return {};
  return {"kubevirtMetric.window of its signal (a simulated Prometheus tells what is at a scrape, not a rate over time)"};
}

Result<SignalTable> Metrics::sample(const Signal& signal, Instant now, std::stop_token /*stop*/) {
  auto table = signal_of(signal);
  if (table && table->sampled != Instant{}) table->sampled += now - queue_.now();
  return table;
}

Result<UseTable> Metrics::sample_use(Instant now, std::stop_token /*stop*/) {
  UseTable table;
  if (settings_.resolution <= Duration::zero()) {
    table = use_now(measured_now());
  } else if (const Scrape* scrape = readable()) {
    table = scrape->use;
  }
  if (table.sampled != Instant{}) table.sampled += now - queue_.now();
  return table;
}

Result<SignalTable> Metrics::signal_of(const Signal& signal) {
  const auto captured =
      std::find_if(captured_.begin(), captured_.end(), [&](const CapturedSignal& c) { return c.signal == signal; });
  if (captured != captured_.end()) {
    SignalTable table = captured->table;
    table.sampled = queue_.now();
    return table;
  }
  const auto* metric = std::get_if<KubeVirtMetricSignal>(&signal);
  if (metric == nullptr) {
    return Error{ErrorClass::Invalid,
                 "the simulated world has no figures but KubeVirt's: write signal: {kubevirtMetric: {name: CPUUtilization}}"};
  }
  if (settings_.resolution <= Duration::zero()) return signal_now(measured_now(), metric->metric);
  if (const Scrape* scrape = readable()) return scrape->signals[static_cast<std::size_t>(metric->metric)];
  return SignalTable{};
}

}  // namespace drover::sim
