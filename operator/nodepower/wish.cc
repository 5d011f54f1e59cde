#include "nodepower/wish.h"

#include <algorithm>

#include "nodepower/files.h"

namespace drover::nodepower {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

bool offers(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string driver_of(const FrequencyPolicy& policy) {
  return policy.driver.empty() ? "the driver" : policy.driver;
}

// Why the policy's governor can't be what is wanted; empty: it can.
std::string governor_problem(const FrequencyPolicy& policy, const std::string& wanted) {
  if (!policy.governor) return "governor: " + driver_of(policy) + " has none that can be read";
  if (offers(policy.governors, wanted) || policy.governor == wanted) return "";
  return "governor: " + driver_of(policy) + " does not offer " + wanted + "; it offers: " + joined(policy.governors);
}

std::string preference_problem(const FrequencyPolicy& policy, const Settings& settings) {
  const std::string& wanted = *settings.preference;
  const std::string field = "energyPerformancePreference: ";
  if (!policy.preference || policy.preferences.empty()) return field + driver_of(policy) + " has none on this CPU";
  if (!offers(policy.preferences, wanted))
    return field + driver_of(policy) + " does not offer " + wanted + "; it offers: " + joined(policy.preferences);
  if (policy.governor == "performance" && !settings.governor && wanted != "performance")
    return field + "can't be changed under the governor performance; set governor, too";
  return "";
}

// The same remark about many policies is one.
using Remarks = std::map<std::string, CpuSet>;

void wish_for_policy(const FrequencyPolicy& policy, const Settings& settings, Wish& wish, Remarks& remarks) {
  const auto ask = [&](const std::optional<std::string>& wanted, const char* name, const std::string& problem) {
    if (!wanted) return;
    if (problem.empty()) {
      wish.values[policy_file(policy.number, name)] = *wanted;
    } else {
      remarks[problem].insert(policy.cpus.begin(), policy.cpus.end());
    }
  };
  ask(settings.governor, kGovernorName, settings.governor ? governor_problem(policy, *settings.governor) : "");
  ask(settings.preference, kPreferenceName, settings.preference ? preference_problem(policy, settings) : "");
}

CpuSet cores_to_rest(const Situation& now, Wish& wish) {
  if (!now.settings.idle_cores) return {};
  if (!now.core_obstacle.empty()) {
    wish.remarks.push_back("idleCores: no core goes offline: " + now.core_obstacle);
    return {};
  }
  CoreChoice choice = choose_cores(now.machine, *now.settings.idle_cores, now.use, now.resting, now.untouchable);
  wish.cores_note = choice.why_not_more;
  return std::move(choice.offline);
}

}  // namespace

Wish make_wish(const Situation& situation) {
  Wish wish{.settings = settings_text(situation.settings)};
  const CpuSet offline = cores_to_rest(situation, wish);
  for (const int cpu : offline) wish.values[online_file(cpu)] = "0";
  Remarks remarks;
  if ((situation.settings.governor || situation.settings.preference) && situation.machine.policies.empty())
    wish.remarks.push_back(
        "governor, energyPerformancePreference: this machine has no cpufreq: a virtual machine, or switched off by its firmware");
  for (const FrequencyPolicy& policy : situation.machine.policies) {
    // What is to go offline altogether is put back before, as nothing of it can be read meanwhile.
    const bool goes = std::includes(offline.begin(), offline.end(), policy.cpus.begin(), policy.cpus.end());
    if (!goes) wish_for_policy(policy, situation.settings, wish, remarks);
  }
  for (const auto& [text, cpus] : remarks) wish.remarks.push_back("CPU " + cpu_list_text(cpus) + ": " + text);
  return wish;
}

}  // namespace drover::nodepower
