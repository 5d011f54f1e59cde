#include "core/threshold.h"

#include <algorithm>
#include <cmath>

#include "base/quantity.h"

namespace drover {

Breach advance(const ThresholdSettings& settings, const Breach& before, std::optional<double> value, Instant sampled) {
  Breach next{.value = value, .breached_since = std::nullopt, .has_lasted = false};
  if (!value) return next;
  const bool above = settings.direction == Direction::Above;
  const bool beyond = above ? *value > settings.level : *value < settings.level;
  // Once breached, it stays so until the value has come back past the hysteresis.
  const bool still = before.breached_since &&
                     (above ? *value > settings.level - settings.hysteresis : *value < settings.level + settings.hysteresis);
  if (beyond || still) next.breached_since = before.breached_since ? *before.breached_since : sampled;
  return next;
}

bool is_due(const ThresholdSettings& settings, const Breach& breach, Instant now) {
  return breach.has_lasted || (breach.breached_since && now - *breach.breached_since >= settings.for_duration);
}

double severity(const ThresholdSettings& settings, double value) {
  const double beyond = settings.direction == Direction::Above ? value - settings.level : settings.level - value;
  return beyond / std::max(std::fabs(settings.level), 1e-9);
}

std::string signal_text(const Signal& signal) {
  struct Text {
    std::string operator()(const PromQlSignal&) const { return "the PromQL signal"; }
    std::string operator()(const GuestReportSignal& s) const { return "the guest's report " + s.name; }
    std::string operator()(const NamedSignal& s) const { return "the signal " + s.name; }
    std::string operator()(const KubeVirtMetricSignal& s) const {
      switch (s.metric) {
        case KubeVirtMetric::CpuUtilization: return "CPU utilisation";
        case KubeVirtMetric::CpuDelay: return "CPU delay";
        case KubeVirtMetric::MemoryUtilization: return "memory utilisation";
      }
      return "the KubeVirt metric";
    }
  };
  return std::visit(Text{}, signal);
}

namespace {

// A figure of the signal, with its unit.
std::string figure_text(const Signal& signal, double figure) {
  const auto* named = std::get_if<NamedSignal>(&signal);
  return number_text(figure) + (named == nullptr || named->unit.empty() ? "" : " " + named->unit);
}

}  // namespace

std::string breach_text(const ThresholdSettings& settings, const Breach& breach, Instant now) {
  std::string text = signal_text(settings.signal);
  if (!breach.value) return text + " has no data";
  text += " is " + figure_text(settings.signal, *breach.value);
  text += settings.direction == Direction::Above ? ", above " : ", below ";
  text += figure_text(settings.signal, settings.level);
  if (breach.breached_since)
    text += " for " + to_string(std::chrono::floor<seconds>(std::max(Duration::zero(), now - *breach.breached_since)));
  return text;
}

std::string settings_text(const ThresholdSettings& settings) {
  std::string text = signal_text(settings.signal) + (settings.direction == Direction::Above ? " above " : " below ") +
                     figure_text(settings.signal, settings.level);
  if (settings.for_duration > Duration::zero()) text += " for " + to_string(settings.for_duration);
  return text;
}

}  // namespace drover
