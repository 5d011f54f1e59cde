#include "adapters/prometheus/prometheus.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <utility>

namespace drover::prometheus {
namespace {

// A GET may be answered on a kept connection and needs no more than the right to read; a query that is longer than some
// servers take in an address goes by POST.
constexpr std::size_t kLongestGet = 4000;

// Long enough to tell scrapes of 60 and of 50 seconds apart.
constexpr Duration kScrapesCounted = minutes{5};
// Prometheus' own default, for when nobody can tell.
constexpr Duration kUsualScrape = minutes{1};

// As an address or a form (application/x-www-form-urlencoded) holds it.
std::string form_value(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (plain) {
      out += c;
    } else {
      std::array<char, 4> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "%%%02X", static_cast<unsigned char>(c));
      out += escaped.data();
    }
  }
  return out;
}

}  // namespace

Prometheus::Prometheus(std::unique_ptr<HttpTransport> transport, const Clock& clock, Log& log, PrometheusOptions options)
    : transport_(std::move(transport)), clock_(clock), log_(log), options_(std::move(options)) {}

Result<Headers> Prometheus::headers() const {
  Headers headers{{"accept", "application/json"}};
  if (options_.bearer_token_file.empty()) return headers;
  std::ifstream file(options_.bearer_token_file);
  std::string token;
  if (!(file >> token)) {
    return Error{ErrorClass::Denied, "--prometheus-token-file: no token can be read from " + options_.bearer_token_file};
  }
  headers.emplace_back("authorization", "Bearer " + token);
  return headers;
}

Result<Vector> Prometheus::ask(const Question& question, Duration until, std::stop_token stop) {
  const Duration left = until - clock_.monotonic();
  const Error slow{ErrorClass::Retryable, "Prometheus did not answer within " + to_string(options_.deadline)};
  if (left <= Duration::zero()) return slow;
  Result<Headers> with = headers();
  if (!with) return with.error();
  HttpRequest request;
  request.target = options_.path_prefix + "/api/v1/query";
  request.headers = std::move(with).value();
  request.deadline = left;
  const std::string query = "query=" + form_value(question.query);
  if (query.size() <= kLongestGet) {
    request.target += "?" + query;
  } else {
    request.method = "POST";
    request.headers.emplace_back("content-type", "application/x-www-form-urlencoded");
    request.body = query;
  }
  const Result<HttpResponse> response = transport_->send(request, stop);
  if (!response) {
    if (clock_.monotonic() >= until) return slow;
    Error error = response.error();
    if (error.cls == ErrorClass::UnknownOutcome) error.cls = ErrorClass::Retryable;  // a query changes nothing
    error.message = "Prometheus: " + error.message;
    return error;
  }
  Result<Vector> vector = read_answer(question, *response);
  if (vector) mention(vector->warnings);
  return vector;
}

void Prometheus::mention(const std::string& warnings) {
  {
    const MutexLock lock(mutex_);
    if (warnings.empty() || warnings == mentioned_) return;
    mentioned_ = warnings;
  }
  log_.warn("Prometheus warns that an answer may be partial", {{"warnings", warnings}});
}

Result<SignalTable> Prometheus::sample(const Signal& signal, Instant now, std::stop_token stop) {
  const Result<Question> question = question_for(signal);
  if (!question) return question.error();
  Result<Vector> vector = ask(*question, clock_.monotonic() + options_.deadline, stop);
  if (!vector) return vector.error();
  return SignalTable{now, std::move(vector->values), vector->unusable_series};
}

Result<UseTable> Prometheus::sample_use(Instant now, std::stop_token stop) {
  const std::array<std::pair<std::string, std::optional<double> VmUse::*>, 4> figures{{
      {cpu_cores_query(options_.use_window), &VmUse::cpu_cores},
      {cpu_delay_cores_query(options_.use_window), &VmUse::cpu_delay_cores},
      {memory_bytes_query(), &VmUse::memory_bytes},
      {dirty_bytes_query(), &VmUse::dirty_bytes_per_second},
  }};
  const Duration until = clock_.monotonic() + options_.deadline;
  UseTable table{.sampled = now};
  for (const auto& [query, figure] : figures) {
    const Result<Vector> vector = ask({query}, until, stop);
    if (!vector) return vector.error();
    for (const auto& [vm, value] : vector->values) table.vms[vm].*figure = value;
  }
  if (table.vms.empty()) return table;
  // A rate between two scrapes is that of half a scrape's time ago; and the last scrape was on average half of one ago.
  const Result<Vector> scrape = ask({scrape_seconds_query(kScrapesCounted)}, until, stop);
  if (!scrape) return scrape.error();
  table.age = from_seconds(std::clamp(scrape->number.value_or(to_seconds(kUsualScrape)), 0.0, to_seconds(kScrapesCounted)));
  return table;
}

Result<Address> parse_address(const std::string& text) {
  const std::size_t host = text.find("://");
  const bool scheme = text.starts_with("http://") || text.starts_with("https://");
  const std::size_t path = scheme ? text.find('/', host + 3) : std::string::npos;
  Address address{text.substr(0, path), path == std::string::npos ? "" : text.substr(path)};
  while (address.path_prefix.ends_with('/')) address.path_prefix.pop_back();
  if (!scheme || address.url.size() == host + 3 || text.find_first_of("?#@ ") != std::string::npos) {
    return Error{ErrorClass::Invalid, "--prometheus-url must be http://HOST:PORT or https://HOST:PORT, with a path if need be"};
  }
  return address;
}

}  // namespace drover::prometheus
