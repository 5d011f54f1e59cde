#include "report/factor.h"

#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

namespace drover {
namespace {

Error wrong_entry(std::size_t index, const std::string& what) {
  return {ErrorClass::Invalid, "entry " + std::to_string(index) + ": " + what};
}

std::string joined(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

Factor Factor::constant(double per_kilowatt_hour) {
  Factor factor;
  factor.constant_ = per_kilowatt_hour;
  return factor;
}

Result<Factor> Factor::series(std::string_view text, double scale, const std::string& location) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_array()) {
    return Error{ErrorClass::Invalid, "want a JSON array of {\"timestamp\", \"duration\" (minutes), \"value\"}"};
  }
  Factor factor;
  std::set<std::string> locations;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto& entry = json[i];
    if (!entry.is_object()) return wrong_entry(i, "want an object");
    const auto place = entry.find("location");
    if (place != entry.end() && !place->is_string()) return wrong_entry(i, "\"location\" wants text");
    if (place != entry.end()) locations.insert(place->get<std::string>());
    if (!location.empty() && (place == entry.end() || place->get<std::string>() != location)) continue;
    const auto time = entry.contains("timestamp") ? entry.find("timestamp") : entry.find("time");
    if (time == entry.end() || !time->is_string()) return wrong_entry(i, "\"timestamp\" is missing");
    const auto begin = parse_rfc3339(time->get<std::string>());
    if (!begin) return wrong_entry(i, "\"timestamp\" is no RFC 3339 time such as 2026-11-02T14:00:00Z");
    const auto duration = entry.find("duration");
    if (duration == entry.end() || !duration->is_number() || !(duration->get<double>() > 0))
      return wrong_entry(i, "\"duration\" wants minutes, above 0");
    const auto value = entry.find("value");
    if (value == entry.end() || !value->is_number()) return wrong_entry(i, "\"value\" wants a number");
    factor.spans_[*begin] = {*begin + from_seconds(60 * duration->get<double>()), scale * value->get<double>()};
  }
  if (location.empty() ? locations.size() > 1 : factor.spans_.empty()) {
    return Error{ErrorClass::Invalid, (location.empty() ? std::string("it has several locations: say which with --location")
                                                        : "it has nothing of " + location) +
                                          "; there " + (locations.empty() ? "is no location in it" : "are " + joined(locations))};
  }
  return factor;
}

std::optional<double> Factor::at_hour(std::int64_t hour) const {
  if (constant_) return constant_;
  const Instant middle = Instant{hours{hour}} + minutes{30};
  const auto next = spans_.upper_bound(middle);
  if (next == spans_.begin()) return std::nullopt;
  const Span& span = std::prev(next)->second;
  return middle < span.until ? std::optional(span.value) : std::nullopt;
}

}  // namespace drover
