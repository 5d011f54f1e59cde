// Members of JSON objects that others wrote: what is missing, or of another type, reads as empty.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace drover {

[[nodiscard]] inline const nlohmann::json& member(const nlohmann::json& object, const char* name) {
  static const nlohmann::json none = nlohmann::json::object();
  const auto at = object.find(name);
  return at != object.end() && at->is_object() ? *at : none;
}

[[nodiscard]] inline std::string text(const nlohmann::json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace drover
