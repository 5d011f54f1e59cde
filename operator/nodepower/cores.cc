#include "nodepower/cores.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace drover::nodepower {
namespace {

bool meet(const CpuSet& a, const CpuSet& b) {
  return std::any_of(a.begin(), a.end(), [&](int cpu) { return b.contains(cpu); });
}

bool may_go(const Machine& machine, const CpuSet& cpus, const CpuSet& resting, const CpuSet& untouchable) {
  return !cpus.contains(0) && !meet(cpus, machine.reserved) && !meet(cpus, untouchable) &&
         std::all_of(cpus.begin(), cpus.end(), [&](int cpu) {
           return machine.has_switch.contains(cpu) && (machine.online.contains(cpu) || resting.contains(cpu));
         });
}

struct Candidate {
  CoreId core;
  const CpuSet* cpus;
  bool rests;
};

// Those that rest first, so that cores don't take turns; then from the highest CPU down.
std::vector<Candidate> candidates(const Machine& machine, const CpuSet& resting, const CpuSet& untouchable) {
  std::vector<Candidate> found;
  for (const auto& [core, cpus] : machine.cores) {
    if (may_go(machine, cpus, resting, untouchable)) found.push_back({core, &cpus, meet(cpus, resting)});
  }
  std::sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    return a.rests != b.rests ? a.rests : *a.cpus->rbegin() > *b.cpus->rbegin();
  });
  return found;
}

}  // namespace

CoreChoice choose_cores(const Machine& machine, const IdleCores& settings, const std::optional<UseHistory::Use>& use,
                        const CpuSet& resting, const CpuSet& untouchable) {
  if (!use) return {{}, "what is in use is not known yet"};
  if (use->crowded) return {{}, "nearly all CPUs that are online are in use"};
  std::map<int, int> left;  // cores that stay, by package
  std::int64_t total = 0;
  std::int64_t rest = 0;
  for (const auto& [core, cpus] : machine.cores) {
    if (!meet(cpus, machine.online) && !meet(cpus, resting)) continue;
    ++total;
    ++left[core.first];
    if (meet(cpus, resting)) ++rest;
  }
  const auto wanted = settings.count
                          ? *settings.count
                          : static_cast<std::int64_t>(std::floor(settings.share.value_or(0) * static_cast<double>(total)));
  const double in_use = use->peak_cpus * (1 + settings.headroom);
  const auto needed = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(std::min(in_use, static_cast<double>(total)))));
  std::int64_t most = std::min(wanted, total - needed);
  CoreChoice choice;
  if (most < wanted) choice.why_not_more = "the others are in use, or kept for what may come";
  if (!use->whole_window && most > rest) {
    most = rest;
    choice.why_not_more = "the use was not yet watched for " + to_string(settings.window);
  }
  for (const Candidate& candidate : candidates(machine, resting, untouchable)) {
    if (most == 0) return choice;
    if (left[candidate.core.first] == 1) continue;
    --left[candidate.core.first];
    --most;
    choice.offline.insert(candidate.cpus->begin(), candidate.cpus->end());
  }
  if (most > 0 && choice.why_not_more.empty()) choice.why_not_more = "no other core can go";
  return choice;
}

std::string core_obstacle(const Result<std::string>& cpu_manager_state, const Result<std::string>& cgroups) {
  if (!cpu_manager_state) return "the kubelet's CPU manager state can't be read (" + cpu_manager_state.error().message + ")";
  const auto state = nlohmann::json::parse(*cpu_manager_state, nullptr, false);
  if (!state.is_object() || !state.contains("policyName") || !state["policyName"].is_string())
    return "the kubelet's CPU manager state is no JSON with a policyName";
  const auto policy = state["policyName"].get<std::string>();
  if (policy != "none")
    return "the kubelet's CPU manager has the policy " + policy +
           ", under which it pins containers to CPUs and does not start with fewer";
  if (!cgroups) return "the version of the control groups is not known (" + cgroups.error().message + ")";
  if (!cgroups->starts_with("0::") || cgroups->find('\n') != std::string::npos)
    return "the machine has control groups of version 1, with which containers don't get back CPUs that were offline";
  return "";
}

}  // namespace drover::nodepower
