#include "explain/report.h"

#include <algorithm>

#include "codec/decision.h"
#include "core/selection.h"
#include "core/status.h"
#include "core/threshold.h"

namespace drover {
namespace {

const Error* signal_error(const Evaluation& evaluation, const PolicyRef& policy) {
  const auto at = evaluation.signals.find(policy);
  return at != evaluation.signals.end() && !at->second ? &at->second.error() : nullptr;
}

const Decision* decision_of(const Evaluation& evaluation, const Policy& policy, const ObjectKey& vm) {
  for (const Decision& decision : evaluation.decisions) {
    if (decision.policy == policy.ref && decision.vm == vm) return &decision;
  }
  return nullptr;
}

std::optional<double> value_of(const Evaluation& evaluation, const Policy& policy, const ObjectKey& vm) {
  const auto at = evaluation.signals.find(policy.ref);
  if (at == evaluation.signals.end() || !at->second) return std::nullopt;
  const auto value = at->second->values.find(vm);
  return value == at->second->values.end() ? std::nullopt : std::optional(value->second);
}

std::string threshold_text(const ThresholdSettings& settings) {
  std::string text =
      signal_text(settings.signal) + (settings.direction == Direction::Above ? " above " : " below ") + number_text(settings.level);
  if (settings.for_duration > Duration::zero()) text += " for " + to_string(settings.for_duration);
  return text;
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
    part["verdict"] = verdict_word(*decision);
    const auto* threshold = std::get_if<ThresholdSettings>(&policy.spec.settings);
    if (decision->move && !decision->breached_since && threshold != nullptr && threshold->for_duration > Duration::zero()) {
      part["assumes"] = "since when it is breached is unknown; taken to be longer than " + to_string(threshold->for_duration);
    }
    return part;
  }
  Report part = {{"vm", to_string(vm.key)}, {"policy", to_string(policy.ref.key)}, {"move", false}, {"verdict", "Hold"}};
  const auto value = value_of(input.evaluation, policy, vm.key);
  if (std::holds_alternative<ConsolidationSettings>(policy.spec.settings)) {
    part["reason"] = "NotChosen";
    part["message"] = "the strategy leaves it where it is";
  } else if (value) {
    part["reason"] = to_string(Reason::NotBreached);
    part["message"] = "not breached";
    part["value"] = *value;
  } else if (signal_error(input.evaluation, policy.ref) != nullptr) {
    part["reason"] = to_string(Reason::NoData);
    part["message"] = "the signal could not be read";
  } else if (input.evaluation.signals.contains(policy.ref)) {
    part["reason"] = to_string(Reason::NoData);
    part["message"] = "the signal has no data for it, which is unknown and not zero";
  } else {
    part["reason"] = "NotSampled";
    part["message"] = "the policy does not act, so its signal was not read";
  }
  part["source"] = vm.node;
  return part;
}

Report policy_part(const ReportInput& input, const Policy& policy, const std::string& ns) {
  const ClusterView& view = input.snapshot.view;
  const Readiness ready = readiness(view, policy, signal_error(input.evaluation, policy.ref));
  Report part = {{"policy", to_string(policy.ref.key)},
                 {"kind", policy.ref.cluster_wide() ? "ClusterMigrationPolicy" : "MigrationPolicy"},
                 {"type", type_of(policy.spec.settings)},
                 {"mode", policy.spec.mode == PolicyMode::Enforce ? "Enforce" : "Recommend"},
                 {"ready", ready.ready},
                 {"reason", ready.reason},
                 {"message", ready.message}};
  if (const auto* threshold = std::get_if<ThresholdSettings>(&policy.spec.settings)) part["threshold"] = threshold_text(*threshold);
  for (const RoundReport& round : input.evaluation.rounds) {
    if (round.policy == policy.ref) part["round"] = {{"orders", round.orders}, {"notes", round.notes}};
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
  if (policy.contains("threshold")) out << ": " << text_at(policy, "threshold");
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
