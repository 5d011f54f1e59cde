// Quiet or scripted stand-ins for the other ports, and one effect carried out over them.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "act/perform.h"
#include "ports/log.h"
#include "ports/metric_source.h"
#include "ports/power_driver.h"
#include "ports/telemetry.h"

namespace drover::test {

// One effect from its beginning to its end on the calling thread, as the executor's threads make it with others in between.
// `pause` is told how long each pause would be.
inline Result<std::string> perform(
    const Means& means, const EffectBody& effect, const std::stop_token& stop = {},
    const std::function<void(Duration)>& pause = [](Duration) {}) {
  const auto run = begin(effect, means.instance);
  DROVER_CHECK(run != nullptr);
  while (true) {
    const auto step = go_on(means, *run, kind_of(effect), means.may_act, stop);
    if (const auto* outcome = std::get_if<EffectRun::Done>(&step)) return *outcome;
    pause(std::get<EffectRun::Pause>(step).length);
  }
}

class FakeMetrics final : public MetricSource {
 public:
  std::function<Result<SignalTable>(std::stop_token)> signal = [](std::stop_token) { return SignalTable{}; };
  std::function<Result<UseTable>(std::stop_token)> use = [](std::stop_token) { return UseTable{}; };

  Result<SignalTable> sample(const Signal& /*signal*/, Instant /*now*/, std::stop_token stop) override { return signal(stop); }
  Result<UseTable> sample_use(Instant /*now*/, std::stop_token stop) override { return use(stop); }
};

// Every node is on, unless the test says otherwise; keeps the orders. Thread-safe.
class FakePowerDriver final : public PowerDriver {
 public:
  std::function<Result<PowerAnswer>(const std::string& node, std::stop_token)> says = [](const auto&, const auto&) {
    return PowerAnswer{.state = Powered::On};
  };

  Result<PowerAnswer> state(const NodeDriver& target, std::stop_token stop) override { return says(target.node->name, stop); }
  Status switch_to(const NodeDriver& target, PowerRequest request, std::stop_token /*stop*/) override {
    const std::scoped_lock lock(mutex_);
    orders_.push_back(target.node->name + " " + std::string(to_string(request)));
    return ok();
  }
  [[nodiscard]] std::vector<std::string> orders() const {
    const std::scoped_lock lock(mutex_);
    return orders_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> orders_;
};

// Keeps the messages; thread-safe.
class FakeLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view message, LogFields fields) override {
    std::string line(message);
    for (const auto& [name, value] : fields) line += " " + std::string(name) + "=" + value;
    const std::scoped_lock lock(mutex_);
    lines_.push_back(line);
  }
  [[nodiscard]] std::string text() const {
    const std::scoped_lock lock(mutex_);
    std::string all;
    for (const auto& line : lines_) all += line + "\n";
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

// Adds up; thread-safe. A series is named "name{label=value,...}".
class FakeTelemetry final : public Telemetry {
 public:
  void count(std::string_view name, MetricLabels labels, double by) override {
    change(name, labels, [by](double& v) { v += by; });
  }
  void gauge(std::string_view name, MetricLabels labels, double value) override {
    change(name, labels, [value](double& v) { v = value; });
  }
  void observe(std::string_view name, MetricLabels labels, double /*value*/) override {
    change(name, labels, [](double& v) { v += 1; });
  }
  void forget(std::string_view name, MetricLabels labels) override {
    const std::scoped_lock lock(mutex_);
    series_.erase(key(name, labels));
  }
  [[nodiscard]] bool has(const std::string& series) const {
    const std::scoped_lock lock(mutex_);
    return series_.contains(series);
  }
  [[nodiscard]] double value(const std::string& series) const {
    const std::scoped_lock lock(mutex_);
    const auto at = series_.find(series);
    return at == series_.end() ? 0 : at->second;
  }

 private:
  static std::string key(std::string_view name, MetricLabels labels) {
    std::string text(name);
    text += "{";
    for (const auto& [label, value] : labels)
      text += (text.back() == '{' ? "" : ",") + std::string(label) + "=" + std::string(value);
    return text + "}";
  }
  template <typename Change>
  void change(std::string_view name, MetricLabels labels, Change apply) {
    const std::scoped_lock lock(mutex_);
    apply(series_[key(name, labels)]);
  }
  mutable std::mutex mutex_;
  std::map<std::string, double> series_;
};

}  // namespace drover::test
