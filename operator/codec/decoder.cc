#include "codec/decoder.h"

#include <cstring>
#include <utility>

#include "codec/json_value.h"
#include "codec/kubevirt.h"
#include "codec/migration.h"
#include "codec/node.h"
#include "codec/node_lease.h"
#include "codec/pod.h"
#include "codec/policy.h"
#include "codec/power_profile.h"
#include "codec/status.h"
#include "codec/vm.h"
#include "codec/volume.h"

namespace drover {
namespace {

template <typename T>
std::shared_ptr<const T> share(T value) {
  return std::make_shared<const T>(std::move(value));
}

struct ListMeta {
  std::string continue_token;
  std::string resource_version;
};

ListMeta read_list_meta(JsonValue metadata) {
  ListMeta meta;
  metadata.each_field([&](std::string_view key, JsonValue value) {
    if (key == "continue") {
      meta.continue_token = value.string();
    } else if (key == "resourceVersion") {
      meta.resource_version = value.string();
    }
  });
  return meta;
}

Error too_long(Kind kind, std::size_t size, std::size_t limit) {
  return {.cls = ErrorClass::Invalid,
          .message = std::string(to_string(kind)) + ": the server sent " + std::to_string(size) + " bytes at once, more than the " +
                     std::to_string(limit) + " that are read"};
}

}  // namespace

struct Decoder::State {
  explicit State(Kind k) : kind(k) {}

  Kind kind;
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  std::string padded;  // what is being read, with room behind it that the parser may look at
  JsonContext context;
  SchedulingPool pool;
  VolumeTraitsPool volume_traits;

  // The root of the text in `padded`; empty when malformed.
  std::optional<simdjson::ondemand::value> parse() {
    context = JsonContext{};
    padded.reserve(padded.size() + simdjson::SIMDJSON_PADDING);
    simdjson::ondemand::value root;
    auto error = parser.iterate(simdjson::padded_string_view(padded.data(), padded.size(), padded.capacity())).get(document);
    if (!error) error = document.get_value().get(root);
    if (error) {
      context.fail_malformed(error);
      return std::nullopt;
    }
    return root;
  }

  [[nodiscard]] Error error() const { return context.error(to_string(kind)); }

  // Unset when the context has failed.
  Object read(JsonValue json) {
    Object object;
    switch (kind) {
      case Kind::Node: object.value = share(read_node(json)); break;
      case Kind::Pod: object.value = share(read_pod(json, pool)); break;
      case Kind::Namespace: object.value = share(read_namespace(json)); break;
      case Kind::DisruptionBudget: object.value = share(read_disruption_budget(json)); break;
      case Kind::Vm: object.value = share(read_vm(json)); break;
      case Kind::Migration: object.value = share(read_migration(json)); break;
      case Kind::KubeVirt: object.value = share(read_kubevirt(json)); break;
      case Kind::KubeVirtPolicy: object.value = share(read_kubevirt_policy(json)); break;
      case Kind::Policy:
      case Kind::ClusterPolicy: object.value = share(read_policy(json)); break;
      case Kind::PowerProfile: object.value = share(read_power_profile(json)); break;
      case Kind::VolumeClaim: object.value = share(read_volume_claim(json)); break;
      case Kind::Volume: object.value = share(read_volume(json, volume_traits)); break;
      case Kind::CsiNode: object.value = share(read_csi_node(json)); break;
      case Kind::NodeLease: object.value = share(read_node_lease(json)); break;
    }
    if (context.key.name.empty()) context.fail("metadata.name is missing");
    object.key = context.key;
    return object;
  }

  void read_event(std::string_view type, JsonValue json, WatchEvent& event) {
    if (type == "BOOKMARK") {
      event.type = WatchEvent::Type::Bookmark;
      json.each_field([&](std::string_view key, JsonValue value) {
        if (key != "metadata") return;
        ListMeta meta = read_list_meta(value);
        event.resource_version = std::move(meta.resource_version);
      });
      return;
    }
    if (type == "ERROR") {
      event.type = WatchEvent::Type::Error;
      event.error = read_status(json);
      return;
    }
    event.type = type == "DELETED" ? WatchEvent::Type::Delete : WatchEvent::Type::Upsert;
    context.begin_object();
    event.object = read(json);
    event.key = context.key;
    event.resource_version = context.resource_version;
    // What is deleted need only be named.
    if (context.failed() && !context.malformed() && (event.type == WatchEvent::Type::Upsert || event.key.name.empty())) {
      event.type = WatchEvent::Type::Unreadable;
      event.error = error();
    }
    context.end_object();
  }
};

Decoder::Decoder(Kind kind) : state_(std::make_unique<State>(kind)) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

Result<ListPage> Decoder::list(std::string text) {
  State& state = *state_;
  if (text.size() > kMaxListBytes) return too_long(state.kind, text.size(), kMaxListBytes);
  state.padded = std::move(text);
  ListPage page;
  if (const auto root = state.parse()) {
    JsonValue(*root, state.context).each_field([&](std::string_view key, JsonValue value) {
      if (key == "metadata") {
        ListMeta meta = read_list_meta(value);
        page.continue_token = std::move(meta.continue_token);
        page.resource_version = std::move(meta.resource_version);
      } else if (key == "items") {
        value.each_item([&](JsonValue item) {
          state.context.begin_object();
          Object object = state.read(item);
          if (!state.context.failed()) {
            page.items.push_back(std::move(object));
          } else if (!state.context.malformed()) {
            page.unreadable.push_back(state.error());
          }
          state.context.end_object();
        });
      }
    });
  }
  // A page is large and the last one for a long time: give its memory back.
  state.padded = std::string();
  state.parser = simdjson::ondemand::parser();
  if (state.context.failed()) return state.error();
  if (page.resource_version.empty()) {
    return Error{.cls = ErrorClass::Invalid,
                 .message = std::string(to_string(state.kind)) + ": the list has no metadata.resourceVersion"};
  }
  return page;
}

Result<WatchEvent> Decoder::watch_line(std::string_view line) {
  State& state = *state_;
  if (line.size() > kMaxObjectBytes) return too_long(state.kind, line.size(), kMaxObjectBytes);
  state.padded.assign(line);
  WatchEvent event;
  auto root = state.parse();
  if (!root) return state.error();
  // The server writes the type first; read it first wherever it stands.
  std::string_view type;
  simdjson::ondemand::value json;
  simdjson::ondemand::object fields;
  auto error = root->get_object().get(fields);
  if (!error) error = fields.find_field_unordered("type").get_string().get(type);
  if (!error) error = fields.find_field_unordered("object").get(json);
  if (error) {
    state.context.fail("a watch event with a type and an object was expected");
    return state.error();
  }
  const bool known = type == "ADDED" || type == "MODIFIED" || type == "DELETED" || type == "BOOKMARK" || type == "ERROR";
  if (!known) {
    state.context.fail("unknown type \"" + std::string(type.substr(0, 100)) + "\" of a watch event");
    return state.error();
  }
  state.read_event(type, JsonValue(json, state.context), event);
  if (state.context.failed()) return state.error();
  return event;
}

Result<Object> Decoder::object(std::string_view json) {
  State& state = *state_;
  if (json.size() > kMaxObjectBytes) return too_long(state.kind, json.size(), kMaxObjectBytes);
  state.padded.assign(json);
  if (const auto root = state.parse()) {
    Object object = state.read(JsonValue(*root, state.context));
    if (!state.context.failed()) return object;
  }
  return state.error();
}

}  // namespace drover
