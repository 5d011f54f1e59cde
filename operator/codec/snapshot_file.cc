#include "codec/snapshot_file.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <utility>

#include "codec/decoder.h"
#include "codec/write.h"

namespace drover {
namespace {

using Json = nlohmann::json;

constexpr int kVersion = 1;
constexpr int kMaxDepth = 100;  // no object of Kubernetes is nested so deep
constexpr std::string_view kKind = "DroverSnapshot";

// What is kept of each kind: true keeps a value whole, an object those of its members, for each item of a list alike.
// "metadata" and "annotations" are the same for all and stand below.
const Json& mask_of(Kind kind) {
  static const std::map<Kind, Json> kMasks = [] {
    const Json state = Json::parse(R"({"migrationUid":true,"sourceNode":true,"targetNode":true,"completed":true,"failed":true,
      "abortRequested":true,"failureReason":true,"mode":true,"startTimestamp":true,"endTimestamp":true})");
    const Json container = Json::parse(R"({"name":true,"resources":{"requests":true},"restartPolicy":true,
      "ports":{"hostPort":true,"hostIP":true,"protocol":true}})");
    std::map<Kind, Json> masks;
    masks[Kind::Node] = Json::parse(R"({"spec":{"unschedulable":true,"taints":true},
      "status":{"allocatable":true,"conditions":{"type":true,"status":true},"nodeInfo":{"kubeletVersion":true}}})");
    masks[Kind::Pod] = Json::parse(R"({"spec":{"nodeName":true,"resources":{"requests":true},"overhead":true,"nodeSelector":true,
      "affinity":true,"tolerations":true,"topologySpreadConstraints":true,"priority":true,
      "volumes":{"name":true,"persistentVolumeClaim":{"claimName":true},"ephemeral":{},"emptyDir":{}}},
      "status":{"phase":true,"conditions":{"type":true,"status":true,"reason":true,"message":true}}})");
    masks[Kind::Pod]["spec"]["containers"] = container;
    masks[Kind::Pod]["spec"]["initContainers"] = container;
    const Json granted = Json::parse(R"({"name":true,"allocatedResources":true,"resources":{"requests":true}})");
    masks[Kind::Pod]["status"]["containerStatuses"] = masks[Kind::Pod]["status"]["initContainerStatuses"] = granted;
    masks[Kind::Namespace] = Json::object();
    masks[Kind::DisruptionBudget] =
        Json::parse(R"({"spec":{"selector":true},"status":{"disruptionsAllowed":true,"observedGeneration":true}})");
    masks[Kind::Vm] = Json::parse(R"({"spec":{"nodeSelector":true,
        "volumes":{"persistentVolumeClaim":{"claimName":true},"dataVolume":{"name":true},
                   "ephemeral":{"persistentVolumeClaim":{"claimName":true}}},
        "domain":{"cpu":{"cores":true,"sockets":true,"threads":true,"model":true},"memory":{"guest":true,"hugepages":true},
                  "resources":{"requests":{"cpu":true,"memory":true}}}},
      "status":{"phase":true,"nodeName":true,"evacuationNodeName":true,"selinuxContext":true,"memory":{"guestCurrent":true},
        "currentCPUTopology":true,"conditions":{"type":true,"status":true,"reason":true,"message":true}}})");
    masks[Kind::Vm]["status"]["migrationState"] = state;
    masks[Kind::Migration] = Json::parse(R"({"spec":{"vmiName":true,"addedNodeSelector":true},
      "status":{"phase":true,"phaseTransitionTimestamps":true,"conditions":{"type":true,"status":true}}})");
    masks[Kind::Migration]["status"]["migrationState"] = state;
    masks[Kind::KubeVirt] = Json::parse(R"({"spec":{"configuration":{"migrations":true}},
      "status":{"phase":true,"observedKubeVirtVersion":true}})");
    masks[Kind::KubeVirtPolicy] = Json::parse(R"({"spec":true})");
    masks[Kind::Policy] = masks[Kind::ClusterPolicy] = Json::parse(R"({"spec":true,"status":true})");
    masks[Kind::PowerProfile] = Json::parse(
        R"({"spec":{"nodeSelector":true,"priority":true,"model":true,"boot":true,"shutdown":true,"driver":{"type":true},"limits":true}})");
    masks[Kind::VolumeClaim] = Json::parse(R"({"spec":{"volumeName":true},"status":{"phase":true}})");
    masks[Kind::Volume] = Json::parse(R"({"spec":{"nodeAffinity":true,"csi":{"driver":true,"volumeHandle":true}}})");
    masks[Kind::CsiNode] = Json::parse(R"({"spec":{"drivers":{"name":true,"allocatable":true}}})");
    masks[Kind::NodeLease] = Json::parse(R"({"spec":{"holderIdentity":true,"renewTime":true,"leaseDurationSeconds":true}})");
    for (auto& [each, mask] : masks) {
      mask["metadata"] = Json::parse(R"({"name":true,"namespace":true,"uid":true,"resourceVersion":true,"labels":true,
        "creationTimestamp":true,"deletionTimestamp":true,"generation":true})");
    }
    masks[Kind::Pod]["metadata"]["ownerReferences"] = Json::parse(R"({"kind":true,"name":true,"controller":true})");
    return masks;
  }();
  return kMasks.at(kind);
}

