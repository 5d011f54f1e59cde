#include "app/access.h"

#include "adapters/http_cpprest/cpprest_transport.h"
#include "adapters/http_curl/curl_transport.h"
#include "adapters/logging/spdlog_log.h"
#include "adapters/prometheus/prometheus.h"
#include "app/version.h"
#include "kube/connection.h"
#include "kube/kube_client.h"
#include "ports/plain_http.h"

namespace drover {
namespace {

// Stands where no Prometheus was named: everything measured is unknown.
class NoMetrics final : public MetricSource {
 public:
  Result<SignalTable> sample(const Signal& /*signal*/, Instant /*now*/, std::stop_token /*stop*/) override { return unnamed(); }
  Result<UseTable> sample_use(Instant /*now*/, std::stop_token /*stop*/) override { return unnamed(); }

 private:
  static Error unnamed() {
    return {ErrorClass::Retryable, "no Prometheus was named; give --prometheus-url, such as http://prometheus.monitoring:9090"};
  }
};

TransportFactory transport_factory(const ClusterFlags& flags) {
  return flags.http_transport == "curl" ? TransportFactory(make_curl_transport) : TransportFactory(make_cpprest_transport);
}

// The flags were checked when they were parsed, but for what depends on several of them.
Result<prometheus::PrometheusOptions> prometheus_options(const ClusterFlags& flags, const prometheus::Address& address) {
  prometheus::PrometheusOptions options;
  options.path_prefix = address.path_prefix;
  options.bearer_token_file = flags.prometheus_bearer_token_file;
  options.matchers = flags.prometheus_matchers;
  options.header_file = flags.prometheus_header_file;
  options.deadline = parse_duration(flags.prometheus_timeout).value_or(options.deadline);
  options.use_deadline = parse_duration(flags.prometheus_use_timeout).value_or(options.use_deadline);
  options.kepler = prometheus::kepler_figures(flags.kepler).value_or(options.kepler);
  options.in_the_clear = goes_in_the_clear(address.url);
  bool is_secret = !flags.prometheus_bearer_token_file.empty();
  for (const std::string& line : flags.prometheus_headers) {
    auto header = prometheus::parse_header(line);
    if (!header) return Error{ErrorClass::Invalid, "--prometheus-header: " + header.error().message};
    is_secret = is_secret || header->first == "authorization";
    options.headers.push_back(std::move(header).value());
  }
  if (is_secret && options.in_the_clear) {
    return Error{ErrorClass::Invalid, "--prometheus-bearer-token-file: the token would go in the clear to " + address.url +
                                          "; give an https:// address in --prometheus-url, or http:// with a loopback address"};
  }
  return options;
}

Result<std::unique_ptr<MetricSource>> open_metrics(const ClusterFlags& flags, const TransportFactory& factory, const Clock& clock,
                                                   Log& log) {
  if (flags.prometheus_url.empty()) return std::unique_ptr<MetricSource>(std::make_unique<NoMetrics>());
  const auto address = prometheus::parse_address(flags.prometheus_url);
  if (!address) return Error{ErrorClass::Invalid, "--prometheus-url: " + address.error().message};
  auto options = prometheus_options(flags, *address);
  if (!options) return options.error();
  auto transport = factory({.url = address->url, .ca_file = flags.prometheus_ca});
  if (!transport) return Error{ErrorClass::Invalid, "--prometheus-url, --prometheus-ca: " + transport.error().message};
  return std::unique_ptr<MetricSource>(
      std::make_unique<prometheus::Prometheus>(std::move(*transport), clock, log, std::move(options).value()));
}

Result<std::unique_ptr<KubeApi>> open_api(const ClusterFlags& flags, kube::Connection connection, const Clock& clock) {
  auto transport = kube::open_transport(connection, transport_factory(flags));
  if (!transport) return transport.error();
  kube::KubeClientOptions options;
  options.calls_per_second = flags.kube_api_qps;
  options.burst = flags.kube_api_burst;
  options.user_agent = "drover/" + std::string(version());
  return std::unique_ptr<KubeApi>(std::make_unique<kube::KubeClient>(std::shared_ptr<HttpTransport>(std::move(*transport)),
                                                                     std::move(connection), clock, options));
}

}  // namespace

Result<Access> open_access(const ClusterFlags& flags, const Clock& clock, Log& log) {
  auto connection = kube::find_connection({flags.kubeconfig, flags.context}, kube::process_environment(), clock);
  if (!connection) return connection.error();
  auto metrics = open_metrics(flags, transport_factory(flags), clock, log);
  if (!metrics) return metrics.error();
  Access access;
  access.source = connection->source;
  access.server = connection->endpoint.url + connection->path_prefix;
  auto api = open_api(flags, std::move(*connection), clock);
  if (!api) return api.error();
  access.api = std::move(*api);
  access.metrics = std::move(*metrics);
  return access;
}

Result<std::unique_ptr<KubeApi>> open_other_cluster(const ClusterFlags& flags, const std::string& kubeconfig, const Clock& clock) {
  auto connection = kube::find_connection({kubeconfig, ""}, kube::process_environment(), clock);
  if (!connection) return connection.error();
  return open_api(flags, std::move(*connection), clock);
}

Error cluster_error(const Access& access, const Error& error) {
  Error told = error;
  told.message = "the cluster of " + access.source + " can't be read: " + error.message;
  const bool nobody_answers = error.cls == ErrorClass::Retryable && error.http_status == 0;
  if (nobody_answers) told.message += "; is its API server up, and is this the kubeconfig and --context that you mean?";
  return told;
}

std::unique_ptr<Log> open_log(const ClusterFlags& flags) {
  // The flags were checked when they were parsed.
  return make_log(parse_log_format(flags.log_format).value_or(LogFormat::Text),
                  parse_log_level(flags.log_level).value_or(LogLevel::Info));
}

}  // namespace drover
