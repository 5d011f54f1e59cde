#include "control/record.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace drover {
namespace {

using reflect::Delta;

std::string decimal(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

void record_decision(Log& log, Telemetry& telemetry, const Decision& decision) {
  const ObjectKey& policy = decision.policy.key;
  telemetry.count("drover_decisions_total",
                  {{"policy_namespace", policy.ns}, {"policy", policy.name}, {"reason", to_string(decision.reason)}});
  log.info("decision", {{"vm", to_string(decision.vm)},
                        {"policy", to_string(policy)},
                        {"reason", std::string(to_string(decision.reason))},
                        {"move", decision.move ? (decision.mode == PolicyMode::Enforce ? "yes" : "recommended") : "no"},
                        {"source", decision.source},
                        {"target", decision.target},
                        {"value", decision.value ? decimal(*decision.value) : ""},
                        {"message", decision.message}});
}

// Migrations are counted when their owners are told: when a move has come to its end, whoever leads by then.
void record_end(Telemetry& telemetry, const MoveRecord& move) {
  const auto result = move.result.text();
  telemetry.count("drover_migrations_total", {{"result", result}});
  const Duration took = std::max(Duration::zero(), move.ended.value_or(move.started) - move.started);
  telemetry.observe("drover_migration_duration_seconds", {{"result", result}}, to_seconds(took));
}

void record_mark(Log& log, Telemetry& telemetry, const MarkNode& mark) {
  telemetry.count("drover_node_life_changes_total", {{"life", to_string(mark.marks.life)}});
  if (mark.marks.life == NodeLife::Quarantined)
    telemetry.count("drover_node_switch_failures_total", {{"to", mark.before == NodeLife::PoweringOff ? "off" : "on"}});
  log.info("node", {{"node", mark.node},
                    {"policy", to_string(mark.policy.key)},
                    {"life", std::string(to_string(mark.marks.life))},
                    {"before", std::string(to_string(mark.before))},
                    {"reason", mark.marks.reason}});
}

std::set<std::string> quarantined_in(const ClusterView& view) {
  std::set<std::string> nodes;
  for (const auto& [key, node] : view.nodes) {
    if (node->marks.life == NodeLife::Quarantined) nodes.insert(node->name);
  }
  return nodes;
}

// A policy that is gone has no signal whose age could alarm anybody.
void forget_policy(Telemetry& telemetry, const Delta& delta) {
  if (delta.kind != Kind::Policy && delta.kind != Kind::ClusterPolicy) return;
  const ObjectKey& key = delta.object.key;
  for (const char* name : {"drover_signal_last_success_timestamp_seconds", "drover_signal_unusable_series"}) {
    telemetry.forget(name, {{"policy_namespace", key.ns}, {"policy", key.name}});
  }
}

}  // namespace

void record_begin(Telemetry& telemetry) {
  for (const Invariant invariant : kInvariants) {
    telemetry.count("drover_invariant_violations_total", {{"invariant", to_string(invariant)}}, 0);
  }
  for (const MoveResult result : {MoveResult::Succeeded, MoveResult::Failed, MoveResult::Cancelled}) {
    telemetry.count("drover_migrations_total", {{"result", to_string(result)}}, 0);
  }
  for (const char* to : {"off", "on"}) telemetry.count("drover_node_switch_failures_total", {{"to", to}}, 0);
  std::set<std::string> none;
  record_view(telemetry, {}, false, none);
}

void record_batch(Telemetry& telemetry, const Batch& batch) {
  telemetry.gauge("drover_inbox_depth", {}, static_cast<double>(batch.deltas.size() + batch.urgent.size()));
}

void record_delta(Telemetry& telemetry, const Delta& delta) {
  const auto resource = to_string(delta.kind);
  switch (delta.type) {
    case Delta::Type::RelistBegin: telemetry.count("drover_watch_relists_total", {{"resource", resource}}); break;
    case Delta::Type::Delete: forget_policy(telemetry, delta); [[fallthrough]];
    case Delta::Type::Upsert: telemetry.count("drover_watch_events_total", {{"resource", resource}}); break;
    case Delta::Type::Problem:
      telemetry.count("drover_watch_problems_total", {{"resource", resource}, {"class", metric_label(delta.error.cls)}});
      break;
    default: break;
  }
}

void record_view(Telemetry& telemetry, const ClusterView& view, bool synced, std::set<std::string>& quarantined) {
  for (const std::string& node : std::exchange(quarantined, quarantined_in(view))) {
    if (!quarantined.contains(node)) telemetry.forget("drover_node_quarantined", {{"node", node}});
  }
  for (const std::string& node : quarantined) telemetry.gauge("drover_node_quarantined", {{"node", node}}, 1);
  const auto in_flight = std::count_if(view.migrations.begin(), view.migrations.end(), [](const auto& entry) {
    return !entry.second->is_final() && entry.second->labels.find(mark::kPolicyUid) != nullptr;
  });
  telemetry.gauge("drover_migrations_in_flight", {}, static_cast<double>(in_flight));
  telemetry.gauge("drover_virtual_machines", {}, static_cast<double>(view.vms.size()));
  telemetry.gauge("drover_policies", {}, static_cast<double>(view.policies.size()));
  telemetry.gauge("drover_view_synced", {}, synced ? 1 : 0);
}

void record_watch(Log& log, const Delta& delta) {
  const std::string resource(to_string(delta.kind));
  if (delta.type != Delta::Type::Problem) {
    log.info("the resource can be read again", {{"resource", resource}});
  } else if (delta.error.cls == ErrorClass::Denied) {
    log.error("a right is missing: the resource can't be read", {{"resource", resource}, {"error", to_string(delta.error)}});
  } else {
    log.warn("the resource can't be read", {{"resource", resource}, {"error", to_string(delta.error)}});
  }
}

void record_step(Log& log, Telemetry& telemetry, const StepResult& result) {
  for (const MoveEnded& move : result.ended) record_end(telemetry, move.record);
  for (const Decision& decision : result.decisions) record_decision(log, telemetry, decision);
  for (const Violation& violation : result.violations) {
    telemetry.count("drover_invariant_violations_total", {{"invariant", to_string(violation.invariant)}});
    log.error("an invariant would have been broken; the effect was not made",
              {{"invariant", std::string(to_string(violation.invariant))}, {"detail", violation.detail}});
  }
  for (const Effect& effect : result.effects) {
    if (const auto* mark = std::get_if<MarkNode>(&effect.body)) record_mark(log, telemetry, *mark);
  }
}

}  // namespace drover
