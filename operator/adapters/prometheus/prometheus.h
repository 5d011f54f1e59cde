// MetricSource over Prometheus' HTTP API, or anything that speaks it (Thanos, Mimir, VictoriaMetrics).
#pragma once

#include <memory>
#include <string>

#include "adapters/prometheus/answer.h"
#include "adapters/prometheus/kepler.h"
#include "base/mutex.h"
#include "ports/clock.h"
#include "ports/http_transport.h"
#include "ports/log.h"
#include "ports/metric_source.h"

namespace drover::prometheus {

struct PrometheusOptions {
  Duration deadline = seconds{5};              // of one sample()
  Duration use_deadline = seconds{15};         // of one sample_use(), which asks five times
  Duration use_window = minutes{2};            // that two samples must fall into, for sample_use()
  KeplerFigures kepler = KeplerFigures::None;  // what of Kepler sample_use() asks for besides; it has the first deadline
  std::string path_prefix;                     // "/prometheus" when the address has a path, else ""
  std::string bearer_token_file;               // read for every query; empty: no token
  std::string matchers;                        // see question_for
  Headers headers;                             // besides, such as X-Scope-OrgID
  std::string header_file;                     // with more of them, one a line; read for every query; empty: none
  bool in_the_clear = false;                   // over plain http: no header of that file may hold credentials
};

// Thread-safe. What is passed by reference must outlive it.
class Prometheus final : public MetricSource {
 public:
  Prometheus(std::unique_ptr<HttpTransport> transport, const Clock& clock, Log& log, PrometheusOptions options = {});

  // Evaluated at Prometheus' own present; `now` is what the table's `sampled` says.
  Result<SignalTable> sample(const Signal& signal, Instant now, std::stop_token stop) override;
  Result<UseTable> sample_use(Instant now, std::stop_token stop) override;

 private:
  // What a call has time for.
  struct Time {
    Duration until;
    Duration of;  // the whole
    const char* flag;
  };
  [[nodiscard]] Time time_for(Duration deadline, const char* flag) const;
  Result<Vector> ask(const Question& question, const Time& time, std::stop_token stop);
  Result<Headers> headers() const;
  void mention(const std::string& warnings);
  // What Kepler says; nothing when it can't be asked now, which holds nobody up.
  std::map<std::string, MeterReading> ask_kepler(const Time& time, std::stop_token stop);

  const std::unique_ptr<HttpTransport> transport_;
  const Clock& clock_;
  Log& log_;
  const PrometheusOptions options_;
  Mutex mutex_;
  std::string mentioned_ DROVER_GUARDED_BY(mutex_);  // the last warnings that were logged
  std::string kepler_problem_ DROVER_GUARDED_BY(mutex_);
};

// "https://host:9090/prometheus/" to the address without path, for HttpEndpoint, and the path for PrometheusOptions.
// Invalid when it is no http or https address.
struct Address {
  std::string url;
  std::string path_prefix;
};
[[nodiscard]] Result<Address> parse_address(const std::string& text);

// "X-Scope-OrgID: tenant-1". Invalid says what to write.
[[nodiscard]] Result<std::pair<std::string, std::string>> parse_header(const std::string& line);

}  // namespace drover::prometheus
