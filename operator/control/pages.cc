#include "control/pages.h"

#include <nlohmann/json.hpp>

#include "codec/decision.h"
#include "core/plan.h"

namespace drover {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json summary(const Loop& loop) {
  const ClusterView& view = loop.store().view();
  Json problems = Json::object();
  for (const auto& [kind, error] : loop.health().problems()) problems[std::string(to_string(kind))] = to_string(error);
  Json unsynced = Json::array();
  for (const Kind kind : loop.store().unsynced()) unsynced.push_back(to_string(kind));
  return {{"time", to_rfc3339_micro(loop.clock().now())},
          {"leading", loop.core().leading()},
          {"firstDecisionsHash", loop.core().first_decisions_hash()},
          {"synced", loop.store().synced()},
          {"unsynced", std::move(unsynced)},
          {"watchProblems", std::move(problems)},
          {"nodes", view.nodes.size()},
          {"virtualMachines", view.vms.size()},
          {"migrations", view.migrations.size()},
          {"pods", view.pods.size()},
          {"policies", view.policies.size()},
          {"kubevirt", {{"present", view.kubevirt.present}, {"version", view.kubevirt.version}}}};
}

Json policies(const ClusterView& view) {
  Json list = Json::array();
  for (const auto& [key, policy] : view.policies) {
    list.push_back({{"policy", to_string(key)},
                    {"type", type_of(policy->spec.settings)},
                    {"mode", policy->spec.mode == PolicyMode::Enforce ? "Enforce" : "Recommend"},
                    {"suspend", policy->spec.suspend},
                    {"generation", policy->generation},
                    {"problem", policy->problem}});
  }
  return list;
}

Json in_flight(const ClusterView& view) {
  Json list = Json::array();
  const Plan plan(view);
  for (const auto& [vm, move] : plan.all()) {
    list.push_back({{"vm", to_string(vm)},
                    {"source", move.source},
                    {"target", move.target},
                    {"ours", move.ours},
                    {"policy", move.ours ? to_string(move.policy.key) : ""}});
  }
  return list;
}

}  // namespace

ReadyPage ready_page(const Loop& loop) {
  ReadyPage page{loop.store().synced() && !loop.health().denied(), ""};
  page.text = page.ready ? "ready\n" : "not ready\n";
  for (const Kind kind : loop.store().unsynced()) page.text += "not listed yet: " + std::string(to_string(kind)) + "\n";
  for (const auto& [kind, error] : loop.health().problems()) {
    const bool denied = error.cls == ErrorClass::Denied;
    page.text += (denied ? "missing right: " : "can't be read: ") + std::string(to_string(kind)) + ": " + to_string(error) + "\n";
  }
  page.text += loop.core().leading() ? "leading\n" : "not leading\n";
  return page;
}

std::string debug_page(const Loop& loop) {
  Json decisions = Json::array();
  for (const Decision& decision : loop.core().decisions()) decisions.push_back(to_json(decision));
  return text_of({{"summary", summary(loop)},
                  {"policies", policies(loop.store().view())},
                  {"inFlight", in_flight(loop.store().view())},
                  {"decisions", std::move(decisions)}});
}

}  // namespace drover
