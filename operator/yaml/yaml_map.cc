#include "yaml/yaml_map.h"

#include <yaml-cpp/eventhandler.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace drover {

void YamlFault::note(int line, const std::string& message) {
  if (noted()) return;
  text_ = file_ + (line > 0 ? ":" + std::to_string(line) : "") + ": " + message;
}

void YamlFault::note(const YAML::Node& node, const std::string& path, const std::string& message) {
  const int line = node.IsDefined() ? node.Mark().line + 1 : 0;
  note(line, (path.empty() ? "" : path + ": ") + message);
}

YamlMap::YamlMap(const YAML::Node& node, std::string path, YamlFault& fault) : node_(node), path_(std::move(path)), fault_(&fault) {
  if (!node_.IsMap()) {
    fault_->note(node_, path_, "must be a map of fields; write for example {name: web, count: 3}");
    return;
  }
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    if (!entry.first.IsScalar()) {
      fault_->note(entry.first, path_, "a field's name must be plain text");
    } else if (!seen.insert(entry.first.Scalar()).second) {
      fault_->note(entry.first, path_of(entry.first.Scalar().substr(0, 100)), "is given twice; keep one of them");
    }
  }
}

YAML::Node YamlMap::get(const std::string& field) {
  asked_.insert(field);
  if (fault_->noted()) return YAML::Node(YAML::NodeType::Undefined);
  for (const auto& entry : node_) {
    if (entry.first.Scalar() == field) return entry.second.IsNull() ? YAML::Node(YAML::NodeType::Undefined) : entry.second;
  }
  return YAML::Node(YAML::NodeType::Undefined);
}

bool YamlMap::has(const std::string& field) const {
  if (fault_->noted()) return false;
  for (const auto& entry : node_) {
    if (entry.first.Scalar() == field) return !entry.second.IsNull();
  }
  return false;
}

std::optional<std::string> YamlMap::text(const std::string& field) {
  const YAML::Node value = get(field);
  if (!value.IsDefined()) return std::nullopt;
  if (value.IsScalar()) return value.Scalar();
  fault_->note(value, path_of(field), "must be a single value, not a list or a map");
  return std::nullopt;
}

void YamlMap::read(const std::string& field, std::string& into) {
  if (auto value = text(field)) into = std::move(*value);
}

void YamlMap::read(const std::string& field, bool& into) {
  const auto value = text(field);
  if (!value) return;
  if (*value != "true" && *value != "false") return complain(field, "must be true or false");
  into = *value == "true";
}

void YamlMap::each(const std::string& field, const std::function<void(const YAML::Node&, const std::string& path)>& item) {
  const YAML::Node list = get(field);
  if (!list.IsDefined()) return;
  if (!list.IsSequence()) return fault_->note(list, path_of(field), "must be a list; begin each item with \"- \"");
  std::size_t index = 0;
  for (const YAML::Node& value : list) {
    if (fault_->noted()) return;
    item(value, path_of(field) + "[" + std::to_string(index++) + "]");
  }
}

std::vector<std::string> YamlMap::texts(const std::string& field) {
  const YAML::Node value = get(field);
  if (!value.IsDefined()) return {};
  if (value.IsScalar()) return {value.Scalar()};
  std::vector<std::string> found;
  each(field, [&](const YAML::Node& item, const std::string& path) {
    if (!item.IsScalar()) return fault_->note(item, path, "must be a single value");
    found.push_back(item.Scalar());
  });
  return found;
}

std::vector<std::pair<std::string, std::string>> YamlMap::pairs(const std::string& field) {
  std::vector<std::pair<std::string, std::string>> found;
  auto inner = map(field);
  if (!inner) return found;
  for (const auto& entry : inner->node_) {
    if (fault_->noted()) return {};
    if (!entry.second.IsScalar()) {
      fault_->note(entry.second, inner->path_of(entry.first.Scalar()), "must be a single value");
    } else {
      found.emplace_back(entry.first.Scalar(), entry.second.Scalar());
    }
  }
  return found;
}

std::optional<YamlMap> YamlMap::map(const std::string& field) {
  const YAML::Node value = get(field);
  if (!value.IsDefined()) return std::nullopt;
  return YamlMap(value, path_of(field), *fault_);
}

void YamlMap::complain(const std::string& field, const std::string& message) {
  const YAML::Node value = get(field);
  fault_->note(value.IsDefined() ? value : node_, path_of(field), message);
}

void YamlMap::no_others() {
  if (fault_->noted()) return;
  for (const auto& entry : node_) {
    const std::string& name = entry.first.Scalar();
    if (asked_.contains(name)) continue;
    std::string known;
    for (const std::string& field : asked_) known += (known.empty() ? "" : ", ") + field;
    return fault_->note(entry.first, path_of(name.substr(0, 100)), "is no field here; there are: " + known);
  }
}

namespace {

// Sees to it that each document begins further on than the one before. yaml-cpp's LoadAll never ends where one does not: a comma,
// say, with which no document can begin, stands where it is for ever.
class Progress final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (mark.pos == last_) throw YAML::ParserException(mark, "a document cannot begin like this");
    last_ = mark.pos;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnScalar(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {}
  void OnSequenceStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {}
  void OnMapEnd() override {}

 private:
  int last_ = -1;
};

void check_documents(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Progress progress;
  while (parser.HandleNextDocument(progress)) {
  }
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto first = static_cast<unsigned char>(text[i]);
    std::size_t more = 0;
    if (first >= 0xf5 || (first >= 0x80 && first < 0xc2)) return false;
    if (first >= 0xc2) more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (i + more >= text.size() + (more == 0 ? 1 : 0)) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0U) != 0x80) return false;
      if (k == 1 && ((first == 0xe0 && next < 0xa0) || (first == 0xed && next > 0x9f) || (first == 0xf0 && next < 0x90) ||
                     (first == 0xf4 && next > 0x8f))) {
        return false;
      }
    }
    i += more + 1;
  }
  return true;
}

Result<std::vector<YAML::Node>> parse_yaml(const std::string& text, const std::string& file) {
  const auto bad = [&](const std::string& why) { return Error{ErrorClass::Invalid, file + ": " + why}; };
  if (text.size() > kMaxYamlBytes) return bad("is larger than 4 MiB, which no scenario or policy needs");
  if (!is_utf8(text)) return bad("is not UTF-8; save it as UTF-8");
  try {
    check_documents(text);
    std::vector<YAML::Node> documents = YAML::LoadAll(text);
    std::erase_if(documents, [](const YAML::Node& document) { return !document.IsDefined() || document.IsNull(); });
    if (documents.empty()) return bad("is empty");
    return documents;
  } catch (const YAML::Exception& wrong) {
    const std::string line = wrong.mark.is_null() ? "" : ":" + std::to_string(wrong.mark.line + 1);
    return Error{ErrorClass::Invalid, file + line + ": is not YAML: " + wrong.msg};
  }
}

Result<std::string> read_text_file(const std::string& path, std::size_t most) {
  const auto wrong = [&](const std::string& why) { return Error{ErrorClass::Invalid, path + ": " + why}; };
  std::error_code none;
  if (std::filesystem::is_directory(path, none)) return wrong("is a folder, not a file");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return wrong(std::string("can't be read: ") + std::strerror(errno == 0 ? EIO : errno) + "; is the path right?");
  std::string text;
  std::string piece(std::size_t{1} << 16, '\0');
  while (file && text.size() <= most) {
    file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece, 0, static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) return wrong("can't be read to its end");
  if (text.size() > most) return wrong("is too large, more than " + std::to_string(most >> 20) + " MiB");
  return text;
}

}  // namespace drover
