// What the readers of a policy and of its settings share.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "codec/json_value.h"
#include "model/policy.h"

namespace drover {

// Keeps the first thing that can't be acted upon.
class Problem {
 public:
  explicit Problem(std::string& text) : text_(&text) {}
  // Not while a value of the wrong type waits to be forgiven: what was not read behind it is not missing.
  void at(const JsonValue& value, std::string_view what) {
    if (!value.context().failed()) at(value.context().path().substr(1), what);
  }
  // A field was of the wrong type: the reader goes on behind it.
  void forgive(JsonContext& context) {
    const std::string why = context.forgive();
    if (!why.empty() && text_->empty()) *text_ = why.substr(1);
  }
  void at(std::string_view path, std::string_view what) {
    if (text_->empty()) *text_ = std::string(path) + ": " + std::string(what);
  }

 private:
  std::string* text_;
};

[[nodiscard]] std::string in_quotes(std::string_view text);  // cut short
[[nodiscard]] Duration read_duration(JsonValue value, Duration fallback, Problem& problem);
// "2" or "10%".
void read_migrations(JsonValue value, Budget& budget, Problem& problem);

// The settings of each type, from the member that is named after it: one for each alternative of PolicySettings, or its use in
// codec/policy.cc does not compile.
void read_settings(JsonValue value, ThresholdSettings& settings, Problem& problem);
void read_settings(JsonValue value, GeoSettings& settings, Problem& problem);
void read_settings(JsonValue value, EncryptedSettings& settings, Problem& problem);
void read_settings(JsonValue value, RandomIntervalSettings& settings, Problem& problem);
void read_settings(JsonValue value, ConsolidationSettings& settings, Problem& problem);

}  // namespace drover
