#include "explain/report.h"

#include <algorithm>

#include "base/quantity.h"
#include "base/shown.h"
#include "codec/decision.h"
#include "core/selection.h"
#include "core/status.h"

namespace drover {
namespace {

const PolicyReport* report_of(const Evaluation& evaluation, const Policy& policy) {
  for (const PolicyReport& report : evaluation.policies) {
    if (report.policy == policy.ref) return &report;
  }
  return nullptr;
}

const Decision* decision_of(const Evaluation& evaluation, const Policy& policy, const ObjectKey& vm) {
  for (const Decision& decision : evaluation.decisions) {
    if (decision.policy == policy.ref && decision.vm == vm) return &decision;
  }
  return nullptr;
}

const Decision* quiet_of(const Evaluation& evaluation, const Policy& policy, const ObjectKey& vm) {
  const auto of_policy = evaluation.quiet.find(policy.ref);
  if (of_policy == evaluation.quiet.end()) return nullptr;
  const auto found = of_policy->second.find(vm);
  return found != of_policy->second.end() ? &found->second : nullptr;
}

// "retire n3: low load (held up: ...)".
std::string order_text(const OrderReport& order) {
  const auto verb = [](NodeOrder::Act act) {
    switch (act) {
      case NodeOrder::Act::Retire: return "retire ";
      case NodeOrder::Act::TakeBack: return "take back ";
      case NodeOrder::Act::Wake: return "wake ";
      case NodeOrder::Act::Sleep: return "put to sleep ";
    }
    return "";
  };
  return verb(order.act) + order.node + ": " + order.reason + (order.held_up.empty() ? "" : " (held up: " + order.held_up + ")");
}

Report round_part(const RoundReport& round) {
  Report orders = Report::array();
  for (const OrderReport& order : round.orders) orders.push_back(order_text(order));
  return {{"orders", std::move(orders)}, {"notes", round.notes}};
}

}  // namespace

Report head_of(const ReportInput& input) {
  const ClusterView& view = input.snapshot.view;
  Report report;
  report["cluster"] = {{"source", input.cluster},
                       {"time", to_rfc3339(input.now)},
                       {"kubevirt", view.kubevirt.version},
                       {"nodes", view.nodes.size()},
                       {"virtualMachines", view.vms.size()}};
  report["gaps"] = input.snapshot.gaps;
  return report;
}

Report verdict_part(const ReportInput& input, const Policy& policy, const Vm& vm) {
  if (const Decision* decision = decision_of(input.evaluation, policy, vm.key)) {
    Report part = to_json(*decision);
    part["verdict"] = to_string(verdict_of(*decision));
    return part;
  }
  Report part = {
      {"vm", to_string(vm.key)}, {"policy", to_string(policy.ref.key)}, {"move", false}, {"verdict", to_string(Verdict::Hold)}};
  if (const Decision* quiet = quiet_of(input.evaluation, policy, vm.key)) {
    part["reason"] = to_string(quiet->reason);
    part["message"] = quiet->message;
    if (quiet->value) part["value"] = *quiet->value;
  }
  part["source"] = vm.node;
  return part;
}

Report policy_part(const ReportInput& input, const Policy& policy, const std::string& ns) {
  const ClusterView& view = input.snapshot.view;
  Report part = {{"policy", to_string(policy.ref.key)},
                 {"kind", policy.ref.cluster_wide() ? "ClusterMigrationPolicy" : "MigrationPolicy"},
                 {"type", type_of(policy.spec.settings)},
                 {"mode", policy.spec.mode == PolicyMode::Enforce ? "Enforce" : "Recommend"}};
  if (const PolicyReport* report = report_of(input.evaluation, policy)) {
    part["ready"] = report->ready.ready;
    part["reason"] = to_string(report->ready.reason);
    part["message"] = report->ready.message;
    if (!report->rule.wants.empty()) part["wants"] = report->rule.wants;
    if (const auto& round = report->rule.round) part["round"] = round_part(*round);
  }
  part["vms"] = Report::array();
  for (const Vm* vm : selected_vms(view, policy)) {
    if (ns.empty() || vm->key.ns == ns) part["vms"].push_back(verdict_part(input, policy, *vm));
  }
  return part;
}

Report plan_report(const ReportInput& input, const std::string& ns) {
  Report report = head_of(input);
  report["policies"] = Report::array();
  report["decisions"] = Report::array();
  for (const auto& [key, policy] : input.snapshot.view.policies) {
    if (!ns.empty() && !policy->ref.cluster_wide() && key.ns != ns) continue;
    Report part = policy_part(input, *policy, ns);
    for (const Report& vm : part["vms"]) report["decisions"].push_back(vm);
    report["policies"].push_back(std::move(part));
  }
  return report;
}

Report shown_report(const Report& report) {
  if (report.is_string()) return shown(report.get_ref<const std::string&>());
  if (report.is_array()) {
    Report items = Report::array();
    for (const Report& item : report) items.push_back(shown_report(item));
    return items;
  }
  if (!report.is_object()) return report;
  Report fields = Report::object();
  for (const auto& [name, value] : report.items()) fields[shown(name)] = shown_report(value);
  return fields;
}

std::string_view result_text(const MoveRecord& move) {
  return move.result == MoveResult::InFlight ? "InFlight" : move.result.text();
}

std::string text_at(const Report& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end() || at->is_null()) return "";
  if (at->is_string()) return at->get<std::string>();
  if (at->is_number_float()) return number_text(at->get<double>());
  if (at->is_boolean()) return at->get<bool>() ? "yes" : "no";
  return at->dump();
}

