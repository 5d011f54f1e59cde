// The reading half of kubeconfig.h: YAML text to merged entries, with every entry still knowing the file that it came from.
#pragma once

#include <yaml-cpp/yaml.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace drover::kube {

// A mapping in a file, and how to read its fields. The first fault of any kind is kept in `fault`; later ones are not of
// interest. Readers give an empty value for what is absent, null or faulty.
class Section {
 public:
  Section(const YAML::Node& node, std::string file, std::string where, std::optional<Error>* fault)
      : node_(node), file_(std::move(file)), where_(std::move(where)), fault_(fault) {}

  [[nodiscard]] bool has(const char* field) const;  // and not empty, which counts as left out
  void refuse_merging() const;
  [[nodiscard]] std::string text(const char* field) const;
  [[nodiscard]] bool flag(const char* field) const;
  [[nodiscard]] std::vector<std::string> texts(const char* field) const;
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> names_and_values(const char* field) const;
  [[nodiscard]] std::optional<Section> section(const char* field) const;
  // A base64 field, decoded. It must be PEM text.
  [[nodiscard]] std::string pem(const char* field) const;
  // A path, made absolute; the file must be readable now.
  [[nodiscard]] std::string path(const char* field) const;
  [[nodiscard]] std::string resolve(const std::string& path) const;  // relative to the file's folder

  void complain(const std::string& field, const std::string& what) const;
  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] const YAML::Node& node() const { return node_; }

 private:
  [[nodiscard]] YAML::Node get(const char* field) const;

  YAML::Node node_;
  std::string file_;
  std::string where_;  // "users[dev].user"
  std::optional<Error>* fault_;
};

struct MergedKubeconfig {
  std::map<std::string, Section> clusters;
  std::map<std::string, Section> users;
  std::map<std::string, Section> contexts;
  std::string current_context;
  std::string files;  // for messages: "a, b"
};

// `fault` must outlive the sections.
[[nodiscard]] Result<MergedKubeconfig> read_kubeconfigs(const std::vector<std::string>& files, std::optional<Error>& fault);

}  // namespace drover::kube
