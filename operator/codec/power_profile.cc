#include "codec/power_profile.h"

#include <algorithm>
#include <array>
#include <optional>

#include "codec/json_value.h"
#include "codec/power_profile_status.h"

namespace drover {
namespace {

// What the schema does not guarantee to a reader that has not seen it checked.
double watts(JsonValue value) {
  const double figure = value.number();
  if (figure < 0 || figure > 1e6) value.fail("must be from 0 to 1000000 watts");
  return figure;
}

PowerModel::Curve read_curve(JsonValue value, bool& table) {
  const std::string_view name = value.text();
  table = name == "Table";
  if (name == "Square") return PowerModel::Curve::Square;
  if (name == "Cubic") return PowerModel::Curve::Cubic;
  if (name == "SquareRoot") return PowerModel::Curve::SquareRoot;
  if (name != "Linear" && !table) value.fail("write Linear, Square, Cubic, SquareRoot or Table");
  return PowerModel::Curve::Linear;
}

void read_model(JsonValue value, PowerModel& model) {
  PowerModel::Curve curve = PowerModel::Curve::Linear;
  bool table = false;
  double idle = model.idle_watts();
  double max = model.max_watts();
  std::vector<double> figures;
  std::vector<std::pair<double, double>> steps;  // MHz, watts
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "curve") curve = read_curve(field, table);
    if (key == "idleWatts") idle = watts(field);
    if (key == "maxWatts") max = watts(field);
    if (key == "standbyWatts") model.standby_watts = watts(field);
    if (key == "watts") field.each_item([&](JsonValue item) { figures.push_back(watts(item)); });
    if (key == "frequencySteps") {
      field.each_item([&](JsonValue item) {
        auto& step = steps.emplace_back(0, 0);
        item.each_field([&](std::string_view name, JsonValue figure) {
          if (name == "megahertz") step.first = figure.number();
          if (name == "maxWatts") step.second = watts(figure);
        });
      });
    }
  });
  if (table && figures.size() != model.watts.size()) {
    value.fail("curve is Table: write eleven figures under watts, at 0, 10, ... 100 % of the CPU");
  } else if (table) {
    std::copy(figures.begin(), figures.end(), model.watts.begin());
  } else {
    model.watts = PowerModel::table(curve, idle, max);
  }
  std::sort(steps.begin(), steps.end());
  for (const auto& [megahertz, max_watts] : steps) {
    if (steps.back().first > 0) model.frequency_steps.push_back({megahertz / steps.back().first, max_watts});
  }
}

SecretRef read_secret(JsonValue value) {
  SecretRef secret;
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "namespace") secret.ns = field.string();
    if (key == "name") secret.name = field.string();
  });
  return secret;
}

// As openssl and browsers show it, with or without colons.
std::string read_fingerprint(JsonValue value) {
  std::string digits;
  for (const char c : value.string()) {
    if (c != ':') digits += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (digits.size() != 64 || digits.find_first_not_of("0123456789abcdef") != std::string::npos) {
    value.fail("is no SHA-256 fingerprint: write 64 hexadecimal digits, with or without colons");
  }
  return digits;
}

RedfishSettings::Authentication read_authentication(JsonValue value) {
  const std::string_view name = value.text();
  if (name != "Basic" && name != "Session") value.fail("write Basic or Session");
  return name == "Session" ? RedfishSettings::Authentication::Session : RedfishSettings::Authentication::Basic;
}

RedfishSettings::MinimumTls read_minimum_tls(JsonValue value) {
  constexpr std::array<std::string_view, 4> kVersions{"1.0", "1.1", "1.2", "1.3"};  // in the enumeration's order
  const auto* const at = std::find(kVersions.begin(), kVersions.end(), value.text());
  if (at == kVersions.end()) value.fail("write 1.0, 1.1, 1.2 or 1.3, as a text");
  return static_cast<RedfishSettings::MinimumTls>(at - kVersions.begin());
}

RedfishSettings read_redfish(JsonValue value) {
  RedfishSettings settings;
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "address") settings.address = field.string();
    if (key == "systemID") settings.system_id = field.string();
    if (key == "secret") settings.secret = read_secret(field);
    if (key == "caBundle") settings.ca_bundle = field.string();
    if (key == "sha256Fingerprint") settings.sha256_fingerprint = read_fingerprint(field);
    if (key == "insecureSkipVerify") settings.insecure_skip_verify = field.boolean();
    if (key == "authentication") settings.authentication = read_authentication(field);
    if (key == "minimumTLS") settings.minimum_tls = read_minimum_tls(field);
  });
  return settings;
}

Metal3Settings read_metal3(JsonValue value) {
  Metal3Settings settings;
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "namespace") settings.ns = field.string();
  });
  return settings;
}

PodSettings read_shutdown_pod(JsonValue value) {
  PodSettings settings;
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "namespace") settings.ns = field.string();
    if (key == "image") settings.image = field.string();
    if (key == "serviceAccountName") settings.service_account = field.string();
  });
  return settings;
}

