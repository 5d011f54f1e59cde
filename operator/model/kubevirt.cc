#include "model/kubevirt.h"

#include <charconv>

namespace drover {
namespace {

// "v1.8.0-rc.1" -> 1008; empty when it is no such version.
std::optional<int> major_minor(std::string_view version) {
  if (version.starts_with('v')) version.remove_prefix(1);
  int major = 0;
  int minor = 0;
  const char* const end = version.data() + version.size();
  const auto first = std::from_chars(version.data(), end, major);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.') return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, end, minor);
  if (second.ec != std::errc{} || major < 0 || major > 1000 || minor < 0 || minor > 999) return std::nullopt;
  return major * 1000 + minor;
}

}  // namespace

Capabilities capabilities(const KubeVirt& kubevirt) {
  const auto version = major_minor(kubevirt.version);
  if (!version) return {};
  return {.added_node_selector = *version >= 1006, .cpu_vendor_lock = *version >= 1008};
}

Platform platform_of(const KubeVirt& kubevirt) {
  if (!kubevirt.present) {
    return {.reason = ConditionReason::KubeVirtAbsent,
            .problem = "no KubeVirt object was found in the cluster; install KubeVirt 1.6 or newer"};
  }
  if (!capabilities(kubevirt).added_node_selector) {
    return {.reason = ConditionReason::KubeVirtTooOld,
            .problem = "KubeVirt " + kubevirt.version + " cannot be told where to migrate to; install KubeVirt 1.6 or newer"};
  }
  return {.ready = true};
}

MigrationLimits limits_of(const KubeVirt& kubevirt) {
  return {.in_cluster = kubevirt.parallel_migrations_per_cluster, .out_of_node = kubevirt.parallel_outbound_migrations_per_node};
}

}  // namespace drover
