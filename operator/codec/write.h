// Small helpers of the encoders. Only codec's sources include this header.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "model/object.h"

namespace drover::write {

// Compact text. Bytes that are no UTF-8 (a message from elsewhere) become the replacement character, never an exception.
[[nodiscard]] inline std::string text(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

[[nodiscard]] inline nlohmann::json labels(const Labels& labels) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [key, value] : labels) json[key] = value;
  return json;
}

}  // namespace drover::write
