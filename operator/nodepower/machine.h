// What the machine's CPUs are and can do, as sysfs tells it now. Reading only.
//
// Sources: the kernel's Documentation/admin-guide/pm/cpufreq.rst and intel_pstate.rst,
// Documentation/ABI/testing/sysfs-devices-system-cpu.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nodepower/cpu_list.h"
#include "ports/sys_fs.h"

namespace drover::nodepower {

// A cpufreq policy: CPUs whose frequency is one.
struct FrequencyPolicy {
  int number = 0;
  CpuSet cpus;         // those of it that are online
  std::string driver;  // "intel_pstate", "intel_cpufreq", "acpi-cpufreq", "amd-pstate-epp"; empty: it doesn't say
  std::optional<std::string> governor;
  std::vector<std::string> governors;     // to choose from
  std::optional<std::string> preference;  // EPP
  std::vector<std::string> preferences;   // to choose from; empty: the driver has none
  std::optional<std::int64_t> hertz;      // as the driver sees it now
};

// Package and core, as topology/ numbers them.
using CoreId = std::pair<int, int>;

struct Machine {
  CpuSet present;
  CpuSet online;
  CpuSet reserved;    // isolcpus= and nohz_full=: someone's own
  CpuSet has_switch;  // CPUs with a file "online"
  std::string mode;   // intel_pstate/status or amd_pstate/status: "active", "passive", "off"; empty: neither is there
  std::vector<FrequencyPolicy> policies;  // by number
  std::map<CoreId, CpuSet> cores;         // the CPUs of each, those included that were seen online before
};

// `known`: the cores of an earlier reading, as the topology of a CPU that is offline is not told.
// An Error only when the list of CPUs can't be read; what else can't be read is absent.
[[nodiscard]] Result<Machine> read_machine(const SysFs& files, const std::map<CoreId, CpuSet>& known = {});

}  // namespace drover::nodepower
