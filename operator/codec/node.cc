#include "codec/node.h"

#include <nlohmann/json.hpp>

#include "codec/json_value.h"
#include "codec/write.h"

namespace drover {
namespace {

Taint read_taint(JsonValue item) {
  Taint taint;
  item.each_field([&](std::string_view key, JsonValue value) {
    if (key == "key") taint.key = value.string();
    if (key == "value") taint.value = value.string();
    if (key == "effect") taint.effect = value.string();
  });
  return taint;
}

bool is_mark(std::string_view name) {
  return is_of_a_driver(name) || name == node_mark::kLife || name == node_mark::kSince || name == node_mark::kPolicyUid ||
         name == node_mark::kReason || name == node_mark::kCordoned;
}

// A life that Drover does not know (a later version's, or anyone's text) counts as quarantined: hands off.
NodeMarks read_marks(const Labels& annotations) {
  NodeMarks marks;
  const std::string* life = annotations.find(node_mark::kLife);
  if (life == nullptr) return marks;
  marks.life = node_life(*life).value_or(NodeLife::Quarantined);
  marks.since = parse_rfc3339(annotations.value_or(node_mark::kSince, "")).value_or(Instant{});
  marks.policy_uid = annotations.value_or(node_mark::kPolicyUid, "");
  marks.reason = annotations.value_or(node_mark::kReason, "");
  marks.cordoned = annotations.value_or(node_mark::kCordoned, "") == "true";
  return marks;
}

Labels of_drivers(const Labels& annotations) {
  std::vector<std::pair<std::string, std::string>> kept;
  for (const auto& [name, value] : annotations) {
    if (is_of_a_driver(name)) kept.emplace_back(name, value);
  }
  return Labels(std::move(kept));
}

std::string read_system_uuid(JsonValue info) {
  std::string uuid;
  info.each_field([&](std::string_view key, JsonValue value) {
    if (key == "systemUUID") uuid = value.string();
  });
  return uuid;
}

void read_node_condition(JsonValue condition, Node& node) {
  bool ready = false;
  bool holds = false;
  std::optional<Instant> since;
  condition.each_field([&](std::string_view key, JsonValue value) {
    if (key == "type") ready = value.text() == "Ready";
    if (key == "status") holds = value.text() == "True";
    if (key == "lastTransitionTime") since = value.instant();
  });
  if (!ready || !holds) return;
  node.ready = true;
  node.ready_since = since;
}

}  // namespace

Resources read_resources(JsonValue list) {
  Resources resources;
  list.each_field([&](std::string_view key, JsonValue value) {
    resources.emplace(key, key == kCpu ? value.milli_quantity() : value.quantity());
  });
  return resources;
}

std::vector<Toleration> read_tolerations(JsonValue list) {
  std::vector<Toleration> tolerations;
  list.each_item([&](JsonValue item) {
    Toleration& toleration = tolerations.emplace_back();
    item.each_field([&](std::string_view key, JsonValue value) {
      if (key == "key") toleration.key = value.string();
      if (key == "operator") toleration.op = value.string();
      if (key == "value") toleration.value = value.string();
      if (key == "effect") toleration.effect = value.string();
    });
  });
  return tolerations;
}

Node read_node(JsonValue object) {
  Node node;
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key == "metadata") {
      Metadata meta = read_metadata(value, Keep::All, is_mark);
      node.marks = read_marks(meta.annotations);
      node.annotations = of_drivers(meta.annotations);
      node.name = std::move(meta.key.name);
      node.uid = std::move(meta.uid);
      node.labels = std::move(meta.labels);
      // An annotation is free text: one that is no time tells as much as none.
    } else if (key == "spec") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "providerID") node.provider_id = field.string();
        if (name == "unschedulable") node.unschedulable = field.boolean();
        if (name == "taints") field.each_item([&](JsonValue taint) { node.taints.push_back(read_taint(taint)); });
      });
    } else if (key == "status") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "nodeInfo") node.system_uuid = read_system_uuid(field);
        if (name == "allocatable") node.allocatable = read_resources(field);
        if (name == "conditions") field.each_item([&](JsonValue condition) { read_node_condition(condition, node); });
      });
    }
  });
  return node;
}

std::string encode_node_marks(std::string_view node_json, const Node& marked) {
  using nlohmann::json;
  json node = json::parse(node_json);
  json& annotations = node["metadata"]["annotations"];
  if (annotations.is_null()) annotations = json::object();
  for (const auto key : {node_mark::kLife, node_mark::kSince, node_mark::kPolicyUid, node_mark::kReason, node_mark::kCordoned}) {
    annotations.erase(std::string(key));
  }
  json& spec = node["spec"];
  if (spec.is_null()) spec = json::object();
  json taints = json::array();
  for (const json& taint : spec.value("taints", json::array())) {
    if (taint.value("key", "") != node_mark::kOldTaint) taints.push_back(taint);
  }
  spec.erase("unschedulable");
  if (marked.unschedulable) spec["unschedulable"] = true;
  const NodeMarks& marks = marked.marks;
  if (marks.cordoned) annotations[std::string(node_mark::kCordoned)] = "true";
  if (marks.life != NodeLife::Active) {
    annotations[std::string(node_mark::kLife)] = to_string(marks.life);
    annotations[std::string(node_mark::kSince)] = to_rfc3339(marks.since);
    annotations[std::string(node_mark::kPolicyUid)] = marks.policy_uid;
    annotations[std::string(node_mark::kReason)] = marks.reason;
  }
  if (taints.empty()) {
    spec.erase("taints");
  } else {
    spec["taints"] = std::move(taints);
  }
  return write::text(node);
}

Result<Node> decode_node(std::string_view json) {
  return decode_one<Node>("nodes", json, read_node);
}

}  // namespace drover
