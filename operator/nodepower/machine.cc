#include "nodepower/machine.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "nodepower/files.h"

namespace drover::nodepower {
namespace {

std::optional<std::string> text_of(const SysFs& files, const std::string& path) {
  auto text = files.read(path);
  if (!text || text->empty()) return std::nullopt;
  return std::move(text).value();
}

std::vector<std::string> words_of(const SysFs& files, const std::string& path) {
  std::istringstream text(text_of(files, path).value_or(""));
  std::vector<std::string> words;
  for (std::string word; text >> word;) words.push_back(word);
  return words;
}

// Empty when it can't be read or is no number.
std::optional<std::int64_t> number_of(const SysFs& files, const std::string& path) {
  const auto text = text_of(files, path);
  if (!text) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, wrong] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (wrong != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return number;
}

// CPUs may be listed with commas, or apart with blanks, as cpufreq does.
CpuSet cpus_of(const SysFs& files, const std::string& path) {
  CpuSet cpus;
  for (const std::string& word : words_of(files, path)) cpus.merge(parse_cpu_list(word).value_or(CpuSet{}));
  return cpus;
}

FrequencyPolicy read_policy(const SysFs& files, int number) {
  FrequencyPolicy policy{.number = number};
  policy.cpus = cpus_of(files, policy_file(number, "affected_cpus"));
  policy.driver = text_of(files, policy_file(number, "scaling_driver")).value_or("");
  policy.governor = text_of(files, policy_file(number, kGovernorName));
  policy.governors = words_of(files, policy_file(number, "scaling_available_governors"));
  policy.preference = text_of(files, policy_file(number, kPreferenceName));
  policy.preferences = words_of(files, policy_file(number, "energy_performance_available_preferences"));
  if (const auto kilohertz = number_of(files, policy_file(number, "scaling_cur_freq")); kilohertz && *kilohertz > 0)
    policy.hertz = *kilohertz * 1000;
  return policy;
}

std::vector<FrequencyPolicy> read_policies(const SysFs& files) {
  std::vector<FrequencyPolicy> policies;
  const auto names = files.list(kPolicyFolder);
  if (!names) return policies;
  for (const std::string& name : *names) {
    if (!name.starts_with("policy")) continue;
    if (const auto number = parse_cpu_number(std::string_view(name).substr(6))) policies.push_back(read_policy(files, *number));
  }
  std::sort(policies.begin(), policies.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  return policies;
}

std::optional<CoreId> core_of(const SysFs& files, int cpu) {
  const std::string folder = std::string(kCpuFolder) + "/cpu" + std::to_string(cpu) + "/topology/";
  const auto package = number_of(files, folder + "physical_package_id");
  const auto core = number_of(files, folder + "core_id");
  if (!package || !core) return std::nullopt;
  return CoreId{static_cast<int>(*package), static_cast<int>(*core)};
}

}  // namespace

Result<Machine> read_machine(const SysFs& files, const std::map<CoreId, CpuSet>& known) {
  Machine machine;
  const std::string folder = kCpuFolder;
  for (const auto& [name, into] : {std::pair{"/online", &machine.online}, {"/present", &machine.present}}) {
    const auto text = files.read(folder + name);
    if (!text) return text.error();
    const auto cpus = parse_cpu_list(*text);
    if (!cpus || cpus->empty()) return Error{ErrorClass::Invalid, folder + name + ": \"" + *text + "\" is no list of CPUs"};
    *into = *cpus;
  }
  machine.reserved = cpus_of(files, folder + "/isolated");
  machine.reserved.merge(cpus_of(files, folder + "/nohz_full"));
  for (const char* driver : {"/intel_pstate/status", "/amd_pstate/status"}) {
    if (machine.mode.empty()) machine.mode = text_of(files, folder + driver).value_or("");
  }
  machine.policies = read_policies(files);
  machine.cores = known;
  for (const int cpu : machine.present) {
    if (files.read(online_file(cpu))) machine.has_switch.insert(cpu);
    if (!machine.online.contains(cpu)) continue;
    if (const auto core = core_of(files, cpu)) machine.cores[*core].insert(cpu);
  }
  return machine;
}

}  // namespace drover::nodepower
