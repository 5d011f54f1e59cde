#include "adapters/prometheus/answer.h"

#include <simdjson.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

namespace drover::prometheus {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kMaxText = 300;
constexpr const char* kNoPrometheus = "what answers is no Prometheus: check --prometheus-url";

Error retryable(std::string message, int status = 0) {
  return {ErrorClass::Retryable, std::move(message), status};
}

// A sample's value: Prometheus writes numbers as strings, with "NaN", "+Inf" and "-Inf" beside plain ones.
std::optional<double> finite(std::string_view text) {
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string joined(ondemand::array texts) {
  std::string all;
  for (ondemand::value text : texts) all += (all.empty() ? "" : "; ") + std::string(std::string_view(text.get_string()));
  return all;
}

// One series: the labels that name its VM, and its value.
struct Series {
  ObjectKey vm;
  std::optional<double> value;
  bool has_labels = false;
};

// Throws simdjson_error on what is none.
Series read_series(ondemand::object object, const Question& question) {
  Series series;
  for (ondemand::field field : object) {
    const std::string_view key = field.unescaped_key();
    if (key == "metric") {
      for (ondemand::field label : field.value().get_object()) {
        const std::string name(std::string_view(label.unescaped_key()));
        series.has_labels = true;
        if (name == question.namespace_label) {
          series.vm.ns = std::string_view(label.value().get_string());
        } else if (name == question.name_label) {
          series.vm.name = std::string_view(label.value().get_string());
        }
      }
    } else if (key == "value") {
      std::size_t position = 0;
      for (ondemand::value part : field.value().get_array()) {
        if (position++ == 1) series.value = finite(part.get_string());
      }
    }
  }
  return series;
}

Error wrong_type(std::string_view type) {
  return {ErrorClass::Invalid,
          "the query gives a " + std::string(type) + ", but an instant vector with one series a VM is needed" +
              (type == "matrix" ? ": take the range [...] off, or put a function such as rate() around it" : "")};
}

// Everything of an answer but its series. Throws simdjson_error on what is no answer of Prometheus.
std::optional<Error> read_frame(const std::string& frame, std::string& warnings) {
  ondemand::parser parser;
  const simdjson::padded_string padded(frame);
  ondemand::document document = parser.iterate(padded);
  bool has_result = false;
  bool has_more = false;  // in the result than series
  for (ondemand::field field : document.get_object()) {
    const std::string_view key = field.unescaped_key();
    if (key == "data") {
      std::string type;
      for (ondemand::field part : field.value().get_object()) {
        const std::string_view name = part.unescaped_key();
        if (name == "resultType") {
          type = std::string_view(part.value().get_string());
        } else if (name == "result") {
          has_result = true;
          ondemand::value result = part.value();
          if (result.is_null()) continue;  // as some answer in place of an empty list
          for (ondemand::value ignored : result.get_array()) has_more = has_more || ignored.type() != ondemand::json_type::null;
        }
      }
      // Without a result there is nothing that could be of a wrong type.
      if (has_result && type != "vector" && !(type.empty() && !has_more)) return wrong_type(type);
    } else if (key == "warnings") {
      ondemand::value texts = field.value();
      if (!texts.is_null()) warnings = joined(texts.get_array());
    } else if (key == "status" && std::string_view(field.value().get_string()) != "success") {
      return retryable("Prometheus did not answer with success");
    }
  }
  if (!has_result || has_more) return retryable(kNoPrometheus);
  return std::nullopt;
}

// The "error" of a refusal; empty when the body is not Prometheus'.
std::string error_text(const std::string& body) {
  ondemand::parser parser;
  const simdjson::padded_string padded(body);
  ondemand::document document;
  std::string_view text;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return "";
  if (document.find_field_unordered("error").get_string().get(text) != simdjson::SUCCESS) return "";
  return std::string(text.substr(0, kMaxText));
}

// What a refusal says in plain text, as proxies and Mimir write it: "no org id".
std::string plain_text(const HttpResponse& response) {
  const std::string* type = response.header("content-type");
  if (type == nullptr || !type->starts_with("text/plain")) return "";
  std::string text = response.body.substr(0, kMaxText);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.pop_back();
  return text;
}

Error read_refusal(const HttpResponse& response) {
  const std::string text = error_text(response.body);
  const std::string plain = text.empty() ? plain_text(response) : "";
  const int status = response.status;
  const std::string said = text.empty() ? "HTTP status " + std::to_string(status) + (plain.empty() ? "" : ": " + plain) : text;
  if ((status == 400 || status == 422) && !text.empty())
    return {ErrorClass::Invalid, "Prometheus refuses the query: " + said, status};
  if (status == 401 || status == 403) {
    return {ErrorClass::Denied,
            "Prometheus denies access (" + said +
                "): give --prometheus-bearer-token-file a token that may query, or --prometheus-header what it asks for",
            status};
  }
  if (status == 404 || (status >= 300 && status < 400)) {
    return retryable("there is no Prometheus at this address (" + said + "): check --prometheus-url", status);
  }
  Error error = retryable("Prometheus can't answer now: " + said, status);
  if (const std::string* wait = response.header("retry-after"); wait != nullptr) {
    int count = 0;
    if (std::from_chars(wait->data(), wait->data() + wait->size(), count).ec == std::errc() && count >= 0) {
      error.retry_after = seconds{std::min(count, 3600)};
    }
  }
  return error;
}

// Cuts an answer into its series, the objects of the list under "data", and the frame that holds them.
class Splitter {
 public:
  enum class Cut { More, Series, Nonsense };

  // After Cut::Series series() is whole.
  Cut take(char c) {
    if (in_string_) {
      keep(c);
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
      return Cut::More;
    }
    switch (c) {
      case '"': in_string_ = true; break;
      case '{':
      case '[': return open(c);
      case '}':
      case ']': return close(c);
      case ',':
        if (open_ == kInResult && std::exchange(after_series_, false)) return Cut::More;  // what stood before it is gone
        break;
      default: break;
    }
    keep(c);
    return Cut::More;
  }

  [[nodiscard]] std::string& series() { return series_; }
  [[nodiscard]] const std::string& frame() const { return frame_; }
  [[nodiscard]] bool is_too_long() const { return series_.size() > kMaxPart || frame_.size() > kMaxPart; }

 private:
  static constexpr std::string_view kInResult = "{{[";
  static constexpr std::size_t kDeepest = 64;
  static constexpr std::size_t kMaxPart = std::size_t{1} << 20;

  void keep(char c) { (in_series_ ? series_ : frame_) += c; }

  Cut open(char c) {
    if (open_ == kInResult && c == '{') {
      in_series_ = true;
      series_.clear();
    }
    open_ += c;
    keep(c);
    return open_.size() > kDeepest ? Cut::Nonsense : Cut::More;
  }

  Cut close(char c) {
    keep(c);
    if (open_.empty()) return Cut::Nonsense;
    open_.pop_back();
    if (!in_series_ || open_ != kInResult) return Cut::More;
    in_series_ = false;
    after_series_ = true;
    return Cut::Series;
  }

  std::string open_;  // the brackets that are open
  std::string series_;
  std::string frame_;
  bool in_string_ = false;
  bool escaped_ = false;
  bool in_series_ = false;
  bool after_series_ = false;
};

constexpr std::size_t kMaxRefusalBytes = std::size_t{64} << 10;
constexpr std::size_t kMostSeries = 2'000'000;

}  // namespace

struct AnswerReader::State {
  const Question& question;
  std::function<bool()> out_of_time;
  HttpResponse head{};  // with the body of a refusal
  Splitter splitter{};
  ondemand::parser parser{};
  Vector vector{};
  std::size_t series = 0;
  std::set<ObjectKey> ambiguous{};  // VMs of which two series say different things
  std::optional<Error> fault{};