bool keeps_annotation(std::string_view name) {
  return name.starts_with("drover.dev/") || name.starts_with("kubevirt.io/") || name == "karpenter.sh/do-not-disrupt" ||
         name == "cluster-autoscaler.kubernetes.io/safe-to-evict" || name == "pv.kubernetes.io/bind-completed";
}

Json cut(const Json& value, const Json& mask) {
  if (mask.is_boolean()) return value;
  if (value.is_array()) {
    Json kept = Json::array();
    for (const Json& item : value) kept.push_back(cut(item, mask));
    return kept;
  }
  if (!value.is_object()) return value;
  Json kept = Json::object();
  for (const auto& [key, inner] : mask.items()) {
    if (const auto at = value.find(key); at != value.end()) kept[key] = cut(*at, inner);
  }
  return kept;
}

Json cut_object(Kind kind, const Json& object) {
  Json kept = cut(object, mask_of(kind));
  const Json annotations = object.value("/metadata/annotations"_json_pointer, Json::object());
  for (const auto& [name, text] : annotations.items()) {
    if (keeps_annotation(name)) kept["metadata"]["annotations"][name] = text;
  }
  return kept;
}

Error wrong(const std::string& field, const std::string& what) {
  return {ErrorClass::Invalid, field + ": " + what};
}

// Reads members strictly and remembers the first thing that was wrong.
class Reader {
 public:
  explicit Reader(const Json& json, std::string path) : json_(json), path_(std::move(path)) {}

  [[nodiscard]] Status only(const std::set<std::string>& known) const {
    if (!json_.is_object())
      return wrong(path_.empty() ? "the file" : path_, "an object was expected; take a new one with `drover snapshot`");
    for (const auto& [key, value] : json_.items()) {
      if (!known.contains(key))
        return wrong(path_ + "." + key, "is no field of a snapshot; was it written by a later version of Drover?");
    }
    return ok();
  }
  // A figure from 0 on, or empty when it is absent.
  [[nodiscard]] Result<std::optional<double>> figure(const std::string& key, bool may_be_negative = false) const {
    const auto at = json_.find(key);
    if (at == json_.end()) return std::optional<double>();
    if (!at->is_number()) return wrong(path_ + "." + key, "a number was expected");
    const double value = at->get<double>();
    if (!std::isfinite(value) || std::abs(value) > 1e18 || (value < 0 && !may_be_negative)) {
      return wrong(path_ + "." + key, "must be a number from 0 to 1e18");
    }
    return std::optional<double>(value);
  }
  [[nodiscard]] Result<std::string> text(const std::string& key) const {
    const auto at = json_.find(key);
    if (at == json_.end() || !at->is_string()) return wrong(path_ + "." + key, "a text was expected");
    return at->get<std::string>();
  }
  [[nodiscard]] Result<Instant> instant(const std::string& key) const {
    auto found = text(key);
    if (!found) return found.error();
    const auto at = parse_rfc3339(*found);
    if (!at) return wrong(path_ + "." + key, "\"" + found->substr(0, 60) + "\" is no time; write it like 2026-01-05T08:00:00Z");
    return *at;
  }
  [[nodiscard]] Result<ObjectKey> key() const {
    auto ns = text("namespace");
    if (!ns) return ns.error();
    auto name = text("name");
    if (!name) return name.error();
    return ObjectKey{*ns, *name};
  }

