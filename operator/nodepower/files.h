// The files that this program knows, below the root of sysfs; above all those that it may write: nothing else is ever written.
// Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace drover::nodepower {

inline constexpr const char* kCpuFolder = "devices/system/cpu";
inline constexpr const char* kPolicyFolder = "devices/system/cpu/cpufreq";
inline constexpr const char* kPowercapFolder = "devices/virtual/powercap";  // where the links of class/powercap lead
inline constexpr const char* kHwmonFolder = "class/hwmon";

enum class Writable {
  Online,      // devices/system/cpu/cpuN/online, N above 0
  Governor,    // devices/system/cpu/cpufreq/policyN/scaling_governor
  Preference,  // devices/system/cpu/cpufreq/policyN/energy_performance_preference
};
struct WritableFile {
  Writable kind = Writable::Online;
  int number = 0;  // of the CPU or of the policy, which has the number of one of its CPUs
};
// Empty: the path is none of these.
[[nodiscard]] std::optional<WritableFile> writable_file(std::string_view path);
[[nodiscard]] bool may_write(std::string_view path);

[[nodiscard]] std::string online_file(int cpu);
[[nodiscard]] std::string policy_file(int policy, const char* name);
inline constexpr const char* kGovernorName = "scaling_governor";
inline constexpr const char* kPreferenceName = "energy_performance_preference";

}  // namespace drover::nodepower
