// `drover explain node` and `drover explain policy`.
#include <algorithm>

#include "base/quantity.h"
#include "core/feasibility.h"
#include "core/hands.h"
#include "core/load.h"
#include "core/selection.h"
#include "explain/report.h"
#include "ports/power_driver.h"

namespace drover {
namespace {

template <typename T>
std::string names_of(const Table<T>& table) {
  std::string text;
  int shown = 0;
  for (const auto& [key, object] : table) {
    if (++shown > 5) return text + ", ...";
    text += (text.empty() ? "" : ", ") + to_string(key);
  }
  return text.empty() ? "none" : text;
}

Report vms_on(const ReportInput& input, const std::string& node, const UseTable& use, const Plan& plan) {
  const ClusterView& view = input.snapshot.view;
  Report vms = Report::array();
  const auto on_node = view.vms_by_node.find(node);
  if (on_node == view.vms_by_node.end()) return vms;
  for (const ObjectKey& key : on_node->second) {
    const Vm* vm = view.vm(key);
    if (vm == nullptr) continue;
    Report entry = {{"vm", to_string(key)}};
    if (const auto demand = demand_of(use, key)) {
      entry["cpuCores"] = demand->cpu_cores;
      entry["memoryBytes"] = demand->memory_bytes;
    }
    if (const auto immovable = why_immovable(view, *vm, plan)) {
      entry["reason"] = to_string(immovable->reason);
      entry["message"] = immovable->message;
    }
    vms.push_back(std::move(entry));
  }
  return vms;
}

// How it is switched off and on, and why not.
Report power_of(const ClusterView& view, const Node& node) {
  const PowerProfile* profile = view.power_profile(node);
  if (profile == nullptr) return {{"problem", "no PowerProfile selects it; it is never switched off"}};
  Report power = {{"profile", profile->name}, {"driver", to_string(profile->driver)}};
  const auto driver = view.power_driver(node);
  if (!driver) {
    power["problem"] = "so it is never switched off";
  } else if (const auto known = carried_out(*driver); !known) {
    power["problem"] = known.error().message;
  }
  return power;
}

// What Drover has made of a node that is out of service, for which policy and why.
Report life_of(const ClusterView& view, const Node& node) {
  const auto owner = std::find_if(view.policies.begin(), view.policies.end(),
                                  [&](const auto& entry) { return entry.second->ref.uid == node.marks.policy_uid; });
  return {{"life", to_string(node.marks.life)},
          {"since", to_rfc3339(node.marks.since)},
          {"policy", owner == view.policies.end() ? "a policy that is gone" : "policy " + to_string(owner->first)},
          {"reason", node.marks.reason}};
}

}  // namespace

Result<Report> node_report(const ReportInput& input, const std::string& name) {
  const ClusterView& view = input.snapshot.view;
  const Node* node = view.node(name);
  if (node == nullptr) {
    return Error{ErrorClass::NotFound,
                 "there is no node " + name + " (or you may not list nodes); there are " + names_of(view.nodes)};
  }
  static const UseTable kUnknown;
  const UseTable& use = input.evaluation.use && *input.evaluation.use ? input.evaluation.use->value() : kUnknown;
  const Plan plan(view);
  const Loads loads(view, use, plan);
  Report report = head_of(input);
  const auto allocated = view.requests_by_node.find(name);
  static const Resources kNothing;
  const Resources& requests = allocated == view.requests_by_node.end() ? kNothing : allocated->second;
  Report taints = Report::array();
  for (const Taint& taint : node->taints)
    taints.push_back(taint.key + (taint.value.empty() ? "" : "=" + taint.value) + ":" + taint.effect);
  report["node"] = {{"name", name},
                    {"ready", node->ready},
                    {"cordoned", node->unschedulable},
                    {"schedulableForKubeVirt", node->labels.value_or(label::kSchedulable, "false") == "true"},
                    {"taints", std::move(taints)},
                    {"cpuAllocatableMillicores", amount(node->allocatable, kCpu)},
                    {"cpuRequestedMillicores", amount(requests, kCpu)},
                    {"memoryAllocatableBytes", amount(node->allocatable, kMemory)},
                    {"memoryRequestedBytes", amount(requests, kMemory)},
                    {"arriving", plan.inbound(name)},
                    {"leaving", plan.outbound(name)},
                    {"mayArriveAtOnce", input.options.max_inbound_per_node}};
  if (node->marks.life != NodeLife::Active) report["node"]["life"] = life_of(view, *node);
  if (std::string held = held_by_others(*node); !held.empty()) report["node"]["heldByOthers"] = std::move(held);
  if (const auto pressure = loads.pressure_now(name)) report["node"]["pressure"] = *pressure;
  report["node"]["power"] = power_of(view, *node);
  if (input.evaluation.use && !*input.evaluation.use) report["useError"] = to_string(input.evaluation.use->error());
  report["vms"] = vms_on(input, name, use, plan);
  report["arriving"] = Report::array();
  for (const Decision& decision : input.evaluation.decisions) {
    if (decision.move && decision.target == name) report["arriving"].push_back(to_string(decision.vm));
  }
  return report;
}

void print_node(const Report& report, std::ostream& out) {
  print_head(report, out);
  const Report& node = report["node"];
  out << "\nNode " << text_at(node, "name") << ": " << (node["ready"].get<bool>() ? "ready" : "NOT READY")
      << (node["cordoned"].get<bool>() ? ", cordoned" : "")
      << (node["schedulableForKubeVirt"].get<bool>() ? "" : ", not schedulable for KubeVirt (label kubevirt.io/schedulable)")
      << "\n";
  if (node.contains("life")) {
    const Report& life = node["life"];
    out << "  " << text_at(life, "life") << " since " << text_at(life, "since") << " for " << text_at(life, "policy") << ": "
        << text_at(life, "reason") << "\n";
  }
  if (node.contains("heldByOthers")) out << "  left as it is: " << text_at(node, "heldByOthers") << "\n";
  for (const Report& taint : node["taints"]) out << "  taint " << taint.get<std::string>() << "\n";
  out << "  CPU requested " << text_at(node, "cpuRequestedMillicores") << "m of " << text_at(node, "cpuAllocatableMillicores")
      << "m; memory " << bytes_text(node["memoryRequestedBytes"].get<std::int64_t>()) << " of "
      << bytes_text(node["memoryAllocatableBytes"].get<std::int64_t>()) << "\n";
  out << "  pressure " << (node.contains("pressure") ? text_at(node, "pressure") : "unknown") << "; " << text_at(node, "leaving")
      << " migrations leave, " << text_at(node, "arriving") << " of " << text_at(node, "mayArriveAtOnce") << " arrive\n";
  const Report& power = node["power"];
  const std::string profile = text_at(power, "profile");
  const std::string named = profile.empty() ? "" : "PowerProfile " + profile + ", driver " + text_at(power, "driver");
  const std::string problem = text_at(power, "problem");
  out << "  power: " << named << (named.empty() || problem.empty() ? "" : "; ") << problem << "\n";
  if (report.contains("useError")) out << "  what VMs use is unknown: " << text_at(report, "useError") << "\n";
  for (const Report& vm : report["arriving"]) out << "  would receive " << vm.get<std::string>() << "\n";
  if (report["vms"].empty()) {
    out << "\nno VM runs here\n";
    return;
  }
  out << "\n";
  TextTable table({"VM", "CPU CORES", "MEMORY", "CAN IT MOVE"});
  for (const Report& vm : report["vms"]) {
    const std::string memory =
        vm.contains("memoryBytes") ? bytes_text(static_cast<std::int64_t>(vm["memoryBytes"].get<double>())) : "unknown";
    table.add({text_at(vm, "vm"), vm.contains("cpuCores") ? text_at(vm, "cpuCores") : "unknown", memory,
               vm.contains("reason") ? text_at(vm, "reason") + ": " + text_at(vm, "message") : "yes"});
  }
  table.print(out, "");
}

Result<Report> policy_report(const ReportInput& input, const ObjectKey& key) {
  const ClusterView& view = input.snapshot.view;
  const auto found = view.policies.find(key);
  if (found == view.policies.end()) {
    const std::string kind = key.ns.empty() ? "ClusterMigrationPolicy " : "MigrationPolicy ";
    return Error{ErrorClass::NotFound, "there is no " + kind + to_string(key) + "; there are " + names_of(view.policies)};
  }
  const Policy& policy = *found->second;
  Report report = head_of(input);
  const PolicyStatus& status = policy.status;
  report["written"] = {{"observedGeneration", status.observed_generation},
                       {"generation", policy.generation},
                       {"selectedVMs", status.selected_vms},
                       {"breachingVMs", status.breaching_vms},
                       {"immovableVMs", status.immovable_vms},
                       {"movesInFlight", status.moves_in_flight},
                       {"conditions", Report::array()},
                       {"moves", Report::array()}};
  for (const Condition& condition : status.conditions) {
    report["written"]["conditions"].push_back({{"type", condition.type},
                                               {"status", condition.status ? "True" : "False"},
                                               {"reason", condition.reason.text()},
                                               {"message", condition.message}});
  }
  for (const MoveRecord& move : status.moves) {
    report["written"]["moves"].push_back({{"startedAt", to_rfc3339(move.started)},
                                          {"vm", move.vm},
                                          {"source", move.source},
                                          {"target", move.target},
                                          {"result", result_text(move)},
                                          {"reason", move.reason}});
  }
  report["policy"] = policy_part(input, policy, "");
  return report;
}

void print_policy(const Report& report, std::ostream& out) {
  print_head(report, out);
  const Report& written = report["written"];
  out << "\nWhat the operator last wrote";
  if (written["observedGeneration"] == 0) {
    out << ": nothing; is it running? ('kubectl -n drover-system get pods')\n";
  } else {
    out << (written["observedGeneration"] == written["generation"] ? "\n" : " (about an earlier version of the policy)\n");
    for (const Report& condition : written["conditions"]) {
      out << "  " << text_at(condition, "type") << "=" << text_at(condition, "status") << " " << text_at(condition, "reason")
          << ": " << text_at(condition, "message") << "\n";
    }
    out << "  " << text_at(written, "selectedVMs") << " VMs selected, " << text_at(written, "breachingVMs") << " breaching, "
        << text_at(written, "immovableVMs") << " immovable, " << text_at(written, "movesInFlight") << " moves in flight\n";
    for (const Report& move : written["moves"]) {
      out << "  " << text_at(move, "startedAt") << "  " << text_at(move, "vm") << "  " << text_at(move, "source") << " -> "
          << text_at(move, "target") << "  " << text_at(move, "result") << "  " << text_at(move, "reason") << "\n";
    }
  }
  out << "\nNow";
  print_policy_part(report["policy"], out);
}

}  // namespace drover
