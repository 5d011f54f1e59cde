#include "adapters/prometheus/prometheus.h"

#include <algorithm>
#include <array>
#include <cctype>
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
  headers.insert(headers.end(), options_.headers.begin(), options_.headers.end());
  if (!options_.header_file.empty()) {
    std::ifstream lines(options_.header_file);
    if (!lines) return Error{ErrorClass::Denied, "--prometheus-header-file: can't be read: " + options_.header_file};
    for (std::string line; std::getline(lines, line);) {
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      auto header = parse_header(line);
      if (!header)
        return Error{ErrorClass::Denied, "--prometheus-header-file " + options_.header_file + ": " + header.error().message};
      if (options_.in_the_clear && header->first == "authorization") {
        return Error{ErrorClass::Denied, "--prometheus-header-file " + options_.header_file +
                                             ": authorization would go in the clear; give an https:// address in --prometheus-url"};
      }
      headers.push_back(std::move(header).value());
    }
  }
  if (options_.bearer_token_file.empty()) return headers;
  std::ifstream file(options_.bearer_token_file);
  std::string token;
  if (!(file >> token)) {
    return Error{ErrorClass::Denied, "--prometheus-bearer-token-file: no token can be read from " + options_.bearer_token_file};
  }
  headers.emplace_back("authorization", "Bearer " + token);
  return headers;
}

Prometheus::Time Prometheus::time_for(Duration deadline, const char* flag) const {
  return {.until = clock_.monotonic() + deadline, .of = deadline, .flag = flag};
}

Result<Vector> Prometheus::ask(const Question& question, const Time& time, std::stop_token stop) {
  const Duration left = time.until - clock_.monotonic();
  const Error slow{ErrorClass::Retryable, "Prometheus did not answer within " + to_string(time.of) + " (" + time.flag + ")"};
  if (left <= Duration::zero()) return slow;
  Result<Headers> with = headers();
  if (!with) return with.error();
  HttpRequest request;
  request.target = options_.path_prefix + "/api/v1/query";
  request.headers = std::move(with).value();
  request.deadline = left;
  request.idle_timeout = left;
  const std::string query = "query=" + form_value(question.query);
  if (query.size() <= kLongestGet) {
    request.target += "?" + query;
  } else {
    request.method = "POST";
    request.headers.emplace_back("content-type", "application/x-www-form-urlencoded");
    request.body = query;
  }
  AnswerReader reader(question, [&] { return clock_.monotonic() >= time.until; });
  const Result<StreamEnd> end = transport_->stream(request, reader, stop);
  // What came too late is of another time than was asked for, and half an answer is none.
  if (clock_.monotonic() >= time.until) return slow;
  if (!end) {
    Error error = end.error();
    if (error.cls == ErrorClass::UnknownOutcome) error.cls = ErrorClass::Retryable;  // a query changes nothing
    error.message = "Prometheus: " + error.message;
    return error;
  }
  switch (*end) {
    case StreamEnd::Eof:
    case StreamEnd::Stopped: break;  // by the reader, which says why
    case StreamEnd::Idle: return slow;
    case StreamEnd::Truncated: return Error{ErrorClass::Retryable, "Prometheus: the answer was cut off"};
    case StreamEnd::Cancelled: return Error{ErrorClass::Cancelled, "Prometheus: cancelled"};
  }
  Result<Vector> vector = reader.finish();
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
  const Result<Question> question = question_for(signal, options_.matchers);
  if (!question) return question.error();
  Result<Vector> vector = ask(*question, time_for(options_.deadline, "--prometheus-timeout"), stop);
  if (!vector) return vector.error();
  return SignalTable{now, std::move(vector->values), vector->unusable_series};
}

