#include "yaml/policy_file.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "codec/policy.h"
#include "codec/power_profile.h"
#include "yaml/yaml_json.h"
#include "yaml/yaml_map.h"

namespace drover {
namespace {

using nlohmann::json;

constexpr int kMostLists = 5;  // in each other

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
    json object = yaml_to_json(document, fault_);
    if (!fault_.noted()) read(document, std::move(object), 0);
  }

  // A List, as `kubectl get -o yaml` writes it; `depth` lists are around it.
  void read_list(const YAML::Node& document, json& object, int depth) {
    if (depth > kMostLists) return fault_.note(document, "items", "lists in lists in lists: write the objects one after another");
    std::size_t number = 0;
    for (json& item : object["items"]) {
      const YAML::Node lines = document["items"];
      const YAML::Node at = lines.IsSequence() && number < lines.size() ? lines[number] : document;
      const std::string path = "items[" + std::to_string(number++) + "]";
      if (!item.is_object()) return fault_.note(at, path, "must be an object with apiVersion, kind, metadata and spec");
      read(at, std::move(item), depth + 1);
      if (fault_.noted()) return;
    }
  }

  void read(const YAML::Node& document, json object, int depth) {
    const std::string kind = text_at(object, "kind");
    const std::string version = text_at(object, "apiVersion");
    if (kind.ends_with("List") && object.contains("items") && object["items"].is_array()) return read_list(document, object, depth);
    if (version.starts_with("migrations.kubevirt.io/")) {
      return fault_.note(document, "apiVersion",
                         "this is KubeVirt's own MigrationPolicy (migrations.kubevirt.io), which says how a VM is moved; Drover's "
                         "policies, which say when and where to, are of policy.drover.dev/v1alpha1");
    }
    if (!object.contains("metadata") || !object["metadata"].is_object() || text_at(object["metadata"], "name").empty()) {
      return fault_.note(document, "metadata.name", "is missing");
    }
    if (kind == "Namespace") {
      result_.namespaces.push_back(namespace_of(object["metadata"]));
    } else if (kind == "MigrationPolicy" || kind == "ClusterMigrationPolicy" || kind == "PowerProfile") {
      if (version != "policy.drover.dev/v1alpha1") {
        return fault_.note(document, "apiVersion", "must be policy.drover.dev/v1alpha1, is \"" + version.substr(0, 100) + "\"");
      }
      complete(object, kind != "MigrationPolicy", created_);
      if (kind == "PowerProfile") {
        read_profile(document, object);
      } else {
        read_policy(document, object);
      }
    } else {
      fault_.note(document, "kind",
                  "\"" + kind.substr(0, 100) +
                      "\" is nothing to simulate; there are MigrationPolicy, ClusterMigrationPolicy, PowerProfile, Namespace");
    }
  }

  void read_profile(const YAML::Node& document, const json& object) {
    auto profile = decode_power_profile(object.dump(-1, ' ', false, json::error_handler_t::replace));
    if (!profile) return fault_.note(document, "", profile.error().message);
    result_.profiles.push_back(std::move(profile).value());
  }

  void read_policy(const YAML::Node& document, const json& object) {
    auto policy = decode_policy_strictly(object.dump(-1, ' ', false, json::error_handler_t::replace));
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
