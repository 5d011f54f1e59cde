// YAML as the JSON that kubectl makes of it, which reads YAML 1.1: yes is true, 010 is 8, and << takes the fields of another map.
//
// Thread safety: pure functions.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "yaml/yaml_map.h"

namespace drover {

// What is wrong is noted in `fault`: a field given twice, a name that is no text, a << of no map, or so many values, or so deep, as
// no object needs (an alias can stand for very much).
[[nodiscard]] nlohmann::json yaml_to_json(const YAML::Node& node, YamlFault& fault);

// What a scalar without quotes means; a text when it is nothing else.
[[nodiscard]] nlohmann::json plain_scalar(const std::string& text);

}  // namespace drover
