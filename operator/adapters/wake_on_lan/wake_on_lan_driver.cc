#include "adapters/wake_on_lan/wake_on_lan_driver.h"

#include <nlohmann/json.hpp>

#include "adapters/json_common/fields.h"
#include "adapters/wake_on_lan/magic_packet.h"

namespace drover::wake_on_lan {
namespace {

using nlohmann::json;

constexpr std::uint16_t kDiscard = 9;  // where magic packets are sent by custom; nobody need listen
constexpr std::uint16_t kKubelet = 10250;
constexpr Duration kKnock = seconds{2};
constexpr int kCopies = 3;  // nobody confirms a packet
constexpr const char* kLeases = "kube-node-lease";

const WakeOnLanSettings& settings_of(const NodeDriver& target) {
  static const WakeOnLanSettings none;
  const auto* settings = std::get_if<WakeOnLanSettings>(&target.profile->settings);
  return settings != nullptr ? *settings : none;
}

Result<Mac> mac_of(const NodeDriver& target) {
  const std::string& annotation = settings_of(target).mac_annotation;
  const std::string* value = target.node->annotations.find(annotation);
  const auto mac = value != nullptr ? parse_mac(*value) : std::nullopt;
  if (mac) return *mac;
  return Error{ErrorClass::Invalid, "node " + target.node->name + ": annotation " + annotation +
                                        " (driver.wakeOnLAN.macAnnotation of PowerProfile " + target.profile->name +
                                        ") must hold the MAC address of its network card, such as " + "52:54:00:12:34:56; " +
                                        (value == nullptr ? "there is none" : "it is \"" + value->substr(0, 100) + "\"")};
}

// What keeps a node from being put to sleep at all.
Status may_sleep(const NodeDriver& target) {
  if (!settings_of(target).shutdown) {
    return Error{ErrorClass::Invalid, "PowerProfile " + target.profile->name +
                                          " does not say how nodes are switched off, as Wake-on-LAN only switches on: write "
                                          "driver.wakeOnLAN.shutdown, or switch node " +
                                          target.node->name + " off by hand"};
  }
  const auto mac = mac_of(target);
  return mac ? ok() : Status(mac.error());
}

Error rights(Error error, const std::string& what) {
  error.message = what + ": " + error.message;
  if (error.cls == ErrorClass::Denied) error.message += " (manifests/wake-on-lan.yaml has the rights that are needed)";
  if (error.cls == ErrorClass::UnknownOutcome || error.cls == ErrorClass::Conflict) error.cls = ErrorClass::Retryable;
  return error;
}

bool is_held_up(const std::string& why) {
  return why.find("BackOff") != std::string::npos || why.find("Err") != std::string::npos;
}

}  // namespace

Result<WakeOnLanDriver::NodeNow> WakeOnLanDriver::read_node(const std::string& name, const std::stop_token& stop) {
  const auto object = api_.get(resource::kNodes, {"", name}, stop);
  if (!object) return rights(object.error(), "node " + name + " can't be read");
  const json root = json::parse(*object, nullptr, false);
  const json& status = member(root, "status");
  NodeNow now{.uid = text(member(root, "metadata"), "uid"), .address = {}, .boot_id = text(member(status, "nodeInfo"), "bootID")};
  if (const auto conditions = status.find("conditions"); conditions != status.end()) {
    for (const json& condition : *conditions) {
      if (text(condition, "type") == "Ready") now.ready = text(condition, "status") == "True";
    }
  }
  if (const auto addresses = status.find("addresses"); addresses != status.end()) {
    for (const json& address : *addresses) {
      if (now.address.empty() && text(address, "type") == "InternalIP") now.address = text(address, "address");
    }
  }
  if (now.address.empty())
    return Error{ErrorClass::Invalid, "node " + name + " has no InternalIP, at which to hear whether it is on"};
  return now;
}

// Of its lease, which its kubelet renews every ten seconds. "" when there is none.
Result<std::string> WakeOnLanDriver::read_renewed(const std::string& name, const std::stop_token& stop) {
  const auto object = api_.get(resource::kLeases, {kLeases, name}, stop);
  if (!object && object.error().cls == ErrorClass::NotFound) return std::string();
  if (!object) return rights(object.error(), "the lease of node " + name + " can't be read");
  const json root = json::parse(*object, nullptr, false);
  return text(member(root, "spec"), "renewTime");
}

Result<PowerAnswer> WakeOnLanDriver::state(const NodeDriver& target, std::stop_token stop) {
  const std::string& name = target.node->name;
  const auto now = read_node(name, stop);
  if (!now) return now.error();
  const auto renewed = read_renewed(name, stop);
  if (!renewed) return renewed.error();
  const auto heard = network_.knock(now->address, kKubelet, kKnock);
  if (!heard) return rights(heard.error(), "node " + name + " can't be heard");
  const NodeLife life = target.node->marks.life;
  Powered is = Powered::Unknown;
  const bool wakeful = life != NodeLife::PoweringOff && life != NodeLife::Asleep && life != NodeLife::Waking;
  bool with_pod = false;  // which is of no more use: the node is off, or was taken back
  {
    const MutexLock lock(mutex_);
    is = silence_.judge(now->uid, {now->ready, *renewed, *heard, life}, clock_.monotonic());
    with_pod = (is == Powered::Off || wakeful) && pods_.erase(now->uid) > 0;
  }
  if (with_pod && settings_of(target).shutdown) forget_pod(target, stop);
  if (is == Powered::On && wakeful) {
    if (const auto may = may_sleep(target); !may) return may.error();
    if (*heard == Heard::Silence) {
      return Error{ErrorClass::Retryable, "node " + name + " is Ready but does not answer Drover at " + now->address + ":" +
                                              std::to_string(kKubelet) +
                                              ", so its silence would not prove that it is off; let Drover reach that port"};
    }
  }
  return PowerAnswer{.state = is, .meter = {}, .remark = is == Powered::Off ? "that it is off is concluded from its silence" : ""};
}

// As far as it can be deleted: left behind it does nothing in another boot, and not much longer in this one.
void WakeOnLanDriver::forget_pod(const NodeDriver& target, const std::stop_token& stop) {
  (void)api_.remove(resource::kPods, {settings_of(target).shutdown->ns, pod_name(target.node->uid)}, {}, stop);
}

Status WakeOnLanDriver::switch_to(const NodeDriver& target, PowerRequest request, std::stop_token stop) {
  switch (request) {
    case PowerRequest::On: return wake(target, stop);
    case PowerRequest::GracefulOff: return shut_down(target, stop);
    case PowerRequest::ForceOff: break;
  }
  // A system that heeded no order so far may heed the next one, as long as its kubelet runs pods.
  const auto now = read_node(target.node->name, stop);
  if (!now) return now.error();
  if (now->ready) return shut_down(target, stop);
  return Error{ErrorClass::Invalid, "node " + target.node->name + " can't be forced off: its PowerProfile " + target.profile->name +
                                        " names Wake-on-LAN, which has no power to take away; switch it off by hand"};
}

Status WakeOnLanDriver::wake(const NodeDriver& target, const std::stop_token& stop) {
  const auto mac = mac_of(target);
  if (!mac) return mac.error();
  const WakeOnLanSettings& settings = settings_of(target);
  if (settings.shutdown) forget_pod(target, stop);
  const std::string packet = magic_packet(*mac);
  for (int i = 0; i < kCopies; ++i) {
    const auto sent = network_.send(settings.broadcast, kDiscard, packet);
    if (!sent)
      return Error{sent.error().cls,
                   "driver.wakeOnLAN.broadcast of PowerProfile " + target.profile->name + ": " + sent.error().message};
  }
  return ok();
}

Status WakeOnLanDriver::shut_down(const NodeDriver& target, const std::stop_token& stop) {
  if (auto may = may_sleep(target); !may) return may;
  const std::string& name = target.node->name;
  const auto now = read_node(name, stop);
  if (!now) return now.error();
  if (now->uid != target.node->uid) return Error{ErrorClass::Retryable, "node " + name + " is another one by now"};
  if (!now->ready) return Error{ErrorClass::Retryable, "node " + name + " is not Ready, so no pod can switch it off"};
  if (now->boot_id.empty()) return Error{ErrorClass::Retryable, "node " + name + " has no status.nodeInfo.bootID"};
  const PodSettings& settings = *settings_of(target).shutdown;
  const PowerOffPod pod{name, now->uid, now->boot_id};
  {
    const MutexLock lock(mutex_);
    pods_.insert(now->uid);
  }
  const auto created = api_.create(resource::kPods, settings.ns, pod_json(pod, settings), {}, stop);
  if (created) return ok();
  const ObjectKey key{settings.ns, pod_name(now->uid)};
  if (created.error().cls == ErrorClass::AlreadyExists) return judge_pod(pod, key, stop);
  return rights(created.error(), "pod " + to_string(key) + ", which switches node " + name + " off, can't be made");
}

// Of a pod that was there: the order was given already, or it has to be given again.
Status WakeOnLanDriver::judge_pod(const PowerOffPod& pod, const ObjectKey& key, const std::stop_token& stop) {
  const auto object = api_.get(resource::kPods, key, stop);
  if (!object) return rights(object.error(), "pod " + to_string(key) + " can't be read");
  const auto found = read_pod(*object, pod);
  if (!found) return found.error();
  const std::string name = "pod " + to_string(key) + ", which switches node " + pod.node + " off, ";
  if (found->stand == PodStand::UnderWay) {
    return is_held_up(found->why) ? Status(Error{ErrorClass::Retryable, name + "does not run: " + found->why}) : ok();
  }
  if (const auto removed = api_.remove(resource::kPods, key, {.uid = found->uid, .resource_version = {}}, stop); !removed)
    return rights(removed.error(), "pod " + to_string(key) + " can't be deleted");
  const bool failed = found->stand == PodStand::Failed;
  return Error{ErrorClass::Retryable,
               name + (failed ? "failed (" + found->why + ") and was deleted" : "was an earlier one's and was deleted")};
}

}  // namespace drover::wake_on_lan
