#include "core/cost.h"

#include <algorithm>
#include <tuple>

#include "base/quantity.h"

namespace drover {
namespace {

constexpr double kGib = 1024.0 * 1024.0 * 1024.0;

// The number of labels asked for, or empty when one of them is not there.
std::optional<int> matched(const std::optional<Labels>& asked, const Labels& have) {
  if (!asked) return 0;
  for (const auto& [key, value] : *asked) {
    const std::string* found = have.find(key);
    if (found == nullptr || *found != value) return std::nullopt;
  }
  return static_cast<int>(asked->size());
}

const KubeVirtMigrationPolicy* best_match(const ClusterView& view, const Vm& vm) {
  if (view.kubevirt_policies.empty()) return nullptr;
  const auto ns = view.namespaces.find({"", vm.key.ns});
  const Labels none;
  const Labels& ns_labels = ns != view.namespaces.end() ? ns->second->labels : none;
  const KubeVirtMigrationPolicy* best = nullptr;
  std::tuple<int, int> best_score{-1, -1};
  for (const auto& [key, policy] : view.kubevirt_policies) {  // by name, so the first of equals is the smallest
    if (!policy->namespace_selector && !policy->vm_selector) continue;
    const auto by_namespace = matched(policy->namespace_selector, ns_labels);
    const auto by_vm = matched(policy->vm_selector, vm.labels);
    if (!by_namespace || !by_vm) continue;
    const std::tuple<int, int> score{*by_namespace + *by_vm, *by_vm};
    if (score > best_score) std::tie(best, best_score) = std::make_tuple(policy.get(), score);
  }
  return best;
}

}  // namespace

MigrationSettings migration_settings(const ClusterView& view, const Vm& vm) {
  MigrationSettings settings{
      .bandwidth_bytes_per_second = static_cast<double>(view.kubevirt.bandwidth_per_migration_bytes_per_second),
      .completion_timeout_per_gib = seconds{view.kubevirt.completion_timeout_per_gib_seconds},
      .allow_auto_converge = view.kubevirt.allow_auto_converge,
      .allow_post_copy = view.kubevirt.allow_post_copy,
      .allow_workload_disruption = view.kubevirt.allow_workload_disruption};
  if (const KubeVirtMigrationPolicy* policy = best_match(view, vm)) {
    if (policy->bandwidth_per_migration_bytes_per_second) {
      settings.bandwidth_bytes_per_second = static_cast<double>(*policy->bandwidth_per_migration_bytes_per_second);
    }
    if (policy->completion_timeout_per_gib_seconds) {
      settings.completion_timeout_per_gib = seconds{*policy->completion_timeout_per_gib_seconds};
    }
    if (policy->allow_auto_converge) settings.allow_auto_converge = *policy->allow_auto_converge;
    if (policy->allow_post_copy) settings.allow_post_copy = *policy->allow_post_copy;
    if (policy->allow_workload_disruption) settings.allow_workload_disruption = *policy->allow_workload_disruption;
  }
  return settings;
}

Duration completion_timeout(const MigrationSettings& settings, const Vm& vm) {
  const double gib = std::max(1.0, static_cast<double>(vm.memory_bytes) / kGib);
  return from_seconds(gib * to_seconds(settings.completion_timeout_per_gib));
}

Duration longest_copy(const MigrationSettings& settings, const Vm& vm) {
  return completion_timeout(settings, vm) * (settings.allow_post_copy || settings.allow_workload_disruption ? 2 : 1);
}

Estimate estimate_move(const ClusterView& view, const Vm& vm, const UseTable& use, const CoreOptions& options) {
  const auto found = use.vms.find(vm.key);
  return estimate_move(view, vm, found != use.vms.end() ? &found->second : nullptr, options);
}

Estimate estimate_move(const ClusterView& view, const Vm& vm, const VmUse* use, const CoreOptions& options) {
  const MigrationSettings settings = migration_settings(view, vm);
  Estimate estimate;
  MoveCost& cost = estimate.cost;
  cost.bandwidth_bytes_per_second =
      settings.bandwidth_bytes_per_second > 0 ? settings.bandwidth_bytes_per_second : options.assumed_bandwidth_bytes_per_second;
  cost.copy_bytes = static_cast<double>(vm.memory_bytes);
  if (use != nullptr) {
    if (use->memory_bytes && !vm.hugepages) cost.copy_bytes = *use->memory_bytes;
    cost.dirty_bytes_per_second = use->dirty_bytes_per_second;
  }
  cost.downtime = kEstimatedDowntime;
  const double dirty = cost.dirty_bytes_per_second.value_or(0);
  // A guest that is stopped so that its copy ends (allowWorkloadDisruption) is no price for a move that nobody needs.
  // Post-copy ends whatever the guest writes; auto-converge slows the guest down until it ends.
  const bool always_ends = settings.allow_post_copy || settings.allow_auto_converge;
  const double net = cost.bandwidth_bytes_per_second - dirty;
  if (net <= 0) {
    if (!always_ends) {
      estimate.never_ends = "it dirties " + bytes_text(static_cast<std::int64_t>(dirty)) + "/s of memory and the copy runs at " +
                            bytes_text(static_cast<std::int64_t>(cost.bandwidth_bytes_per_second)) + "/s";
    }
    cost.duration = completion_timeout(settings, vm);
    return estimate;
  }
  cost.duration = from_seconds(cost.copy_bytes / net);
  const Duration limit = completion_timeout(settings, vm);
  if (cost.duration > limit) {
    if (!always_ends) {
      estimate.never_ends = "the copy would take " + to_string(std::chrono::round<seconds>(cost.duration)) +
                            " and KubeVirt gives up after " + to_string(std::chrono::round<seconds>(limit));
    }
    cost.duration = limit;
  }
  return estimate;
}

}  // namespace drover
