// The status of a policy, read and written.
#include <cmath>

#include "codec/json_value.h"
#include "codec/policy.h"
#include "codec/write.h"

namespace drover {
namespace {

Condition condition_of(JsonValue item) {
  Condition condition;
  item.each_field([&](std::string_view key, JsonValue value) {
    if (key == "type") {
      condition.type = value.string();
    } else if (key == "status") {
      condition.status = value.text() == "True";
    } else if (key == "reason") {
      condition.reason = Word<ConditionReason>::read(value.text(), ConditionReason::Watching, ConditionReason::NotStalled);
    } else if (key == "message") {
      condition.message = value.string();
    } else if (key == "observedGeneration") {
      condition.observed_generation = value.integer();
    } else if (key == "lastTransitionTime") {
      condition.since = value.instant();
    }
  });
  return condition;
}

VmVerdict read_verdict(JsonValue item) {
  VmVerdict verdict;
  item.each_field([&](std::string_view key, JsonValue value) {
    if (key == "vm") {
      verdict.vm = value.string();
    } else if (key == "verdict") {
      verdict.verdict = Word<Verdict>::read(value.text(), Verdict::Move, Verdict::Immovable);
    } else if (key == "reason") {
      verdict.reason = Word<Reason>::read(value.text(), Reason::ThresholdCrossed, Reason::InvariantViolated);
    } else if (key == "message") {
      verdict.message = value.string();
    } else if (key == "target") {
      verdict.target = value.string();
    } else if (key == "value") {
      verdict.value = value.number();
    } else if (key == "breachedSince") {
      verdict.breached_since = value.instant();
    }
  });
  return verdict;
}

MoveRecord read_move(JsonValue item) {
  MoveRecord move;
  item.each_field([&](std::string_view key, JsonValue value) {
    if (key == "vm") {
      move.vm = value.string();
    } else if (key == "vmUID") {
      move.vm_uid = value.string();
    } else if (key == "migration") {
      move.migration = value.string();
    } else if (key == "migrationUID") {
      move.migration_uid = value.string();
    } else if (key == "source") {
      move.source = value.string();
    } else if (key == "target") {
      move.target = value.string();
    } else if (key == "startedAt") {
      move.started = value.instant().value_or(Instant{});
    } else if (key == "endedAt") {
      move.ended = value.instant();
    } else if (key == "result") {
      move.result = Word<MoveResult>::read(value.text(), MoveResult::InFlight, MoveResult::Cancelled);
    } else if (key == "reason") {
      move.reason = value.string();
    }
  });
  return move;
}

// Leaves empty texts out: in the API an absent optional field is the same and reads better.
void put(nlohmann::json& json, const char* field, std::string_view text) {
  if (!text.empty()) json[field] = text;
}
void put(nlohmann::json& json, const char* field, const std::optional<Instant>& instant) {
  if (instant) json[field] = to_rfc3339(*instant);
}

nlohmann::json condition_json(const Condition& condition) {
  return {{"type", condition.type},
          {"status", condition.status ? "True" : "False"},
          {"reason", condition.reason.text()},
          {"message", condition.message},
          {"observedGeneration", condition.observed_generation},
          {"lastTransitionTime", to_rfc3339(condition.since.value_or(Instant{}))}};
}

nlohmann::json verdict_json(const VmVerdict& verdict) {
  nlohmann::json json = {{"vm", verdict.vm}, {"verdict", verdict.verdict.text()}};
  put(json, "reason", verdict.reason.text());
  put(json, "message", verdict.message);
  put(json, "target", verdict.target);
  if (verdict.value && std::isfinite(*verdict.value)) json["value"] = *verdict.value;
  put(json, "breachedSince", verdict.breached_since);
  return json;
}

nlohmann::json move_json(const MoveRecord& move) {
  nlohmann::json json = {{"vm", move.vm}, {"startedAt", to_rfc3339(move.started)}};
  put(json, "vmUID", move.vm_uid);
  put(json, "migration", move.migration);
  put(json, "migrationUID", move.migration_uid);
  put(json, "source", move.source);
  put(json, "target", move.target);
  put(json, "endedAt", move.ended);
  put(json, "result", std::string(move.result.text()));
  put(json, "reason", move.reason);
  return json;
}

template <typename T>
nlohmann::json array(const std::vector<T>& items, nlohmann::json (*one)(const T&)) {
  nlohmann::json json = nlohmann::json::array();
  for (const T& item : items) json.push_back(one(item));
  return json;
}

}  // namespace

PolicyStatus read_policy_status(JsonValue status) {
  PolicyStatus read;
  status.each_field([&](std::string_view key, JsonValue value) {
    if (key == "observedGeneration") {
      read.observed_generation = value.integer();
    } else if (key == "conditions") {
      value.each_item([&](JsonValue item) { read.conditions.push_back(condition_of(item)); });
    } else if (key == "selectedVMs") {
      read.selected_vms = value.integer();
    } else if (key == "breachingVMs") {
      read.breaching_vms = value.integer();
    } else if (key == "immovableVMs") {
      read.immovable_vms = value.integer();
    } else if (key == "movesInFlight") {
      read.moves_in_flight = value.integer();
    } else if (key == "migrationSlots") {
      value.each_field([&](std::string_view name, JsonValue slots) {
        if (name == "used") read.migration_slots_used = slots.integer();
        if (name == "total") read.migration_slots_total = slots.integer();
      });
    } else if (key == "verdicts") {
      value.each_item([&](JsonValue item) { read.verdicts.push_back(read_verdict(item)); });
    } else if (key == "moves") {
      value.each_item([&](JsonValue item) { read.moves.push_back(read_move(item)); });
    }
  });
  return read;
}

std::string encode_policy_status(const PolicyRef& ref, const PolicyStatus& status) {
  nlohmann::json metadata = {{"name", ref.key.name}};
  if (!ref.cluster_wide()) metadata["namespace"] = ref.key.ns;
  // The uid makes the write fail (409) when another object has taken the name.
  if (!ref.uid.empty()) metadata["uid"] = ref.uid;
  return write::text({{"apiVersion", "policy.drover.dev/v1alpha1"},
                      {"kind", ref.cluster_wide() ? "ClusterMigrationPolicy" : "MigrationPolicy"},
                      {"metadata", std::move(metadata)},
                      {"status",
                       {{"observedGeneration", status.observed_generation},
                        {"conditions", array(status.conditions, condition_json)},
                        {"selectedVMs", status.selected_vms},
                        {"breachingVMs", status.breaching_vms},
                        {"immovableVMs", status.immovable_vms},
                        {"movesInFlight", status.moves_in_flight},
                        {"migrationSlots", {{"used", status.migration_slots_used}, {"total", status.migration_slots_total}}},
                        {"verdicts", array(status.verdicts, verdict_json)},
                        {"moves", array(status.moves, move_json)}}}});
}

}  // namespace drover