WakeOnLanSettings read_wake_on_lan(JsonValue value) {
  WakeOnLanSettings settings;
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "macAnnotation") settings.mac_annotation = field.string();
    if (key == "broadcast") settings.broadcast = field.string();
    if (key == "shutdown") settings.shutdown = read_shutdown_pod(field);
  });
  return settings;
}

HostSuspend read_suspend(JsonValue value) {
  HostSuspend suspend;
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "target") {
      const std::string_view name = field.text();
      if (name == "Disk") suspend.target = HostSuspend::Target::Disk;
      if (name == "Hybrid") suspend.target = HostSuspend::Target::Hybrid;
      if (name != "Memory" && name != "Disk" && name != "Hybrid") field.fail("write Memory, Disk or Hybrid");
    }
    if (key != "wakeAfter") return;
    const auto after = parse_duration(field.text());
    if (!after || *after < minutes{1} || *after > hours{24 * 14}) field.fail("must be a duration from 1m to 336h, such as 2h");
    suspend.wake_after = after.value_or(suspend.wake_after);
  });
  return suspend;
}

LibvirtSettings read_libvirt(JsonValue value) {
  LibvirtSettings settings;
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "uri") settings.uri = field.string();
    if (key == "domain") settings.domain = field.string();
    if (key == "suspend") settings.suspend = read_suspend(field);
  });
  return settings;
}

// Settings stand under the name of their type; the schema refuses others beside them.
void read_driver(JsonValue value, PowerProfile& profile) {
  PowerDriverKind& kind = profile.driver;
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "redfish") profile.settings = read_redfish(field);
    if (key == "metal3") profile.settings = read_metal3(field);
    if (key == "wakeOnLAN") profile.settings = read_wake_on_lan(field);
    if (key == "libvirt") profile.settings = read_libvirt(field);
    if (key != "type") return;
    const auto named = power_driver_kind(field.text());
    if (!named) field.fail("write None, Redfish, Metal3, WakeOnLAN or Libvirt");
    kind = named.value_or(PowerDriverKind::None);
  });
}

Duration read_time(JsonValue value) {
  const auto time = parse_duration(value.text());
  if (!time) value.fail("is not a duration; write it like 90s or 3m");
  return time.value_or(Duration::zero());
}

void read_limits(JsonValue value, PowerLimits& limits) {
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "cyclesPerDay") limits.cycles_per_day = field.integer();
    if (key == "minimumOn") limits.minimum_on = read_time(field);
    if (key == "wakeDeadline") limits.wake_deadline = read_time(field);
    if (key != "forceOffAfter") return;
    const std::string_view text = field.text();
    limits.force_off_after = parse_duration(text);
    if (!limits.force_off_after && text != "Never") field.fail("is not a duration; write it like 3m, or Never");
  });
}

struct Cycle {
  std::optional<Duration> time;
  std::optional<double> joules;
};

Cycle read_cycle(JsonValue value) {
  Cycle cycle;
  value.each_field([&](std::string_view key, JsonValue field) {
    if (key == "joules") cycle.joules = field.number();
    if (key == "time") cycle.time = read_time(field);
  });
  return cycle;
}

}  // namespace

PowerProfile read_power_profile(JsonValue object) {
  PowerProfile profile;
  PowerModel& model = profile.model;
  Cycle boot;
  Cycle shutdown;
  object.each_field([&](std::string_view key, JsonValue value) {
    if (key == "metadata") {
      Metadata meta = read_metadata(value, Keep::None, no_annotations);
      profile.name = std::move(meta.key.name);
      profile.generation = meta.generation;
    }
    if (key == "status") read_power_profile_status(value, profile);
    if (key != "spec") return;
    value.each_field([&](std::string_view name, JsonValue field) {
      if (name == "nodeSelector") profile.nodes = field.selector();
      if (name == "priority") profile.priority = field.integer();
      if (name == "model") read_model(field, model);
      if (name == "boot") boot = read_cycle(field);
      if (name == "shutdown") shutdown = read_cycle(field);
      if (name == "driver") read_driver(field, profile);
      if (name == "limits") read_limits(field, profile.limits);
    });
  });
  // Without figures of its own a cycle takes its time at idle power.
  model.boot = boot.time.value_or(minutes{3});
  model.boot_joules = boot.joules.value_or(model.idle_watts() * to_seconds(model.boot));
  model.shutdown = shutdown.time.value_or(minutes{3});
  model.shutdown_joules = shutdown.joules.value_or(model.idle_watts() * to_seconds(model.shutdown));
  return profile;
}

Result<PowerProfile> decode_power_profile(std::string_view json) {
  return decode_one<PowerProfile>("powerprofiles.policy.drover.dev", json, read_power_profile, Strictness::Strict);
}

}  // namespace drover
