#include "app/signals_file.h"

#include <algorithm>
#include <utility>

#include "yaml/yaml_map.h"

namespace drover {
namespace {

constexpr std::size_t kLongestName = 63;
constexpr std::size_t kLongestText = 200;

bool is_name(const std::string& text) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.size() <= kLongestName && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), fits);
}

bool is_label(const std::string& text) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
  return !text.empty() && !(text.front() >= '0' && text.front() <= '9') && std::all_of(text.begin(), text.end(), fits);
}

// A text of one line, as it is put into messages.
void read_line(YamlMap& map, const char* field, std::string& into) {
  map.read(field, into);
  if (into.size() > kLongestText || into.find('\n') != std::string::npos)
    map.complain(field, "must be one line of at most " + std::to_string(kLongestText) + " characters");
}

void read_label(YamlMap& map, const char* field, std::string& into) {
  map.read(field, into);
  if (!is_label(into)) map.complain(field, "must be the name of a label, in letters, digits and _");
}

void read_signal(const YAML::Node& node, const std::string& path, YamlFault& fault, std::map<std::string, OfferedSignal>& found) {
  YamlMap map(node, path, fault);
  std::string name;
  OfferedSignal signal;
  map.read("name", name);
  if (!is_name(name)) map.complain("name", "must be lower-case letters, digits and -, at most 63, such as frame-time");
  map.read("query", signal.promql.query);
  if (signal.promql.query.empty()) {
    map.complain("query", "is missing; write PromQL with one series per VM and the matcher namespace=\"$namespace\"");
  } else if (const std::string problem = offered_query_problem(signal.promql.query); !problem.empty()) {
    map.complain("query", problem);
  }
  read_line(map, "description", signal.description);
  read_line(map, "unit", signal.unit);
  read_label(map, "namespaceLabel", signal.promql.namespace_label);
  read_label(map, "nameLabel", signal.promql.name_label);
  map.no_others();
  if (!fault.noted() && !found.emplace(name, std::move(signal)).second) map.complain("name", "is there twice; remove one of them");
}

}  // namespace

Result<std::map<std::string, OfferedSignal>> parse_signals(const std::string& text, const std::string& file) {
  const auto documents = parse_yaml(text, file);
  if (!documents) return documents.error();
  YamlFault fault(file);
  const YAML::Node& list = documents->front();
  if (documents->size() > 1) fault.note((*documents)[1], "", "is a second document; write one list");
  if (!list.IsSequence()) fault.note(list, "", "must be a list of signals; begin each with \"- name: \"");
  std::map<std::string, OfferedSignal> found;
  if (fault.noted()) return fault.error();
  std::size_t index = 0;
  for (const YAML::Node& item : list) {
    read_signal(item, "[" + std::to_string(index++) + "]", fault, found);
    if (fault.noted()) return fault.error();
  }
  return found;
}

Result<std::map<std::string, OfferedSignal>> read_signals(const std::string& path) {
  const auto text = read_text_file(path, kMaxYamlBytes);
  if (!text) return text.error();
  return parse_signals(*text, path);
}

}  // namespace drover
