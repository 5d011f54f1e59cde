#include "codec/node.h"

#include <algorithm>
#include <charconv>
#include <functional>
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
  return is_of_a_driver(name) || name == node_wish::kWish || name == node_wish::kWishUntil || name == node_mark::kLife ||
         name == node_mark::kSince || name == node_mark::kPolicyUid || name == node_mark::kReason || name == node_mark::kCordoned ||
         name == node_mark::kTold || name == node_mark::kPlatform || name == node_mark::kCsiDrivers ||
         name == node_mark::kServices || name == node_mark::kTest || name == node_mark::kTested || name == node_mark::kOffs ||
         name == node_mark::kWoken || name == node_mark::kWakeSeconds;
}

void each_part(std::string_view list, const std::function<void(std::string_view)>& use) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (end > 0) use(list.substr(0, end));
    list.remove_prefix(std::min(list.size(), end + 1));
  }
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
  each_part(annotations.value_or(node_mark::kTold, ""), [&](std::string_view key) { marks.told.emplace_back(key); });
  marks.platform = annotations.value_or(node_mark::kPlatform, "");
  marks.test = annotations.value_or(node_mark::kTest, "") == "true";
  each_part(annotations.value_or(node_mark::kCsiDrivers, ""), [&](std::string_view name) { marks.csi_drivers.emplace_back(name); });
  each_part(annotations.value_or(node_mark::kServices, ""), [&](std::string_view name) { marks.services.emplace_back(name); });
  return marks;
}

// Annotations are free text: what is no time or number in them tells as much as none.
NodeRecord read_record(const Labels& annotations) {
  NodeRecord record;
  each_part(annotations.value_or(node_mark::kOffs, ""), [&](std::string_view text) {
    if (const auto at = parse_rfc3339(text)) record.offs.push_back(*at);
  });
  std::sort(record.offs.begin(), record.offs.end());
  record.woken = parse_rfc3339(annotations.value_or(node_mark::kWoken, ""));
  record.tested = parse_rfc3339(annotations.value_or(node_mark::kTested, ""));
  each_part(annotations.value_or(node_mark::kWakeSeconds, ""), [&](std::string_view text) {
    std::int64_t figure = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), figure);
    const bool is_figure = read.ec == std::errc() && read.ptr == text.data() + text.size() && figure >= 0 && figure < 1'000'000;
    if (is_figure && record.wakes.size() < NodeRecord::kWakes) record.wakes.push_back(seconds{figure});
  });
  return record;
}

// A word that is none of the two, or a time that is none, is no wish: it cannot be told what for.
std::optional<NodeWish> read_wish(const Labels& annotations) {
  const std::string_view word = annotations.value_or(node_wish::kWish, "");
  if (word != "wake" && word != "sleep") return std::nullopt;
  NodeWish wish{.act = word == "wake" ? NodeWish::Act::Wake : NodeWish::Act::Sleep, .until = {}};
  if (const std::string* until = annotations.find(node_wish::kWishUntil)) {
    wish.until = parse_rfc3339(*until);
    if (!wish.until) return std::nullopt;
  }
  return wish;
}

Labels of_drivers(const Labels& annotations) {
  std::vector<std::pair<std::string, std::string>> kept;
  for (const auto& [name, value] : annotations) {
    if (is_of_a_driver(name)) kept.emplace_back(name, value);
  }
  return Labels(std::move(kept));
}

void read_node_info(JsonValue info, Node& node) {
  info.each_field([&](std::string_view key, JsonValue value) {
    if (key == "systemUUID") node.system_uuid = value.string();
    if (key == "kubeletVersion") node.kubelet_version = value.string();
  });
}

void read_node_condition(JsonValue condition, Node& node) {
  bool ready = false;
  bool holds = false;
  bool unknown = false;
  std::optional<Instant> since;
  condition.each_field([&](std::string_view key, JsonValue value) {
    if (key == "type") ready = value.text() == "Ready";
    if (key == "status") {
      holds = value.text() == "True";
      unknown = value.text() == "Unknown";
    }
    if (key == "lastTransitionTime") since = value.instant();
  });
  if (ready) node.lost = unknown;
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
      node.record = read_record(meta.annotations);
      node.wish = read_wish(meta.annotations);
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
        if (name == "nodeInfo") read_node_info(field, node);
        if (name == "allocatable") node.allocatable = read_resources(field);
        if (name == "conditions") field.each_item([&](JsonValue condition) { read_node_condition(condition, node); });
      });
    }
  });
  return node;
}

