#include "yaml/yaml_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace drover {
namespace {

using nlohmann::json;

constexpr std::size_t kMostValues = 100000;
constexpr int kDeepest = 60;
constexpr const char* kMerge = "<<";

bool is_one_of(std::string_view text, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 11> kTrue = {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"};
constexpr std::array<std::string_view, 11> kFalse = {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"};

std::optional<std::int64_t> whole_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 1 && text.front() == '0') {
    const char mark = text[1];
    base = mark == 'x' || mark == 'X' ? 16 : mark == 'b' || mark == 'B' ? 2 : 8;
    text.remove_prefix(base != 8 || mark == 'o' || mark == 'O' ? 2 : 1);
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || text.front() == '-' || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return negative ? -number : number;
}

std::optional<double> decimal_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const bool begins = !text.empty() && (text.front() == '.' || (text.front() >= '0' && text.front() <= '9'));
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!begins || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return negative ? -number : number;
}

class Converter {
 public:
  explicit Converter(YamlFault& fault) : fault_(fault) {}

  json convert(const YAML::Node& node, int depth) {
    if (left_ == 0 || depth > kDeepest) {
      fault_.note(node, "", "holds more than any policy needs");
      return nullptr;
    }
    --left_;
    if (node.IsMap()) return convert_map(node, depth);
    if (node.IsSequence()) {
      json array = json::array();
      for (const YAML::Node& item : node) array.push_back(convert(item, depth + 1));
      return array;
    }
    if (!node.IsDefined() || node.IsNull()) return nullptr;
    const bool is_plain = node.Tag() == "?" || node.Tag().empty();
    return is_plain ? plain_scalar(node.Scalar()) : json(node.Scalar());
  }

 private:
  json convert_map(const YAML::Node& node, int depth) {
    json object = json::object();
    std::vector<json> merged;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        fault_.note(entry.first, "", "a field's name must be plain text");
      } else if (entry.first.Scalar() == kMerge && entry.first.Tag() != "!") {
        merged.push_back(convert(entry.second, depth + 1));
        if (!is_mergeable(merged.back())) fault_.note(entry.first, kMerge, "must name a map of fields, or a list of such maps");
      } else if (object.contains(entry.first.Scalar())) {
        fault_.note(entry.first, entry.first.Scalar().substr(0, 100), "is given twice; keep one of them");
      } else {
        object[entry.first.Scalar()] = convert(entry.second, depth + 1);
      }
      if (fault_.noted()) return nullptr;
    }
    for (const json& other : merged) merge(object, other);
    return object;
  }

  static bool is_mergeable(const json& value) {
    return value.is_object() ||
           (value.is_array() && std::all_of(value.begin(), value.end(), [](const json& item) { return item.is_object(); }));
  }

  // What is there already stays: the map's own fields before those of the first map merged, and these before the next's.
  static void merge(json& object, const json& other) {
    if (other.is_array()) {
      for (const json& item : other) merge(object, item);
      return;
    }
    for (const auto& [key, value] : other.items()) {
      if (!object.contains(key)) object[key] = value;
    }
  }

  YamlFault& fault_;
  std::size_t left_ = kMostValues;
};

}  // namespace

json plain_scalar(const std::string& text) {
  if (is_one_of(text, kTrue)) return true;
  if (is_one_of(text, kFalse)) return false;
  std::string figures = text;
  std::erase(figures, '_');
  if (const auto whole = whole_number(figures)) return *whole;
  if (const auto number = decimal_number(figures)) return *number;
  return text;
}

json yaml_to_json(const YAML::Node& node, YamlFault& fault) {
  return Converter(fault).convert(node, 0);
}

}  // namespace drover