 private:
  const Json& json_;
  std::string path_;
};

Status read_use(const Json& json, UseTable& use) {
  const Reader reader(json, "use");
  if (auto known = reader.only({"sampled", "ageSeconds", "vms"}); !known) return known;
  auto sampled = reader.instant("sampled");
  if (!sampled) return sampled.error();
  use.sampled = *sampled;
  const auto age = reader.figure("ageSeconds");
  if (!age) return age.error();
  use.age = from_seconds(age->value_or(0));
  const Json vms = json.value("vms", Json::array());
  for (std::size_t i = 0; i < vms.size(); ++i) {
    const Reader vm(vms[i], "use.vms[" + std::to_string(i) + "]");
    if (auto known = vm.only({"namespace", "name", "cpuCores", "cpuDelayCores", "memoryBytes", "dirtyBytesPerSecond"}); !known)
      return known;
    auto key = vm.key();
    if (!key) return key.error();
    VmUse& into = use.vms[*key];
    for (auto [name, slot] :
         {std::pair{"cpuCores", &into.cpu_cores}, std::pair{"cpuDelayCores", &into.cpu_delay_cores},
          std::pair{"memoryBytes", &into.memory_bytes}, std::pair{"dirtyBytesPerSecond", &into.dirty_bytes_per_second}}) {
      auto figure = vm.figure(name);
      if (!figure) return figure.error();
      *slot = *figure;
    }
  }
  return ok();
}

Status read_signals(const Json& json, std::map<ObjectKey, SignalTable>& signals, Instant taken) {
  if (!json.is_array()) return wrong("signals", "a list was expected");
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string path = "signals[" + std::to_string(i) + "]";
    const Reader reader(json[i], path);
    if (auto known = reader.only({"namespace", "name", "values"}); !known) return known;
    auto policy = reader.key();
    if (!policy) return policy.error();
    SignalTable& table = signals[*policy];
    table.sampled = taken;
    const Json values = json[i].value("values", Json::array());
    for (std::size_t v = 0; v < values.size(); ++v) {
      const Reader item(values[v], path + ".values[" + std::to_string(v) + "]");
      if (auto known = item.only({"namespace", "name", "value"}); !known) return known;
      auto vm = item.key();
      if (!vm) return vm.error();
      auto value = item.figure("value", true);
      if (!value) return value.error();
      if (*value) table.values[*vm] = **value;
    }
  }
  return ok();
}

Status read_objects(const Json& json, SnapshotFile& file) {
  if (!json.is_object()) return wrong("objects", "an object was expected, a list of each resource by its name");
  for (const auto& [resource, items] : json.items()) {
    std::optional<Kind> kind;
    for (const Kind each : kAllKinds) {
      if (to_string(each) == resource) kind = each;
    }
    if (!kind) return wrong("objects." + resource, "is no resource that Drover reads");
    if (!items.is_array()) return wrong("objects." + resource, "a list was expected");
    Decoder decoder(*kind);
    std::set<ObjectKey> seen;
    std::vector<Object>& objects = file.objects[*kind];  // there when it is empty: the kind was read
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::string path = "objects." + resource + "[" + std::to_string(i) + "]";
      auto object = decoder.object(write::text(items[i]));
      if (!object) return wrong(path, object.error().message);
      if (!seen.insert(object->key).second) return wrong(path, to_string(object->key) + " is there twice");
      objects.push_back(std::move(*object));
    }
  }
  return ok();
}

Json key_json(const ObjectKey& key) {
  return {{"namespace", key.ns}, {"name", key.name}};
}

}  // namespace

