// What virtual machines really use, as measured, and never what they request; and nodes' power, as far as it comes the same way. A
// figure that is absent is unknown, never zero.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/time.h"
#include "model/object.h"
#include "model/power_table.h"

namespace drover {

// One VM's use at an instant (KubeVirt's domain statistics; facts per field).
struct VmUse {
  std::optional<double> cpu_cores;               // rate of kubevirt_vmi_cpu_usage_seconds_total
  std::optional<double> cpu_delay_cores;         // rate of kubevirt_vmi_vcpu_delay_seconds_total over its vCPUs
  std::optional<double> memory_bytes;            // kubevirt_vmi_memory_resident_bytes
  std::optional<double> dirty_bytes_per_second;  // kubevirt_vmi_dirty_rate_bytes_per_second
  friend bool operator==(const VmUse&, const VmUse&) = default;
};

struct UseTable {
  Instant sampled{};  // zero: never
  Duration age{};     // that the figures have on average when they are sampled: they were measured so long before
  std::map<ObjectKey, VmUse> vms;
  std::map<std::string, MeterReading> meters;  // by node, of those that the source of metrics knows: Kepler's
};

// The answer to one signal query: the VMs that it has a number for. NaN and infinities are left out.
struct SignalTable {
  Instant sampled{};
  std::map<ObjectKey, double> values;
  std::size_t unusable_series = 0;  // without the VM's labels, or not a finite number, or doubled
};

// What is known of a node's power, neither before `not_before`; null: nothing. Its own controller is believed before Kepler.
[[nodiscard]] const MeterReading* meter_of(const PowerTable& power, const UseTable& use, const std::string& node,
                                           Instant not_before);

}  // namespace drover
