#include "adapters/telemetry/prometheus_telemetry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <functional>
#include <map>
#include <variant>

#include "adapters/telemetry/metrics.h"
#include "adapters/telemetry/process_metrics.h"
#include "base/check.h"

namespace drover {
namespace {

using CounterFamily = prometheus::Family<prometheus::Counter>;
using GaugeFamily = prometheus::Family<prometheus::Gauge>;
using HistogramFamily = prometheus::Family<prometheus::Histogram>;

struct Histogram {
  HistogramFamily* family;
  prometheus::Histogram::BucketBoundaries buckets;
};

using Metric = std::variant<CounterFamily*, GaugeFamily*, Histogram>;

Metric declare(prometheus::Registry& registry, const MetricInfo& info) {
  const std::string name(info.name);
  const std::string help(info.help);
  switch (info.kind) {
    case MetricKind::Counter: return &prometheus::BuildCounter().Name(name).Help(help).Register(registry);
    case MetricKind::Gauge: return &prometheus::BuildGauge().Name(name).Help(help).Register(registry);
    case MetricKind::Histogram:
      return Histogram{&prometheus::BuildHistogram().Name(name).Help(help).Register(registry),
                       {info.buckets.begin(), info.buckets.end()}};
  }
  check_failed("a kind of metric", __FILE__, __LINE__);
}

prometheus::Labels to_labels(MetricLabels labels) {
  prometheus::Labels result;
  for (const auto& [name, value] : labels) result.emplace(name, value);
  return result;
}

}  // namespace

struct PrometheusTelemetry::State {
  prometheus::Registry registry;
  std::map<std::string, Metric, std::less<>> metrics;

  Metric& metric(std::string_view name) {
    const auto found = metrics.find(name);
    DROVER_CHECK(found != metrics.end());
    return found->second;
  }
};

PrometheusTelemetry::PrometheusTelemetry() : state_(std::make_unique<State>()) {
  for (const MetricInfo& info : all_metrics()) state_->metrics.emplace(std::string(info.name), declare(state_->registry, info));
}

PrometheusTelemetry::~PrometheusTelemetry() = default;

void PrometheusTelemetry::count(std::string_view name, MetricLabels labels, double by) {
  std::get<CounterFamily*>(state_->metric(name))->Add(to_labels(labels)).Increment(by);
}

void PrometheusTelemetry::gauge(std::string_view name, MetricLabels labels, double value) {
  std::get<GaugeFamily*>(state_->metric(name))->Add(to_labels(labels)).Set(value);
}

void PrometheusTelemetry::observe(std::string_view name, MetricLabels labels, double value) {
  const auto& histogram = std::get<Histogram>(state_->metric(name));
  histogram.family->Add(to_labels(labels), histogram.buckets).Observe(value);
}

void PrometheusTelemetry::forget(std::string_view name, MetricLabels labels) {
  auto& metric = state_->metric(name);
  const auto wanted = to_labels(labels);
  if (auto* const* counters = std::get_if<CounterFamily*>(&metric)) {
    if ((*counters)->Has(wanted)) (*counters)->Remove(&(*counters)->Add(wanted));
  } else if (auto* const* gauges = std::get_if<GaugeFamily*>(&metric)) {
    if ((*gauges)->Has(wanted)) (*gauges)->Remove(&(*gauges)->Add(wanted));
  } else {
    auto& histogram = std::get<Histogram>(metric);
    if (histogram.family->Has(wanted)) histogram.family->Remove(&histogram.family->Add(wanted, histogram.buckets));
  }
}

std::string PrometheusTelemetry::text() const {
  auto families = state_->registry.Collect();
  for (auto& family : process_metrics()) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace drover
