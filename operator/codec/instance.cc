#include "codec/instance.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

namespace drover {
namespace {

using nlohmann::json;

constexpr std::size_t kMostNodes = 100'000;
constexpr std::size_t kMostVms = 1'000'000;

// Parses, and sees what the library passes over: a field that is given twice in one object.
class Parser {
 public:
  // Null when the text is no JSON or has a field twice: `problem` says so.
  std::optional<json> parse(std::string_view text, std::string& problem) {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      problem = R"(the file is empty; want {"nodes": [...], "vms": [...], "t": 10})";
      return std::nullopt;
    }
    try {
      json document =
          json::parse(text.begin(), text.end(), [this](int, json::parse_event_t event, json& value) { return see(event, value); });
      if (twice_.empty()) return document;
      problem = "the field \"" + twice_ + "\" is given twice in one object; keep one";
    } catch (const json::parse_error& error) {
      problem = "line " + std::to_string(line_of(text, error.byte)) + ": " + reason(error.what()) +
                "; the file must be whole, and JSON in UTF-8";
    } catch (const json::exception&) {
      problem = "a number is too large; want whole numbers up to " + std::to_string(placement::kLargest);
    }
    return std::nullopt;
  }

 private:
  bool see(json::parse_event_t event, json& value) {
    switch (event) {
      case json::parse_event_t::object_start: keys_.emplace_back(); break;
      case json::parse_event_t::object_end: keys_.pop_back(); break;
      case json::parse_event_t::key:
        if (!keys_.back().insert(value.get<std::string>()).second && twice_.empty()) twice_ = value.get<std::string>();
        break;
      default: break;
    }
    return true;
  }

  static std::size_t line_of(std::string_view text, std::size_t byte) {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(byte, text.size()));
    return 1 + static_cast<std::size_t>(std::count(text.begin(), end, '\n'));
  }

  // Of "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ...", what follows the place.
  static std::string reason(const std::string& what) {
    const auto place = what.find("column ");
    const auto colon = what.find(": ", place == std::string::npos ? 0 : place);
    return colon == std::string::npos ? what : what.substr(colon + 2);
  }

  std::vector<std::set<std::string>> keys_;
  std::string twice_;
};

class Reader {
 public:
  Result<InstanceFile> read(const json& document) {
    if (!has_fields(document, "", {"nodes", "vms", "t"})) return error();
    InstanceFile file;
    if (!is_list(document["nodes"], "nodes", kMostNodes) || !is_list(document["vms"], "vms", kMostVms)) return error();
    if (document["nodes"].empty()) fail("nodes", "there are none; want at least one");
    for (const json& node : document["nodes"]) {
      if (!problem_.empty()) return error();
      read_node(node, file);
    }
    for (const json& vm : document["vms"]) {
      if (!problem_.empty()) return error();
      read_vm(vm, file);
    }
    const auto t = amount(document["t"], "t", 1, "how many VMs may be moved");
    if (!problem_.empty()) return error();
    file.instance.most_moves = static_cast<int>(std::min<std::int64_t>(t, static_cast<std::int64_t>(kMostVms)));
    return file;
  }

 private:
  [[nodiscard]] Error error() const { return {.cls = ErrorClass::Invalid, .message = problem_}; }

  void fail(const std::string& path, const std::string& message) {
    if (problem_.empty()) problem_ = path.empty() ? message : path + ": " + message;
  }

  static std::string shown(const json& value) {
    std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
    if (text.size() > 40) text = text.substr(0, 40) + "...";
    return text;
  }

  bool is_list(const json& value, const std::string& path, std::size_t most) {
    if (!value.is_array()) {
      fail(path, "want a list, have " + shown(value));
    } else if (value.size() > most) {
      fail(path, "has " + std::to_string(value.size()) + " entries; want at most " + std::to_string(most));
    }
    return problem_.empty();
  }

