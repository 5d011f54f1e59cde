#include "adapters/prometheus/answer.h"

#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string_view>

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

void read_series(ondemand::object series, const Question& question, Vector& out) {
  ObjectKey vm;
  std::optional<double> value;
  bool has_labels = false;
  for (ondemand::field field : series) {
    const std::string_view key = field.unescaped_key();
    if (key == "metric") {
      for (ondemand::field label : field.value().get_object()) {
        const std::string name(std::string_view(label.unescaped_key()));
        has_labels = true;
        if (name == question.namespace_label) {
          vm.ns = std::string_view(label.value().get_string());
        } else if (name == question.name_label) {
          vm.name = std::string_view(label.value().get_string());
        }
      }
    } else if (key == "value") {
      std::size_t position = 0;
      for (ondemand::value part : field.value().get_array()) {
        if (position++ == 1) value = finite(part.get_string());
      }
    }
  }
  if (!has_labels && value) out.number = value;
  if (vm.ns.empty() || vm.name.empty() || !value) {
    ++out.unusable_series;
    return;
  }
  const auto [at, is_new] = out.values.try_emplace(std::move(vm), *value);
  if (is_new) return;
  ++out.unusable_series;
  at->second = std::max(at->second, *value);
}

Error wrong_type(std::string_view type) {
  return {ErrorClass::Invalid,
          "the query gives a " + std::string(type) + ", but an instant vector with one series a VM is needed" +
              (type == "matrix" ? ": take the range [...] off, or put a function such as rate() around it" : "")};
}

// Throws simdjson_error on what is no answer of Prometheus.
Result<Vector> read_success(const Question& question, const std::string& body) {
  ondemand::parser parser;
  const simdjson::padded_string padded(body);
  ondemand::document document = parser.iterate(padded);
  Vector out;
  bool has_result = false;
  for (ondemand::field field : document.get_object()) {
    const std::string_view key = field.unescaped_key();
    if (key == "data") {
      for (ondemand::field part : field.value().get_object()) {
        const std::string_view name = part.unescaped_key();
        if (name == "resultType") {
          const std::string_view type = part.value().get_string();
          if (type != "vector") return wrong_type(type);
        } else if (name == "result") {
          has_result = true;
          for (ondemand::value series : part.value().get_array()) read_series(series.get_object(), question, out);
        }
      }
    } else if (key == "warnings") {
      out.warnings = joined(field.value().get_array());
    } else if (key == "status" && std::string_view(field.value().get_string()) != "success") {
      return retryable("Prometheus did not answer with success");
    }
  }
  if (!has_result) return retryable(kNoPrometheus);
  return out;
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

Error read_refusal(const HttpResponse& response) {
  const std::string text = error_text(response.body);
  const int status = response.status;
  const std::string said = text.empty() ? "HTTP status " + std::to_string(status) : text;
  if ((status == 400 || status == 422) && !text.empty())
    return {ErrorClass::Invalid, "Prometheus refuses the query: " + said, status};
  if (status == 401 || status == 403) {
    return {ErrorClass::Denied, "Prometheus denies access (" + said + "): give --prometheus-token-file a token that may query",
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

}  // namespace

Result<Vector> read_answer(const Question& question, const HttpResponse& response) {
  if (response.status != 200) return read_refusal(response);
  try {
    return read_success(question, response.body);
  } catch (const simdjson::simdjson_error&) {
    return retryable(kNoPrometheus, response.status);
  }
}

}  // namespace drover::prometheus
