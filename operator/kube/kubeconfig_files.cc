#include "kube/kubeconfig_files.h"

#include <filesystem>
#include <set>

#include "base/base64.h"
#include "kube/files.h"

namespace drover::kube {
namespace {

bool present(const YAML::Node& node) {
  return node.IsDefined() && !node.IsNull();
}

// The named entries of one list, such as clusters: [{name: dev, cluster: {...}}]. Entries that another file has named stay.
void merge(const YAML::Node& root, const std::string& file, const char* list, const char* member,
           std::map<std::string, Section>& into, std::optional<Error>& fault) {
  const Section top(root, file, "", &fault);
  const YAML::Node entries = root[list];
  if (!present(entries)) return;
  if (!entries.IsSequence()) return top.complain(list, "must be a list of {name, " + std::string(member) + "}");
  std::map<std::string, Section> found;
  std::size_t position = 0;
  for (const YAML::Node& entry : entries) {
    const std::string at = std::string(list) + "[" + std::to_string(position++) + "]";
    const Section item(entry, file, at, &fault);
    if (!entry.IsMap()) return top.complain(at, "must be a mapping with name and " + std::string(member));
    item.refuse_merging();
    const std::string name = item.text("name");
    if (name.empty()) return item.complain("name", "is missing");
    const YAML::Node body = entry[member];
    const std::string where = std::string(list) + "[" + name + "]." + member;
    if (present(body) && !body.IsMap()) return top.complain(where, "must be a mapping");
    // A user without any field is legal: kubectl writes it for anonymous access.
    const Section section(present(body) ? body : YAML::Node(YAML::NodeType::Map), file, where, &fault);
    section.refuse_merging();
    if (!found.emplace(name, section).second) return top.complain(list, "names \"" + name + "\" twice: remove one");
  }
  into.merge(found);
}

// Null: there is nothing in the file, or nothing but comments.
Result<YAML::Node> parse(const std::string& file, const std::string& text) {
  const auto bad = [&](const std::string& why) { return Error{ErrorClass::Invalid, "kubeconfig " + file + why}; };
  try {
    YAML::Node root = YAML::Load(text);
    if (root.IsNull()) return root;
    if (!root.IsMap()) return bad(": is no kubeconfig: a mapping with clusters, users and contexts is expected");
    const YAML::Node kind = root["kind"];
    if (kind && kind.IsScalar() && kind.Scalar() != "Config")
      return bad(": kind is \"" + kind.Scalar() + "\" where Config is expected");
    return root;
  } catch (const YAML::Exception& e) {
    // The message of a YAML fault never quotes the text, so no secret can be in it.
    return bad(":" + std::to_string(e.mark.line + 1) + ":" + std::to_string(e.mark.column + 1) + ": is not YAML: " + e.msg);
  }
}

}  // namespace

YAML::Node Section::get(const char* field) const {
  const YAML::Node value = node_[field];
  return present(value) ? value : YAML::Node();
}

void Section::complain(const std::string& field, const std::string& what) const {
  if (fault_->has_value()) return;
  const std::string path = where_.empty() ? field : where_ + (field.empty() ? "" : "." + field);
  *fault_ = Error{ErrorClass::Invalid, "kubeconfig " + file_ + ": " + path + " " + what};
}

bool Section::has(const char* field) const {
  const YAML::Node value = get(field);
  return value.IsScalar() ? !value.Scalar().empty() : !value.IsNull() && value.size() > 0;
}

void Section::refuse_merging() const {
  if (present(node_["<<"])) complain("<<", "is a merge key of YAML, which is not supported here: write the fields out");
}

std::string Section::text(const char* field) const {
  const YAML::Node value = get(field);
  if (value.IsNull()) return "";
  if (!value.IsScalar()) {
    complain(field, "must be a text");
    return "";
  }
  return value.Scalar();
}

bool Section::flag(const char* field) const {
  // As kubectl reads them, in YAML 1.1.
  static const std::set<std::string> kTrue = {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"};
  static const std::set<std::string> kFalse = {"", "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"};
  const std::string value = text(field);
  if (!kTrue.contains(value) && !kFalse.contains(value)) complain(field, "must be true or false");
  return kTrue.contains(value);
}

std::vector<std::string> Section::texts(const char* field) const {
  std::vector<std::string> out;
  const YAML::Node value = get(field);
  if (!value.IsNull() && !value.IsSequence()) complain(field, "must be a list of texts");
  if (!value.IsSequence()) return out;
  for (const YAML::Node& item : value) {
    if (item.IsScalar()) {
      out.push_back(item.Scalar());
    } else {
      complain(field, "must be a list of texts");
    }
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> Section::names_and_values(const char* field) const {
  std::vector<std::pair<std::string, std::string>> out;
  const YAML::Node value = get(field);
  if (!value.IsNull() && !value.IsSequence()) complain(field, "must be a list of {name, value}");
  if (!value.IsSequence()) return out;
  for (const YAML::Node& item : value) {
    // A value that is left out, or null, is an empty text.
    const bool named = item.IsMap() && item["name"] && item["name"].IsScalar();
    const YAML::Node value_of = named ? item["value"] : YAML::Node();
    if (named && (!present(value_of) || value_of.IsScalar())) {
      out.emplace_back(item["name"].Scalar(), present(value_of) ? value_of.Scalar() : "");
    } else {
      complain(field, "must be a list of {name, value}");
    }
  }
  return out;
}

std::optional<Section> Section::section(const char* field) const {
  const YAML::Node value = get(field);
  if (value.IsNull()) return std::nullopt;
  if (!value.IsMap()) {
    complain(field, "must be a mapping");
    return std::nullopt;
  }
  Section inner(value, file_, where_ + "." + field, fault_);
  inner.refuse_merging();
  return inner;
}

std::string Section::pem(const char* field) const {
  const std::string encoded = text(field);
  if (encoded.empty()) return "";
  const std::optional<std::string> decoded = decode_base64(encoded);
  if (!decoded) {
    complain(field, "is not base64: write the output of `base64 -w0 FILE`");
    return "";
  }
  if (decoded->find("-----BEGIN ") == std::string::npos) {
    complain(field, "holds no PEM text once decoded (-----BEGIN ... is expected)");
    return "";
  }
  return *decoded;
}

std::string Section::path(const char* field) const {
  const std::string written = text(field);
  if (written.empty()) return "";
  std::string whole = resolve(written);
  if (const Result<std::string> content = read_file(whole); !content)
    complain(field, "names a file that can't be read: " + content.error().message);
  return whole;
}

std::string Section::resolve(const std::string& path) const {
  if (path.starts_with('/')) return path;
  // Absolute, lest a program beside the file is searched for in PATH.
  std::error_code ignored;
  return (std::filesystem::absolute(file_, ignored).parent_path() / path).lexically_normal().string();
}

Result<MergedKubeconfig> read_kubeconfigs(const std::vector<std::string>& files, std::optional<Error>& fault) {
  MergedKubeconfig merged;
  bool any = false;
  for (const std::string& file : files) {
    merged.files += (merged.files.empty() ? "" : ", ") + file;
    std::error_code ignored;
    if (files.size() > 1 && !std::filesystem::exists(file, ignored)) continue;
    const Result<std::string> text = read_file(file);
    if (!text)
      return Error{ErrorClass::Invalid, "kubeconfig " + text.error().message + "; give --kubeconfig FILE or set KUBECONFIG"};
    const Result<YAML::Node> root = parse(file, *text);
    if (!root) return root.error();
    if (root->IsNull() && files.size() > 1) continue;
    if (root->IsNull()) return Error{ErrorClass::Invalid, "kubeconfig " + file + ": is empty"};
    any = true;
    merge(*root, file, "clusters", "cluster", merged.clusters, fault);
    merge(*root, file, "users", "user", merged.users, fault);
    merge(*root, file, "contexts", "context", merged.contexts, fault);
    const Section top(*root, file, "", &fault);
    top.refuse_merging();
    if (merged.current_context.empty()) merged.current_context = top.text("current-context");
    if (fault) return *fault;
  }
  if (!any)
    return Error{ErrorClass::Invalid, "kubeconfig: none of the files of KUBECONFIG exists and holds anything: " + merged.files};
  return merged;
}

}  // namespace drover::kube