  // An object with these fields, all of them, and no other.
  bool has_fields(const json& value, const std::string& path, std::initializer_list<const char*> wanted) {
    std::string names;
    for (const char* const name : wanted) names += (names.empty() ? "" : ", ") + std::string(name);
    if (!value.is_object()) {
      fail(path, "want an object with " + names + "; have " + shown(value));
      return false;
    }
    const std::string prefix = path.empty() ? "" : path + ".";
    for (const auto& [key, unused] : value.items()) {
      if (std::find(wanted.begin(), wanted.end(), key) == wanted.end()) {
        fail(prefix + key, "there is no such field; the fields are " + names);
        return false;
      }
    }
    for (const char* const name : wanted) {
      if (value.contains(name)) continue;
      fail(prefix + name, "is missing; the fields are " + names);
      return false;
    }
    return true;
  }

  std::int64_t amount(const json& value, const std::string& path, std::int64_t least, const std::string& meaning) {
    const std::string range = "a whole number from " + std::to_string(least) + " to " + std::to_string(placement::kLargest);
    const bool whole = value.is_number_integer();
    const bool small = whole && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= placement::kLargest);
    if (!small || value.get<std::int64_t>() < least) {
      fail(path, "want " + range + ", " + meaning + "; have " + shown(value));
      return 0;
    }
    return value.get<std::int64_t>();
  }

  placement::Size size(const json& value, const std::string& path) {
    return {amount(value["cpu_m"], path + ".cpu_m", 0, "in millicores"), amount(value["mem_mib"], path + ".mem_mib", 0, "in MiB")};
  }

  // Empty when it failed.
  std::string name(const json& value, const std::string& path, std::map<std::string, int>& known) {
    if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
      fail(path + ".name", "want a name; have " + shown(value));
      return "";
    }
    const auto& text = value.get_ref<const std::string&>();
    if (!known.emplace(text, static_cast<int>(known.size())).second) {
      fail(path + ".name", shown(value) + " is the name of an earlier one, too; names must differ");
      return "";
    }
    return text;
  }

  void read_node(const json& value, InstanceFile& file) {
    const std::string path = "nodes[" + std::to_string(file.node_names.size()) + "]";
    if (!has_fields(value, path, {"name", "cpu_m", "mem_mib"})) return;
    file.node_names.push_back(name(value["name"], path, nodes_));
    file.instance.nodes.push_back(size(value, path));
  }

  void read_vm(const json& value, InstanceFile& file) {
    const std::string path = "vms[" + std::to_string(file.vm_names.size()) + "]";
    if (!has_fields(value, path, {"name", "cpu_m", "mem_mib", "node"})) return;
    file.vm_names.push_back(name(value["name"], path, vms_));
    const placement::Size wanted = size(value, path);
    if (!value["node"].is_string()) return fail(path + ".node", "want the name of a node; have " + shown(value["node"]));
    const auto node = nodes_.find(value["node"].get_ref<const std::string&>());
    if (node == nodes_.end())
      return fail(path + ".node", "there is no node " + shown(value["node"]) + "; add it to nodes, or mend the name");
    const auto& all = file.instance.nodes;
    if (problem_.empty() && !std::any_of(all.begin(), all.end(), [&](const placement::Size& n) { return wanted.fits(n); })) {
      fail(path, shown(value["name"]) + " fits on no node, not even an empty one: it needs " + std::to_string(wanted.cpu) +
                     " millicores and " + std::to_string(wanted.memory) + " MiB");
    }
    file.instance.vms.push_back({wanted, node->second});
  }

  std::map<std::string, int> nodes_;
  std::map<std::string, int> vms_;
  std::string problem_;
};

}  // namespace

Result<InstanceFile> read_instance(std::string_view text) {
  std::string problem;
  const auto document = Parser().parse(text, problem);
  if (!document) return Error{.cls = ErrorClass::Invalid, .message = problem};
  return Reader().read(*document);
}

}  // namespace drover
