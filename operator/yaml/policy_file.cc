#include "yaml/policy_file.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "codec/policy.h"
#include "codec/power_profile.h"
#include "yaml/yaml_map.h"

namespace drover {
namespace {

using nlohmann::json;

constexpr std::size_t kMostValues = 100000;  // an alias can stand for very much
constexpr int kDeepest = 60;

json to_json(const YAML::Node& node, std::size_t& left, int depth, YamlFault& fault) {
  if (left == 0 || depth > kDeepest) {
    fault.note(node, "", "holds more than any policy needs");
    return nullptr;
  }
  --left;
  if (node.IsMap()) {
    json object = json::object();
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        fault.note(entry.first, "", "a field's name must be plain text");
      } else if (object.contains(entry.first.Scalar())) {
        fault.note(entry.first, entry.first.Scalar().substr(0, 100), "is given twice; keep one of them");
      } else {
        object[entry.first.Scalar()] = to_json(entry.second, left, depth + 1, fault);
      }
    }
    return object;
  }
  if (node.IsSequence()) {
    json array = json::array();
    for (const YAML::Node& item : node) array.push_back(to_json(item, left, depth + 1, fault));
    return array;
  }
  if (!node.IsDefined() || node.IsNull()) return nullptr;
  const bool quoted = node.Tag() == "!";
  const json bare = quoted ? json() : json::parse(node.Scalar(), nullptr, false);
  return bare.is_number() || bare.is_boolean() ? bare : json(node.Scalar());
}

std::string text_at(const json& object, const char* field) {
  const auto at = object.find(field);
  return at != object.end() && at->is_string() ? at->get<std::string>() : "";
}

Namespace namespace_of(const json& metadata) {
  Namespace ns;
  ns.name = text_at(metadata, "name");
  ns.labels.set("kubernetes.io/metadata.name", ns.name);
  if (const auto labels = metadata.find("labels"); labels != metadata.end() && labels->is_object()) {
    for (const auto& [key, value] : labels->items()) {
      if (value.is_string()) ns.labels.set(key, value.get<std::string>());
    }
  }
  return ns;
}

// What the API server would have added.
void complete(json& object, bool cluster_wide, Instant created) {
  json& metadata = object["metadata"];
  if (!cluster_wide && text_at(metadata, "namespace").empty()) metadata["namespace"] = "default";
  if (cluster_wide) metadata.erase("namespace");
  metadata["uid"] = "policy-" + text_at(metadata, "namespace") + "/" + text_at(metadata, "name");
  metadata["generation"] = 1;
  metadata["creationTimestamp"] = to_rfc3339(created);
  object.erase("status");
}

class Reader {
 public:
  Reader(const std::string& file, Instant created) : fault_(file), created_(created) {}

  Result<PolicyFile> read(const std::vector<YAML::Node>& documents) {
    for (const YAML::Node& document : documents) {
      if (!document.IsMap()) fault_.note(document, "", "must be an object with apiVersion, kind, metadata and spec");
      if (!fault_.noted()) read(document);
      if (fault_.noted()) return fault_.error();
    }
    return std::move(result_);
  }

 private:
  void read(const YAML::Node& document) {
    std::size_t left = kMostValues;
    json object = to_json(document, left, 0, fault_);
    if (fault_.noted()) return;
    const std::string kind = text_at(object, "kind");
    if (!object.contains("metadata") || !object["metadata"].is_object() || text_at(object["metadata"], "name").empty()) {
      return fault_.note(document, "metadata.name", "is missing");
    }
    if (kind == "Namespace") {
      result_.namespaces.push_back(namespace_of(object["metadata"]));
    } else if (kind == "MigrationPolicy" || kind == "ClusterMigrationPolicy") {
      if (!text_at(object, "apiVersion").starts_with("policy.drover.dev/")) {
        return fault_.note(document, "apiVersion", "must be policy.drover.dev/v1alpha1");
      }
      complete(object, kind == "ClusterMigrationPolicy", created_);
      read_policy(document, object);
    } else if (kind == "PowerProfile") {
      auto profile = decode_power_profile(object.dump(-1, ' ', false, json::error_handler_t::replace));
      if (!profile) return fault_.note(document, "", profile.error().message);
      result_.profiles.push_back(std::move(profile).value());
    } else {
      fault_.note(document, "kind",
                  "\"" + kind.substr(0, 100) +
                      "\" is nothing to simulate; there are MigrationPolicy, ClusterMigrationPolicy, PowerProfile, Namespace");
    }
  }

  void read_policy(const YAML::Node& document, const json& object) {
    auto policy = decode_policy(object.dump(-1, ' ', false, json::error_handler_t::replace));
    if (!policy) return fault_.note(document, "", policy.error().message);
    if (!policy->problem.empty()) return fault_.note(document, to_string(policy->ref.key), policy->problem);
    for (const Policy& other : result_.policies) {
      if (other.ref.key == policy->ref.key) return fault_.note(document, to_string(policy->ref.key), "is there twice; remove one");
    }
    result_.policies.push_back(std::move(policy).value());
  }

  YamlFault fault_;
  Instant created_;
  PolicyFile result_;
};

}  // namespace

Result<PolicyFile> parse_policies(const std::string& text, const std::string& file, Instant created) {
  const auto documents = parse_yaml(text, file);
  if (!documents) return documents.error();
  return Reader(file, created).read(*documents);
}

Result<PolicyFile> read_policies(const std::string& path, Instant created) {
  const auto text = read_text_file(path, kMaxYamlBytes);
  if (!text) return text.error();
  return parse_policies(*text, path, created);
}

}  // namespace drover
