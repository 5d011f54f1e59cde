#include "adapters/wake_on_lan/power_off_pod.h"

#include <nlohmann/json.hpp>

#include "adapters/json_common/fields.h"
#include "base/hash.h"

namespace drover::wake_on_lan {
namespace {

using nlohmann::json;

constexpr const char* kBootId = "drover.dev/boot-id";
constexpr int kDeadlineSeconds = 300;  // for pulling the image, mostly

// The boot id is an argument, never part of the script.
constexpr const char* kScript = R"sh([ "$(cat /proc/sys/kernel/random/boot_id)" = "$0" ] && exec systemctl --no-block poweroff)sh";

// Of the first container: why it does not run, or how it ended.
std::string reason_of(const json& status) {
  const auto containers = status.find("containerStatuses");
  if (containers == status.end() || !containers->is_array() || containers->empty()) return text(status, "message");
  const json& state = member(containers->front(), "state");
  for (const char* name : {"terminated", "waiting"}) {
    const json& now = member(state, name);
    if (!now.empty()) return text(now, "reason") + (text(now, "message").empty() ? "" : ": " + text(now, "message"));
  }
  return {};
}

}  // namespace

std::string pod_name(const std::string& node_uid) {
  return "drover-power-off-" + hash_text(stable_hash(node_uid));
}

std::string pod_json(const PowerOffPod& pod, const PodSettings& settings) {
  json command = {"nsenter", "--target", "1",       "--mount", "--uts", "--ipc",    "--net",
                  "--pid",   "--",       "/bin/sh", "-c",      kScript, pod.boot_id};
  json container = {{"name", "power-off"},
                    {"image", settings.image},
                    {"command", std::move(command)},
                    {"securityContext", {{"privileged", true}, {"runAsUser", 0}}}};
  json spec = {{"nodeName", pod.node},
               {"hostPID", true},
               {"restartPolicy", "Never"},
               {"automountServiceAccountToken", false},
               {"enableServiceLinks", false},
               {"activeDeadlineSeconds", kDeadlineSeconds},
               {"terminationGracePeriodSeconds", 0},  // so that it can be deleted when its kubelet is gone
               {"tolerations", json::array({{{"operator", "Exists"}}})},
               {"containers", json::array({std::move(container)})}};
  if (!settings.service_account.empty()) spec["serviceAccountName"] = settings.service_account;
  return json{
      {"apiVersion", "v1"},
      {"kind", "Pod"},
      {"metadata",
       {{"name", pod_name(pod.node_uid)},
        {"namespace", settings.ns},
        {"labels", {{"app.kubernetes.io/name", "drover"}, {"app.kubernetes.io/component", "power-off"}}},
        {"annotations", {{kBootId, pod.boot_id}}},
        {"ownerReferences",
         json::array(
             {{{"apiVersion", "v1"}, {"kind", "Node"}, {"name", pod.node}, {"uid", pod.node_uid}, {"controller", true}}})}}},
      {"spec", std::move(spec)}}
      .dump();
}

Result<PodFound> read_pod(std::string_view json_of_pod, const PowerOffPod& wanted) {
  const json root = json::parse(json_of_pod, nullptr, false);
  if (!root.is_object()) return Error{ErrorClass::Retryable, "the answer to a read of a Pod is none"};
  const json& metadata = member(root, "metadata");
  const json& status = member(root, "status");
  PodFound found{.stand = PodStand::Other, .uid = text(metadata, "uid"), .why = reason_of(status)};
  const bool ours = text(member(metadata, "annotations"), kBootId) == wanted.boot_id &&
                    text(member(root, "spec"), "nodeName") == wanted.node && !metadata.contains("deletionTimestamp");
  if (ours) found.stand = text(status, "phase") == "Failed" ? PodStand::Failed : PodStand::UnderWay;
  return found;
}

}  // namespace drover::wake_on_lan