void TextTable::print(std::ostream& out, const std::string& indent) const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows_) {
    std::string line = indent;
    for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << "\n";
  }
}

void print_head(const Report& report, std::ostream& out) {
  const Report& cluster = report["cluster"];
  const std::string kubevirt = text_at(cluster, "kubevirt");
  out << text_at(cluster, "source") << ", " << text_at(cluster, "time") << ": KubeVirt "
      << (kubevirt.empty() ? "of unknown version" : kubevirt) << ", " << text_at(cluster, "nodes") << " nodes, "
      << text_at(cluster, "virtualMachines") << " VMs\n";
  for (const Report& gap : report["gaps"]) out << "! " << gap.get<std::string>() << "\n";
}

void print_policy_part(const Report& policy, std::ostream& out) {
  out << "\n"
      << text_at(policy, "kind") << " " << text_at(policy, "policy") << " (" << text_at(policy, "type") << ", "
      << text_at(policy, "mode") << ")";
  if (policy.contains("wants")) out << ": " << text_at(policy, "wants");
  out << "\n  " << (policy["ready"].get<bool>() ? "" : "NOT READY, ") << text_at(policy, "reason") << ": "
      << text_at(policy, "message") << "\n";
  if (policy.contains("round")) {
    for (const Report& order : policy["round"]["orders"]) out << "  would " << order.get<std::string>() << "\n";
    for (const Report& note : policy["round"]["notes"]) out << "  " << note.get<std::string>() << "\n";
  }
  if (policy["vms"].empty()) {
    out << "  no VM is selected\n";
    return;
  }
  TextTable table({"VM", "VERDICT", "REASON", "VALUE", "NODE", "TARGET", "PRESSURE", "WHY"});
  for (const Report& vm : policy["vms"]) {
    std::string pressure = text_at(vm, "pressureNow");
    if (vm.contains("pressureAfter")) pressure += " -> " + text_at(vm, "pressureAfter");
    std::string why = text_at(vm, "message");
    if (vm.contains("assumes")) why += "; " + text_at(vm, "assumes");
    table.add({text_at(vm, "vm"), text_at(vm, "verdict"), text_at(vm, "reason"), text_at(vm, "value"), text_at(vm, "source"),
               text_at(vm, "target"), pressure, why});
  }
  table.print(out, "  ");
}

void print_plan(const Report& report, std::ostream& out) {
  print_head(report, out);
  if (report["policies"].empty()) out << "\nno policy was found; see manifests/samples for one of each type\n";
  for (const Report& policy : report["policies"]) print_policy_part(policy, out);
}

}  // namespace drover