namespace {

using nlohmann::json;

template <typename List, typename Text>
std::string joined(const List& list, const Text& text) {
  std::string all;
  for (const auto& item : list) all += (all.empty() ? "" : ",") + text(item);
  return all;
}

// Annotations of ours: each as it is to be; an empty one is taken away.
void write_annotations(json& annotations, const Node& marked) {
  const NodeMarks& marks = marked.marks;
  const bool rests = marks.life != NodeLife::Active;
  const auto put = [&](std::string_view name, std::string value) {
    annotations.erase(std::string(name));
    if (!value.empty()) annotations[std::string(name)] = std::move(value);
  };
  const auto same = [](const std::string& text) { return text; };
  put(node_mark::kCordoned, marks.cordoned ? "true" : "");
  put(node_mark::kLife, rests ? std::string(to_string(marks.life)) : "");
  put(node_mark::kSince, rests ? to_rfc3339(marks.since) : "");
  put(node_mark::kPolicyUid, rests ? marks.policy_uid : "");
  put(node_mark::kReason, rests ? marks.reason : "");
  put(node_mark::kTold, joined(marks.told, same));
  put(node_mark::kPlatform, marks.platform);
  put(node_mark::kTest, marks.test ? "true" : "");
  put(node_mark::kCsiDrivers, joined(marks.csi_drivers, same));
  put(node_mark::kServices, joined(marks.services, same));
  const NodeRecord& record = marked.record;
  put(node_mark::kOffs, joined(record.offs, [](Instant at) { return to_rfc3339(at); }));
  put(node_mark::kTested, record.tested ? to_rfc3339(*record.tested) : "");
  put(node_mark::kWoken, record.woken ? to_rfc3339(*record.woken) : "");
  put(node_mark::kWakeSeconds,
      joined(record.wakes, [](Duration wake) { return std::to_string(std::chrono::duration_cast<seconds>(wake).count()); }));
}

// Labels, annotations and the taint by which others are told: there or not, as on the node that is to be.
void write_told(json& metadata, json& taints, const Node& marked) {
  for (const Told& told : kTold) {
    const std::string key(told.key);
    const bool is_to_be = is_there(marked, told);
    if (told.kind == Told::Kind::Taint) {
      const auto is_it = [&](const json& taint) { return taint.value("key", "") == key; };
      const auto at = std::find_if(taints.begin(), taints.end(), is_it);
      if (is_to_be && at == taints.end()) taints.push_back({{"key", key}, {"value", told.value}, {"effect", "NoExecute"}});
      if (!is_to_be && at != taints.end()) taints.erase(at);
      continue;
    }
    const char* map = told.kind == Told::Kind::Label ? "labels" : "annotations";
    if (is_to_be && (!metadata.contains(map) || metadata[map].is_null())) metadata[map] = json::object();
    if (is_to_be && !metadata[map].contains(key)) metadata[map][key] = told.value;
    if (!is_to_be && metadata.contains(map) && metadata[map].is_object()) metadata[map].erase(key);
  }
}

}  // namespace

std::string encode_node_marks(std::string_view node_json, const Node& marked) {
  json node = json::parse(node_json);
  json& metadata = node["metadata"];
  if (metadata["annotations"].is_null()) metadata["annotations"] = json::object();
  write_annotations(metadata["annotations"], marked);
  json& spec = node["spec"];
  if (spec.is_null()) spec = json::object();
  json taints = json::array();
  for (const json& taint : spec.value("taints", json::array())) {
    if (taint.value("key", "") != node_mark::kOldTaint) taints.push_back(taint);
  }
  spec.erase("unschedulable");
  if (marked.unschedulable) spec["unschedulable"] = true;
  write_told(metadata, taints, marked);
  if (!marked.wish) metadata["annotations"].erase(std::string(node_wish::kWish));
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
