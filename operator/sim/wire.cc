#include "sim/wire.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "codec/migration.h"
#include "codec/node.h"

namespace drover::sim {
namespace {

using Json = nlohmann::json;

constexpr const char* kLongAgo = "2000-01-01T00:00:00Z";  // nobody reads when a deletion was asked for

Json json_of(const Labels& labels) {
  Json json = Json::object();
  for (const auto& [key, value] : labels) json[key] = value;
  return json;
}

Json metadata_of(const ObjectKey& key, const std::string& uid, bool terminating) {
  Json metadata = {{"name", key.name}, {"uid", uid}};
  if (!key.ns.empty()) metadata["namespace"] = key.ns;
  if (terminating) metadata["deletionTimestamp"] = kLongAgo;
  return metadata;
}

}  // namespace

std::string text_of(const Vm& vm) {
  return Json{{"metadata", metadata_of(vm.key, vm.uid, vm.terminating)},
              {"status", {{"phase", to_string(vm.phase)}, {"nodeName", vm.node}, {"evacuationNodeName", vm.evacuation_node}}}}
      .dump();
}

std::string text_of(const Migration& migration) {
  Json json = Json::parse(encode_migration({.key = migration.key,
                                            .vm_name = migration.vm_name,
                                            .labels = migration.labels,
                                            .annotations = migration.annotations,
                                            .added_node_selector = migration.added_node_selector}));
  json["metadata"]["uid"] = migration.uid;
  json["status"]["phase"] = to_string(migration.phase);
  return json.dump();
}

std::string text_of(const Node& node, std::uint64_t version) {
  Json metadata = metadata_of({"", node.name}, node.uid, false);
  metadata["labels"] = json_of(node.labels);
  metadata["resourceVersion"] = std::to_string(version);
  Json taints = Json::array();
  for (const Taint& taint : node.taints) taints.push_back({{"key", taint.key}, {"value", taint.value}, {"effect", taint.effect}});
  return encode_node_marks(Json{{"metadata", std::move(metadata)}, {"spec", {{"taints", std::move(taints)}}}}.dump(), node);
}

std::string list_of(const std::vector<const Pod*>& pods) {
  Json items = Json::array();
  for (const Pod* pod : pods) {
    Json metadata = metadata_of(pod->key, pod->uid, pod->terminating);
    if (pod->is_launcher()) metadata["labels"] = {{"kubevirt.io", "virt-launcher"}, {"kubevirt.io/created-by", pod->vmi_uid}};
    if (pod->owner == PodOwner::Node) metadata["ownerReferences"] = {{{"kind", "DaemonSet"}, {"controller", true}}};
    items.push_back({{"metadata", std::move(metadata)}, {"spec", {{"nodeName", pod->node}}}});
  }
  return Json{{"metadata", {{"resourceVersion", "1"}}}, {"items", std::move(items)}}.dump();
}

std::string version_in(std::string_view text) {
  return Json::parse(text)["metadata"].value("resourceVersion", "");
}

ObjectKey key_in(std::string_view text) {
  const Json json = Json::parse(text);
  const Json& metadata = json.at("metadata");
  return {metadata.value("namespace", ""), metadata.at("name").get<std::string>()};
}

Result<Node> replaced(const Node& node, std::string_view text) {
  Result<Node> written = decode_node(text);
  if (!written) return written;
  Node result = node;
  result.labels = std::move(written->labels);
  result.taints = std::move(written->taints);
  result.unschedulable = written->unschedulable;
  result.marks = std::move(written->marks);
  result.record = std::move(written->record);
  result.wish = written->wish;
  result.annotations = std::move(written->annotations);
  return result;
}

}  // namespace drover::sim
