#include "codec/node.h"

#include "codec/json_value.h"

namespace drover {
namespace {

constexpr std::string_view kHeartbeat = "kubevirt.io/heartbeat";

Taint read_taint(JsonValue item) {
  Taint taint;
  item.each_field([&](std::string_view key, JsonValue value) {
    if (key == "key") taint.key = value.string();
    if (key == "value") taint.value = value.string();
    if (key == "effect") taint.effect = value.string();
  });
  return taint;
}

bool is_ready(JsonValue condition) {
  bool ready = false;
  bool holds = false;
  condition.each_field([&](std::string_view key, JsonValue value) {
    if (key == "type") ready = value.text() == "Ready";
    if (key == "status") holds = value.text() == "True";
  });
  return ready && holds;
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
      Metadata meta = read_metadata(value, Keep::All, [](std::string_view name) { return name == kHeartbeat; });
      node.name = std::move(meta.key.name);
      node.uid = std::move(meta.uid);
      node.labels = std::move(meta.labels);
      // An annotation is free text: one that is no time tells as much as none.
      if (const std::string* heartbeat = meta.annotations.find(kHeartbeat)) node.heartbeat = parse_rfc3339(*heartbeat);
    } else if (key == "spec") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "unschedulable") node.unschedulable = field.boolean();
        if (name == "taints") field.each_item([&](JsonValue taint) { node.taints.push_back(read_taint(taint)); });
      });
    } else if (key == "status") {
      value.each_field([&](std::string_view name, JsonValue field) {
        if (name == "allocatable") node.allocatable = read_resources(field);
        if (name == "conditions") field.each_item([&](JsonValue condition) { node.ready = node.ready || is_ready(condition); });
      });
    }
  });
  return node;
}

Result<Node> decode_node(std::string_view json) {
  return decode_one<Node>("nodes", json, read_node);
}

}  // namespace drover
