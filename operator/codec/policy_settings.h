// What the readers of a policy and of its settings share.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "codec/json_value.h"
#include "model/policy.h"

namespace drover {

// Keeps what can't be acted upon, of each field the first: "spec.type: is missing; spec.schedule[0]: ...".
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
    if (!why.empty()) tell(why.substr(1));
  }
  void at(std::string_view path, std::string_view what) { tell(std::string(path) + ": " + std::string(what)); }

 private:
  // All of them, so that nobody has to mend one to see the next; but not pages.
  void tell(const std::string& what) {
    constexpr std::size_t kEnough = 600;
    const std::string field = what.substr(0, what.find(": ") + 2);
    const bool known = text_->starts_with(field) || text_->find("; " + field) != std::string::npos;
    if (!known && text_->size() < kEnough) *text_ += (text_->empty() ? "" : "; ") + what;
  }

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