struct SnapshotWriter::State {
  std::map<Kind, Json> objects;
  Json use;
  Json signals = Json::array();
};

SnapshotWriter::SnapshotWriter() : state_(std::make_unique<State>()) {}
SnapshotWriter::~SnapshotWriter() = default;

void SnapshotWriter::add_page(Kind kind, std::string_view list) {
  Json& kept = state_->objects.try_emplace(kind, Json::array()).first->second;
  const Json page = Json::parse(list, nullptr, false);
  if (!page.is_object() || !page.contains("items") || !page["items"].is_array()) return;
  Decoder decoder(kind);
  for (const Json& item : page["items"]) {
    Json object = cut_object(kind, item);
    if (decoder.object(write::text(object))) kept.push_back(std::move(object));
  }
}

void SnapshotWriter::set_use(const UseTable& use) {
  Json vms = Json::array();
  for (const auto& [key, figures] : use.vms) {
    Json vm = key_json(key);
    if (figures.cpu_cores) vm["cpuCores"] = *figures.cpu_cores;
    if (figures.cpu_delay_cores) vm["cpuDelayCores"] = *figures.cpu_delay_cores;
    if (figures.memory_bytes) vm["memoryBytes"] = *figures.memory_bytes;
    if (figures.dirty_bytes_per_second) vm["dirtyBytesPerSecond"] = *figures.dirty_bytes_per_second;
    vms.push_back(std::move(vm));
  }
  state_->use = {{"sampled", to_rfc3339_micro(use.sampled)}, {"ageSeconds", to_seconds(use.age)}, {"vms", std::move(vms)}};
}

void SnapshotWriter::add_signal(const PolicyRef& policy, const SignalTable& table) {
  Json signal = key_json(policy.key);
  signal["values"] = Json::array();
  for (const auto& [key, value] : table.values) {
    Json item = key_json(key);
    item["value"] = value;
    signal["values"].push_back(std::move(item));
  }
  state_->signals.push_back(std::move(signal));
}

std::string SnapshotWriter::text(Instant taken) const {
  Json file = {{"kind", kKind}, {"version", kVersion}, {"taken", to_rfc3339_micro(taken)}, {"objects", Json::object()}};
  for (const auto& [kind, items] : state_->objects) file["objects"][std::string(to_string(kind))] = items;
  if (!state_->use.is_null()) file["use"] = state_->use;
  file["signals"] = state_->signals;
  return write::text(file) + "\n";
}

Result<SnapshotFile> decode_snapshot(std::string_view text) {
  if (text.empty()) return wrong("the file", "is empty; take a snapshot with `drover snapshot > FILE`");
  Json json;
  try {
    json = Json::parse(text, [](int depth, Json::parse_event_t, Json&) {
      if (depth > kMaxDepth) throw std::length_error("it is nested more than " + std::to_string(kMaxDepth) + " deep");
      return true;
    });
  } catch (const std::length_error& e) {
    return wrong("the file", e.what());
  } catch (const Json::exception& e) {
    const std::string what = e.what();  // "[json.exception.parse_error.101] parse error at line 1, column 5: ..."
    const auto at = what.find("] ");
    return wrong("the file", "is no JSON, or was cut: " + (at == std::string::npos ? what : what.substr(at + 2)));
  }
  const Reader reader(json, "");
  if (auto known = reader.only({"kind", "version", "taken", "objects", "use", "signals"}); !known) return known.error();
  const bool ours = json.value("kind", Json()) == kKind && json.value("version", Json()) == kVersion;
  if (!ours) return wrong("kind", "this is no snapshot of version 1; take one with `drover snapshot > FILE`");
  SnapshotFile file;
  auto taken = reader.instant("taken");
  if (!taken) return taken.error();
  file.taken = *taken;
  if (auto objects = read_objects(json.value("objects", Json::object()), file); !objects) return objects.error();
  if (json.contains("use")) {
    if (auto use = read_use(json["use"], file.use); !use) return use.error();
  }
  if (auto signals = read_signals(json.value("signals", Json::array()), file.signals, *taken); !signals) return signals.error();
  return file;
}

}  // namespace drover