  void add(Series found) {
    if (!found.has_labels && found.value) vector.number = found.value;
    if (found.vm.ns.empty() || found.vm.name.empty() || !found.value) {
      ++vector.unusable_series;
      return;
    }
    const double value = *found.value;
    const auto [at, is_new] = vector.values.try_emplace(std::move(found.vm), value);
    if (is_new) return;
    ++vector.unusable_series;
    if (question.several == Question::Several::Largest) {
      at->second = std::max(at->second, value);
    } else if (at->second != value) {
      ambiguous.insert(at->first);
    }
  }

  void read_series_text() {
    std::string& text = splitter.series();
    text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    if (++series > kMostSeries) {
      fault =
          Error{ErrorClass::Invalid, "the query gives more than " + std::to_string(kMostSeries) + " series; one a VM is needed"};
      return;
    }
    try {
      ondemand::document document = parser.iterate(simdjson::padded_string_view(text.data(), text.size(), text.capacity()));
      add(read_series(document.get_object(), question));
    } catch (const simdjson::simdjson_error&) {
      fault = retryable(kNoPrometheus, head.status);
    }
  }
};

AnswerReader::AnswerReader(const Question& question, std::function<bool()> out_of_time)
    : state_(std::make_unique<State>(State{.question = question, .out_of_time = std::move(out_of_time)})) {}
AnswerReader::~AnswerReader() = default;

ChunkSink::Next AnswerReader::on_response(const HttpResponse& head) {
  state_->head = head;
  return Next::Continue;
}

ChunkSink::Next AnswerReader::on_bytes(std::span<const char> bytes) {
  State& state = *state_;
  if (state.head.status != 200) {
    state.head.body.append(bytes.data(), bytes.size());
    return state.head.body.size() > kMaxRefusalBytes ? Next::Stop : Next::Continue;
  }
  if (state.out_of_time()) return Next::Stop;
  for (const char c : bytes) {
    const Splitter::Cut cut = state.splitter.take(c);
    if (cut == Splitter::Cut::Series) state.read_series_text();
    if (cut == Splitter::Cut::Nonsense || state.splitter.is_too_long()) state.fault = retryable(kNoPrometheus, state.head.status);
    if (state.fault) return Next::Stop;
  }
  return Next::Continue;
}

Result<Vector> AnswerReader::finish() {
  State& state = *state_;
  if (state.head.status != 200) return read_refusal(state.head);
  if (state.fault) return *state.fault;
  try {
    if (auto wrong = read_frame(state.splitter.frame(), state.vector.warnings)) return *wrong;
  } catch (const simdjson::simdjson_error&) {
    return retryable(kNoPrometheus, state.head.status);
  }
  for (const ObjectKey& vm : state.ambiguous) {
    state.vector.values.erase(vm);
    ++state.vector.unusable_series;
  }
  return std::move(state.vector);
}

}  // namespace drover::prometheus
