#include "codec/decision.h"

#include <nlohmann/json.hpp>

namespace drover {
namespace {

using Json = nlohmann::ordered_json;

Json candidates(const std::vector<Candidate>& all) {
  Json list = Json::array();
  for (const Candidate& candidate : all) {
    Json item = {{"node", candidate.node}, {"feasible", candidate.feasible}};
    if (!candidate.obstacles.empty()) item["obstacles"] = candidate.obstacles;
    if (candidate.pressure_after) item["pressureAfter"] = *candidate.pressure_after;
    list.push_back(std::move(item));
  }
  return list;
}

}  // namespace

Json to_json(const Decision& decision) {
  Json json = {{"vm", to_string(decision.vm)},
               {"policy", to_string(decision.policy.key)},
               {"mode", decision.mode == PolicyMode::Enforce ? "Enforce" : "Recommend"},
               {"move", decision.move},
               {"reason", to_string(decision.reason)},
               {"message", decision.message}};
  if (!decision.assumes.empty()) json["assumes"] = decision.assumes;
  if (decision.value) json["value"] = *decision.value;
  if (decision.breached_since) json["breachedSince"] = to_rfc3339(*decision.breached_since);
  if (!decision.source.empty()) json["source"] = decision.source;
  if (!decision.target.empty()) json["target"] = decision.target;
  if (decision.pressure_now) json["pressureNow"] = *decision.pressure_now;
  if (decision.pressure_after) json["pressureAfter"] = *decision.pressure_after;
  if (decision.cost) {
    json["cost"] = {{"copyBytes", decision.cost->copy_bytes},
                    {"bandwidthBytesPerSecond", decision.cost->bandwidth_bytes_per_second},
                    {"seconds", to_seconds(decision.cost->duration)},
                    {"downtimeSeconds", to_seconds(decision.cost->downtime)}};
    if (decision.cost->dirty_bytes_per_second) json["cost"]["dirtyBytesPerSecond"] = *decision.cost->dirty_bytes_per_second;
  }
  if (!decision.candidates.empty()) json["candidates"] = candidates(decision.candidates);
  if (decision.not_before) json["notBefore"] = to_rfc3339(*decision.not_before);
  return json;
}

}  // namespace drover