Result<UseTable> Prometheus::sample_use(Instant now, std::stop_token stop) {
  const std::array<std::pair<std::string, std::optional<double> VmUse::*>, 4> figures{{
      {cpu_cores_query(options_.use_window, options_.matchers), &VmUse::cpu_cores},
      {cpu_delay_cores_query(options_.use_window, options_.matchers), &VmUse::cpu_delay_cores},
      {memory_bytes_query(options_.matchers), &VmUse::memory_bytes},
      {dirty_bytes_query(options_.matchers), &VmUse::dirty_bytes_per_second},
  }};
  const Time time = time_for(options_.use_deadline, "--prometheus-use-timeout");
  UseTable table{.sampled = now};
  for (const auto& [query, figure] : figures) {
    const Result<Vector> vector = ask({query}, time, stop);
    if (!vector) return vector.error();
    for (const auto& [vm, value] : vector->values) table.vms[vm].*figure = value;
  }
  if (!table.vms.empty()) {
    // A rate between two scrapes is that of half a scrape's time ago; and the last scrape was on average half of one ago.
    const Result<Vector> scrape = ask({scrape_seconds_query(kScrapesCounted, options_.matchers)}, time, stop);
    if (!scrape) return scrape.error();
    table.age = from_seconds(std::clamp(scrape->number.value_or(to_seconds(kUsualScrape)), 0.0, to_seconds(kScrapesCounted)));
  }
  // Last, so that it takes no time from what decisions rest on.
  if (options_.kepler != KeplerFigures::None) table.meters = ask_kepler(time, stop);
  return table;
}

std::map<std::string, MeterReading> Prometheus::ask_kepler(const Time& time, std::stop_token stop) {
  Time own = time_for(options_.deadline, "--prometheus-timeout");
  own.until = std::min(own.until, time.until);
  const Result<Vector> watts = ask(kepler_question(options_.kepler, options_.use_window, options_.matchers), own, std::move(stop));
  const std::string problem = watts || watts.error().cls == ErrorClass::Cancelled ? "" : watts.error().message;
  bool is_news = false;
  {
    const MutexLock lock(mutex_);
    is_news = problem != kepler_problem_;
    kepler_problem_ = problem;
  }
  if (is_news && !problem.empty()) log_.warn("what Kepler says of nodes' power can't be read", {{"error", problem}});
  return watts ? kepler_readings(watts->values) : std::map<std::string, MeterReading>();
}

Result<Address> parse_address(const std::string& text) {
  const std::size_t host = text.find("://");
  const bool scheme = text.starts_with("http://") || text.starts_with("https://");
  const std::size_t path = scheme ? text.find('/', host + 3) : std::string::npos;
  Address address{text.substr(0, path), path == std::string::npos ? "" : text.substr(path)};
  while (address.path_prefix.ends_with('/')) address.path_prefix.pop_back();
  if (text.find('@') != std::string::npos) {  // not shown: it may be a secret
    return Error{
        ErrorClass::Invalid,
        "holds a name or password (before an @), which everybody who lists processes or reads logs would see; leave them out "
        "and give --prometheus-header-file with a line such as Authorization: Basic ..., or --prometheus-bearer-token-file"};
  }
  if (!scheme || address.url.size() == host + 3 || text.find_first_of("?# ") != std::string::npos) {
    return Error{ErrorClass::Invalid, "must be http://HOST:PORT or https://HOST:PORT, with a path if need be"};
  }
  return address;
}

Result<std::pair<std::string, std::string>> parse_header(const std::string& line) {
  constexpr const char* kSpace = " \t\r\n";
  const auto trimmed = [&](std::string text) {
    const std::size_t begin = text.find_first_not_of(kSpace);
    if (begin == std::string::npos) return std::string();
    return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
  };
  const std::size_t colon = line.find(':');
  std::string name = trimmed(line.substr(0, colon));
  std::string value = colon == std::string::npos ? "" : trimmed(line.substr(colon + 1));
  const auto is_word = [](char c) { return c == '-' || c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; };
  const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f; };
  if (name.empty() || value.empty() || !std::all_of(name.begin(), name.end(), is_word) ||
      !std::all_of(value.begin(), value.end(), is_plain)) {
    return Error{ErrorClass::Invalid, "want a header such as X-Scope-OrgID: tenant-1, in plain characters"};  // it may be a secret
  }
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::pair{std::move(name), std::move(value)};
}

}  // namespace drover::prometheus
