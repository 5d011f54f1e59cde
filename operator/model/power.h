// What a node draws, what switching it costs, and by what it is switched: the power models of both papers, and PowerProfile
// (policy.drover.dev).
//
// Units: watts, joules; utilization is the share of the node's CPU in use, 0..1. Pure values.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/node.h"
#include "model/object.h"

namespace drover {

// One step of a CPU's frequency, as a share of its highest, and what the node draws at full use of it.
struct FrequencyStep {
  double speed = 1;  // 0..1
  double max_watts = 0;
  friend bool operator==(const FrequencyStep&, const FrequencyStep&) = default;
};

struct PowerModel {
  // At 0, 10, ... 100 % of the CPU, joined by straight lines (SPECpower).
  std::array<double, 11> watts{100, 110, 120, 130, 140, 150, 160, 170, 180, 190, 200};
  double standby_watts = 5;  // off, but it can be woken
  Duration boot = minutes{2};
  double boot_joules = 24000;  // all of it, from the order to the node's being Ready
  Duration shutdown = seconds{30};
  double shutdown_joules = 3000;
  std::vector<FrequencyStep> frequency_steps;  // rising speeds; empty: the frequency is not to be changed

  // Power of a node that is on. A utilization beyond 0..1 counts as the nearer end.
  [[nodiscard]] double watts_at(double utilization) const;
  [[nodiscard]] double idle_watts() const { return watts.front(); }
  [[nodiscard]] double max_watts() const { return watts.back(); }

  // PowerProfile's curves from idle to maximum: Linear u, Square u^2, Cubic u^3, SquareRoot.
  enum class Curve { Linear, Square, Cubic, SquareRoot };
  [[nodiscard]] static std::array<double, 11> table(Curve curve, double idle_watts, double max_watts);

  friend bool operator==(const PowerModel&, const PowerModel&) = default;
};

// By what a node is switched off and on, as PowerProfile's driver.type names it.
enum class PowerDriverKind { None, Redfish, Metal3, WakeOnLan, Libvirt };
[[nodiscard]] std::string_view to_string(PowerDriverKind kind);
[[nodiscard]] std::optional<PowerDriverKind> power_driver_kind(std::string_view name);

// What a driver is asked for. GracefulOff leaves it to the machine's system to end; ForceOff takes the power away from it.
enum class PowerRequest { On, GracefulOff, ForceOff };
[[nodiscard]] std::string_view to_string(PowerRequest request);

struct SecretRef {
  std::string ns;
  std::string name;
  friend bool operator==(const SecretRef&, const SecretRef&) = default;
};

// What each driver is told by a profile, member by member as PowerProfile's driver.redfish and so on say it. {node} in an address
// stands for the node's name, and is still in it here.
struct RedfishSettings {
  std::string address;
  std::string system_id;
  SecretRef secret;
  std::string ca_bundle;
  std::string sha256_fingerprint;     // of the controller's own certificate: 64 hexadecimal digits in lower case, or ""
  bool insecure_skip_verify = false;  // whoever answers is believed to be the controller
  enum class Authentication { Basic, Session };
  Authentication authentication = Authentication::Basic;
  enum class MinimumTls { V1_0, V1_1, V1_2, V1_3 };
  MinimumTls minimum_tls = MinimumTls::V1_2;
  friend bool operator==(const RedfishSettings&, const RedfishSettings&) = default;
};
struct Metal3Settings {
  std::string ns;
  friend bool operator==(const Metal3Settings&, const Metal3Settings&) = default;
};
// A pod that Drover may run on a node.
struct PodSettings {
  std::string ns;
  std::string image;
  std::string service_account;
  friend bool operator==(const PodSettings&, const PodSettings&) = default;
};
struct WakeOnLanSettings {
  std::string mac_annotation;
  std::string broadcast = "255.255.255.255";
  std::optional<PodSettings> shutdown;  // how nodes are switched off; empty: they are not
  friend bool operator==(const WakeOnLanSettings&, const WakeOnLanSettings&) = default;
};
// For a node that is itself a libvirt host: how it is suspended, and when it wakes by its own clock.
struct HostSuspend {
  enum class Target { Memory, Disk, Hybrid };
  Target target = Target::Memory;
  Duration wake_after = hours{1};
  friend bool operator==(const HostSuspend&, const HostSuspend&) = default;
};
struct LibvirtSettings {
  std::string uri;
  std::string domain;                  // its name; empty: the one of the node's system UUID, or else of its name
  std::optional<HostSuspend> suspend;  // the node is the host, and no domain
  friend bool operator==(const LibvirtSettings&, const LibvirtSettings&) = default;
};
using DriverSettings = std::variant<std::monostate, RedfishSettings, Metal3Settings, WakeOnLanSettings, LibvirtSettings>;

// How often and how long a node may be off, and how it may be switched.
struct PowerLimits {
  std::int64_t cycles_per_day = 4;
  Duration minimum_on = minutes{30};                     // since it was woken
  Duration wake_deadline = minutes{15};                  // until it serves; then it is tried once more
  std::optional<Duration> force_off_after = minutes{3};  // since it was asked to shut down; empty: never
  friend bool operator==(const PowerLimits&, const PowerLimits&) = default;
};

// Of a PowerProfile's condition Ready. Words for programs: they never change.
enum class ProfileReason { Acting, NoDriver, NoNodes, DriverFails };
[[nodiscard]] std::string_view to_string(ProfileReason reason);

// What Drover found of the nodes that a profile is for, as its status says.
struct PowerProfileStatus {
  std::int64_t observed_generation = 0;
  std::int64_t nodes = 0;
  std::int64_t asleep = 0;                 // of those
  std::int64_t quarantined = 0;            // of those
  std::optional<Instant> last_transition;  // when one of them last came to be off, or to serve again
  std::optional<Duration> wake_p50;        // of all their last wakes
  std::optional<Duration> wake_p95;
  // Of the nodes that serve and whose meter was read: how many, what they drew, and what their model says for the same use.
  std::int64_t metered = 0;
  double measured_watts = 0;
  double modelled_watts = 0;
  // Condition Ready.
  bool ready = false;
  ProfileReason reason = ProfileReason::Acting;
  std::string message;
  Instant since{};
  friend bool operator==(const PowerProfileStatus&, const PowerProfileStatus&) = default;
};

// Which nodes have which model and driver: PowerProfile (policy.drover.dev, cluster-wide). Where several select a node the highest
// priority wins; of equal ones, the first by name.
struct PowerProfile {
  std::string name;
  std::int64_t priority = 0;
  Selector nodes;
  PowerModel model;
  PowerDriverKind driver = PowerDriverKind::None;
  DriverSettings settings;  // of that driver; none where the profile names but its type
  PowerLimits limits;
  std::int64_t generation = 0;
  Instant ready_since{};  // of the condition Ready in its status, and
  bool ready = false;     // what that says
  friend bool operator==(const PowerProfile&, const PowerProfile&) = default;
};

// By what one node is switched: the profile that selects it, whose driver is not None, and the node, as they were in one view.
struct NodeDriver {
  std::shared_ptr<const PowerProfile> profile;
  std::shared_ptr<const Node> node;
};

}  // namespace drover
