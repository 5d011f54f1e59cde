// YamlMap: a map of a YAML file, read strictly. A field that nobody asks for, one given twice, or a value that is not what was
// asked for is noted once, with file, line, path and the fix; from then on everything reads as absent, so readers need no checks of
// their own.
//
// Thread safety: none.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"

namespace drover {

// The first thing that is wrong in a file.
class YamlFault {
 public:
  explicit YamlFault(std::string file) : file_(std::move(file)) {}
  // `line` counts from 1; 0: unknown.
  void note(int line, const std::string& message);
  void note(const YAML::Node& node, const std::string& path, const std::string& message);
  [[nodiscard]] bool noted() const { return !text_.empty(); }
  [[nodiscard]] Error error() const { return {ErrorClass::Invalid, text_}; }

 private:
  std::string file_;
  std::string text_;
};

class YamlMap {
 public:
  // `path` names it in messages: "nodes[1]". Anything but a map is a fault.
  YamlMap(const YAML::Node& node, std::string path, YamlFault& fault);

  // The field as text, or empty when it is absent. Null counts as absent.
  [[nodiscard]] std::optional<std::string> text(const std::string& field);
  // The field's text as `parse` understands it; `wanted` says what to write: "bytes such as 8 GiB".
  template <typename T, typename Parse>
  void read(const std::string& field, T& into, Parse parse, const char* wanted) {
    const auto written = text(field);
    if (!written) return;
    if (const auto value = parse(*written)) {
      into = static_cast<T>(*value);
    } else {
      complain(field, "\"" + written->substr(0, 100) + "\" is not " + wanted);
    }
  }
  void read(const std::string& field, std::string& into);
  void read(const std::string& field, bool& into);
  // The items of a list; each with its path.
  void each(const std::string& field, const std::function<void(const YAML::Node&, const std::string& path)>& item);
  [[nodiscard]] std::vector<std::string> texts(const std::string& field);  // a list of texts, or one text
  // Key and value of a map of texts.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> pairs(const std::string& field);
  [[nodiscard]] std::optional<YamlMap> map(const std::string& field);
  [[nodiscard]] bool has(const std::string& field) const;

  void complain(const std::string& field, const std::string& message);
  // Notes the first field that was not asked for. To be called when all has been read.
  void no_others();

 private:
  [[nodiscard]] YAML::Node get(const std::string& field);
  [[nodiscard]] std::string path_of(const std::string& field) const { return path_.empty() ? field : path_ + "." + field; }

  YAML::Node node_;
  std::string path_;
  YamlFault* fault_;
  std::set<std::string> asked_;
};

// All documents of a text. Invalid: it is empty, not UTF-8, larger than kMaxYamlBytes, or not YAML.
inline constexpr std::size_t kMaxYamlBytes = std::size_t{4} << 20;
[[nodiscard]] Result<std::vector<YAML::Node>> parse_yaml(const std::string& text, const std::string& file);

// The whole file. Invalid: it can't be read, is a folder, or is longer than `most`, of which no more is read.
[[nodiscard]] Result<std::string> read_text_file(const std::string& path, std::size_t most);
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace drover
