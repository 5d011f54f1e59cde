#include "codec/power_profile_status.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "codec/json_value.h"
#include "codec/write.h"

namespace drover {
namespace {

std::int64_t whole_seconds(Duration time) {
  return std::chrono::duration_cast<seconds>(time).count();
}

}  // namespace

std::string encode_power_profile_status(const std::string& profile, const PowerProfileStatus& status) {
  using nlohmann::json;
  json written{{"observedGeneration", status.observed_generation},
               {"nodes", status.nodes},
               {"asleep", status.asleep},
               {"quarantined", status.quarantined},
               {"conditions",
                {{{"type", "Ready"},
                  {"status", status.ready ? "True" : "False"},
                  {"reason", to_string(status.reason)},
                  {"message", status.message},
                  {"observedGeneration", status.observed_generation},
                  {"lastTransitionTime", to_rfc3339(status.since)}}}}};
  if (status.last_transition) written["lastTransition"] = to_rfc3339(*status.last_transition);
  if (status.wake_p50) written["wakeSecondsP50"] = whole_seconds(*status.wake_p50);
  if (status.wake_p95) written["wakeSecondsP95"] = whole_seconds(*status.wake_p95);
  if (status.metered > 0) {
    written["metered"] = {{"nodes", status.metered},
                          {"measuredWatts", std::lround(status.measured_watts)},
                          {"modelledWatts", std::lround(status.modelled_watts)}};
  }
  return write::text({{"apiVersion", "policy.drover.dev/v1alpha1"},
                      {"kind", "PowerProfile"},
                      {"metadata", {{"name", profile}}},
                      {"status", std::move(written)}});
}

void read_power_profile_status(JsonValue status, PowerProfile& profile) {
  status.each_field([&](std::string_view key, JsonValue value) {
    if (key != "conditions") return value.pass_over();
    value.each_item([&](JsonValue item) {
      bool is_ready = false;
      bool holds = false;
      std::optional<Instant> since;
      item.each_field([&](std::string_view name, JsonValue field) {
        if (name == "type") is_ready = field.text() == "Ready";
        if (name == "status") holds = field.text() == "True";
        if (name == "lastTransitionTime") since = field.instant();
        if (name != "type" && name != "status" && name != "lastTransitionTime") field.pass_over();
      });
      if (!is_ready) return;
      profile.ready = holds;
      profile.ready_since = since.value_or(Instant{});
    });
  });
}

}  // namespace drover
