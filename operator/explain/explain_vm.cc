// `drover explain vm`: why does it move, or why not?
#include "base/quantity.h"
#include "core/cost.h"
#include "core/feasibility.h"
#include "core/ledger.h"
#include "core/limits.h"
#include "core/load.h"
#include "core/selection.h"
#include "explain/report.h"

namespace drover {
namespace {

const UseTable& use_of(const ReportInput& input) {
  static const UseTable kUnknown;
  return input.evaluation.use && *input.evaluation.use ? input.evaluation.use->value() : kUnknown;
}

Report optional_instant(const std::optional<Instant>& at) {
  return at ? Report(to_rfc3339(*at)) : Report();
}

// What the operator last wrote about it, in the status of each policy.
Report written_of(const ClusterView& view, const Vm& vm) {
  Report written = Report::array();
  for (const auto& [key, policy] : view.policies) {
    const std::string name = status_name(policy->ref, vm.key);
    Report entry = {{"policy", to_string(key)}, {"moves", Report::array()}};
    for (const VmVerdict& verdict : policy->status.verdicts) {
      if (verdict.vm != name) continue;
      entry["verdict"] = verdict.verdict.text();
      entry["reason"] = verdict.reason.text();
      entry["message"] = verdict.message;
      if (verdict.breached_since) entry["breachedSince"] = to_rfc3339(*verdict.breached_since);
    }
    for (const MoveRecord& move : policy->status.moves) {
      if (move.vm_uid != vm.uid) continue;
      entry["moves"].push_back({{"startedAt", to_rfc3339(move.started)},
                                {"endedAt", optional_instant(move.ended)},
                                {"source", move.source},
                                {"target", move.target},
                                {"result", result_text(move)},
                                {"migration", move.migration},
                                {"reason", move.reason}});
    }
    if (entry.contains("verdict") || !entry["moves"].empty()) written.push_back(std::move(entry));
  }
  return written;
}

Report nodes_of(const ReportInput& input, const Vm& vm, const Plan& plan) {
  const ClusterView& view = input.snapshot.view;
  std::vector<const Targets*> allowed;
  for (const Policy* policy : bounding_policies(view, vm)) allowed.push_back(&policy->spec.targets);
  const Feasibility feasibility(view, vm, plan, allowed);
  const Loads loads(view, use_of(input), plan);
  const auto demand = demand_of(use_of(input), vm.key);
  Report nodes = Report::array();
  for (const auto& [key, node] : view.nodes) {
    Report entry = {{"node", node->name}};
    if (node->name == vm.node) {
      entry["current"] = true;
      if (const auto pressure = loads.pressure_now(node->name)) entry["pressureNow"] = *pressure;
    } else {
      entry["obstacles"] = feasibility.obstacles(*node);
      if (const Limit arrivals = arrivals_at(*node, plan, input.options); arrivals.holds)
        entry["obstacles"].push_back(arrivals.text());
      const auto pressure = demand ? loads.pressure_with(node->name, *demand) : std::nullopt;
      if (pressure) entry["pressureAfter"] = *pressure;
    }
    nodes.push_back(std::move(entry));
  }
  return nodes;
}

// One line for each thing that bounds how often and how many.
Report limits_of(const ReportInput& input, const Vm& vm, const Plan& plan) {
  const ClusterView& view = input.snapshot.view;
  const Bounds bounds(view, input.now);
  const Ledger ledger(view, {}, input.now);
  const std::map<ObjectKey, Refusal> refusals;  // the operator's own, which it keeps to itself
  Report limits = Report::array();
  for (const Limit& limit : Limits(view, bounds, ledger, refusals, input.now).all(vm, plan))
    limits.push_back({{"limit", limit.name()}, {"free", !limit.holds}, {"text", limit.text()}});
  return limits;
}

Report cost_of(const ReportInput& input, const Vm& vm) {
  const Estimate estimate = estimate_move(input.snapshot.view, vm, use_of(input), input.options);
  Report cost = {{"copyBytes", estimate.cost.copy_bytes},
                 {"bandwidthBytesPerSecond", estimate.cost.bandwidth_bytes_per_second},
                 {"seconds", to_seconds(estimate.cost.duration)},
                 {"downtimeSeconds", to_seconds(estimate.cost.downtime)}};
  if (estimate.cost.dirty_bytes_per_second) cost["dirtyBytesPerSecond"] = *estimate.cost.dirty_bytes_per_second;
  if (!estimate.never_ends.empty()) cost["neverEnds"] = estimate.never_ends;
  return cost;
}

std::string not_found(const ClusterView& view, const ObjectKey& wanted) {
  std::string text = "there is no VM " + to_string(wanted);
  for (const auto& [key, vm] : view.vms) {
    if (key.name == wanted.name) return text + "; did you mean " + to_string(key) + "?";
  }
  return text + " that runs; 'kubectl get vmi -A' lists what there is";
}

}  // namespace

Result<Report> vm_report(const ReportInput& input, const ObjectKey& key) {
  const ClusterView& view = input.snapshot.view;
  const Vm* vm = view.vm(key);
  if (vm == nullptr) return Error{ErrorClass::NotFound, not_found(view, key)};
  const Plan plan(view);
  Report report = head_of(input);
  report["vm"] = {
      {"name", to_string(key)}, {"uid", vm->uid}, {"node", vm->node}, {"vcpus", vm->vcpus}, {"memoryBytes", vm->memory_bytes}};
  report["written"] = written_of(view, *vm);
  report["verdicts"] = Report::array();
  for (const auto& [name, policy] : view.policies) {
    if (selects(view, *policy, *vm)) report["verdicts"].push_back(verdict_part(input, *policy, *vm));
  }
  if (const auto immovable = why_immovable(view, *vm, plan)) {
    report["immovable"] = {{"reason", to_string(immovable->reason)}, {"message", immovable->message}};
  }
  if (const PlannedMove* move = plan.find(key)) {
    report["moving"] = {{"source", move->source}, {"target", move->target}, {"ours", move->ours}};
  }
  if (input.evaluation.use && !*input.evaluation.use) report["useError"] = to_string(input.evaluation.use->error());
  report["nodes"] = nodes_of(input, *vm, plan);
  report["cost"] = cost_of(input, *vm);
  report["limits"] = limits_of(input, *vm, plan);
  return report;
}

void print_vm(const Report& report, std::ostream& out) {
  print_head(report, out);
  const Report& vm = report["vm"];
  out << "\nVM " << text_at(vm, "name") << " on node " << text_at(vm, "node") << ", " << text_at(vm, "vcpus") << " vCPUs, "
      << bytes_text(vm["memoryBytes"].get<std::int64_t>()) << "\n";

  out << "\nWhat the operator last wrote\n";
  if (report["written"].empty()) out << "  nothing\n";
  for (const Report& entry : report["written"]) {
    if (entry.contains("verdict")) {
      out << "  " << text_at(entry, "policy") << ": " << text_at(entry, "verdict") << " (" << text_at(entry, "reason")
          << "): " << text_at(entry, "message") << "\n";
    }
    for (const Report& move : entry["moves"]) {
      out << "  " << text_at(move, "startedAt") << "  " << text_at(move, "source") << " -> " << text_at(move, "target") << "  "
          << text_at(move, "result") << "  " << text_at(move, "reason") << " (" << text_at(entry, "policy") << ", "
          << text_at(move, "migration") << ")\n";
    }
  }

  out << "\nNow\n";
  if (report["verdicts"].empty()) out << "  no policy selects it, so Drover leaves it alone\n";
  for (const Report& verdict : report["verdicts"]) {
    out << "  " << text_at(verdict, "policy") << ": " << text_at(verdict, "verdict") << " (" << text_at(verdict, "reason")
        << "): " << text_at(verdict, "message");
    if (verdict.contains("value")) out << "; the signal is " << text_at(verdict, "value");
    if (verdict.contains("assumes")) out << "; " << text_at(verdict, "assumes");
    out << "\n";
  }
  if (report.contains("moving"))
    out << "  under way from " << text_at(report["moving"], "source") << " to " << text_at(report["moving"], "target") << "\n";
  if (report.contains("immovable"))
    out << "  " << text_at(report["immovable"], "reason") << ": " << text_at(report["immovable"], "message") << "\n";
  if (report.contains("useError")) out << "  what VMs use is unknown: " << text_at(report, "useError") << "\n";

  out << "\nNodes\n";
  TextTable nodes({"NODE", "PRESSURE", "WHAT KEEPS IT AWAY"});
  for (const Report& node : report["nodes"]) {
    if (node.contains("current")) {
      nodes.add({text_at(node, "node"), text_at(node, "pressureNow"), "(it is here)"});
      continue;
    }
    std::string obstacles;
    for (const Report& obstacle : node["obstacles"]) obstacles += (obstacles.empty() ? "" : "; ") + obstacle.get<std::string>();
    const std::string pressure = text_at(node, "pressureAfter");
    nodes.add(
        {text_at(node, "node"), pressure.empty() ? "unknown" : pressure + " with it", obstacles.empty() ? "nothing" : obstacles});
  }
  nodes.print(out, "  ");

  const Report& cost = report["cost"];
  out << "\nCost of a move: " << bytes_text(static_cast<std::int64_t>(cost["copyBytes"].get<double>())) << " in about "
      << text_at(cost, "seconds") << " s, stopped for about " << text_at(cost, "downtimeSeconds") << " s\n";
  if (cost.contains("neverEnds")) out << "  it would never end: " << text_at(cost, "neverEnds") << "\n";

  out << "\nLimits\n";
  TextTable limits({"LIMIT", "FREE", "NOW"});
  for (const Report& limit : report["limits"])
    limits.add({text_at(limit, "limit"), text_at(limit, "free"), text_at(limit, "text")});
  limits.print(out, "  ");
}

}  // namespace drover
