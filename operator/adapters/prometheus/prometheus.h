// MetricSource over Prometheus' HTTP API, or anything that speaks it (Thanos, Mimir, VictoriaMetrics).
#pragma once

#include <memory>
#include <string>

#include "adapters/prometheus/answer.h"
#include "base/mutex.h"
#include "ports/clock.h"
#include "ports/http_transport.h"
#include "ports/log.h"
#include "ports/metric_source.h"

namespace drover::prometheus {

struct PrometheusOptions {
  Duration deadline = seconds{5};    // of one sample() or sample_use()
  Duration use_window = minutes{2};  // that two samples must fall into, for sample_use()
  std::string path_prefix;           // "/prometheus" when the address has a path, else ""
  std::string bearer_token_file;     // read for every query; empty: no token
};

// Thread-safe. What is passed by reference must outlive it.
class Prometheus final : public MetricSource {
 public:
  Prometheus(std::unique_ptr<HttpTransport> transport, const Clock& clock, Log& log, PrometheusOptions options = {});

  // Evaluated at Prometheus' own present; `now` is what the table's `sampled` says.
  Result<SignalTable> sample(const Signal& signal, Instant now, std::stop_token stop) override;
  Result<UseTable> sample_use(Instant now, std::stop_token stop) override;

 private:
  Result<Vector> ask(const Question& question, Duration until, std::stop_token stop);
  Result<Headers> headers() const;
  void mention(const std::string& warnings);

  const std::unique_ptr<HttpTransport> transport_;
  const Clock& clock_;
  Log& log_;
  const PrometheusOptions options_;
  Mutex mutex_;
  std::string mentioned_ DROVER_GUARDED_BY(mutex_);  // the last warnings that were logged
};

// "https://host:9090/prometheus/" to the address without path, for HttpEndpoint, and the path for PrometheusOptions.
// Invalid when it is no http or https address.
struct Address {
  std::string url;
  std::string path_prefix;
};
[[nodiscard]] Result<Address> parse_address(const std::string& text);

}  // namespace drover::prometheus
