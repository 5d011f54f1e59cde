#include "act/machine_notice.h"

#include <algorithm>
#include <array>

namespace drover {
namespace {

constexpr std::string_view kMachine = "cluster.x-k8s.io/machine";
constexpr std::string_view kMachineNamespace = "cluster.x-k8s.io/cluster-namespace";
constexpr std::string_view kPaused = "drover.dev/health-checks-paused";
constexpr std::array<const char*, 2> kVersions = {"v1beta2", "v1beta1"};  // older Cluster APIs serve the second only

bool holds_told(const Node& node) {
  return std::find(node.marks.told.begin(), node.marks.told.end(), kSkipRemediation) != node.marks.told.end();
}

}  // namespace

std::optional<MachineNotice> MachineNotice::of(const MarkNode& mark, const Node& node) {
  const std::string* machine = node.annotations.find(kMachine);
  const std::string* ns = node.annotations.find(kMachineNamespace);
  if (machine == nullptr || ns == nullptr) return std::nullopt;
  const bool tell = mark.marks.life == NodeLife::PoweringOff && !holds_told(node) && node.labels.find(kPaused) == nullptr;
  const bool take_back = mark.marks.life == NodeLife::Active && holds_told(node);
  if (!tell && !take_back) return std::nullopt;
  MachineNotice notice;
  notice.machine_ = {*ns, *machine};
  notice.node_ = node.name;
  notice.tell_ = tell;
  return notice;
}

Call MachineNotice::call() const {
  const ResourceType type{"cluster.x-k8s.io", kVersions.at(version_), "machines", true};
  if (body_.empty()) return Call{.verb = Call::Verb::Get, .type = type, .key = machine_};
  return Call{.verb = Call::Verb::Apply, .type = type, .key = machine_, .body = body_};
}

Result<bool> MachineNotice::hear(const Result<std::string>& answer) {
  if (body_.empty()) return read(answer);
  if (answer) told_ = tell_;
  if (answer || (!tell_ && answer.error().cls == ErrorClass::Denied)) return true;
  const Error& error = answer.error();
  return Error{error.cls == ErrorClass::UnknownOutcome ? ErrorClass::Retryable : error.cls,  // a second apply does no harm
               "Machine " + to_string(machine_) + " cannot be told that node " + node_ + " sleeps: " + error.message};
}

Result<bool> MachineNotice::read(const Result<std::string>& text) {
  if (!text && text.error().cls == ErrorClass::NotFound && version_ + 1 < kVersions.size()) {
    ++version_;
    return false;
  }
  const auto machine = text ? decode_machine(*text) : Result<Machine>(text.error());
  const bool is_gone = !machine && (machine.error().cls == ErrorClass::NotFound || machine.error().cls == ErrorClass::Denied);
  if (!machine && !tell_ && is_gone) return true;
  if (!machine) {
    return Error{machine.error().cls, "Machine " + to_string(machine_) + " of node " + node_ +
                                          " cannot be read in this cluster, and without its annotation " +
                                          std::string(kSkipRemediation) + " the node stays on: " + machine.error().message};
  }
  if (machine->node != node_) {
    if (!tell_) return true;
    return Error{ErrorClass::Conflict, "Machine " + to_string(machine_) + " is of node \"" + machine->node + "\", not of " + node_};
  }
  if (tell_ && machine->is_left_alone) return true;  // by somebody else, and theirs to take off
  body_ = encode_machine_notice(machine_, kVersions.at(version_), machine->uid, tell_);
  return false;
}

}  // namespace drover
