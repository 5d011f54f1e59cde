#include "nodepower/files.h"

#include "nodepower/cpu_list.h"

namespace drover::nodepower {

std::string online_file(int cpu) {
  return std::string(kCpuFolder) + "/cpu" + std::to_string(cpu) + "/online";
}

std::string policy_file(int policy, const char* name) {
  return std::string(kPolicyFolder) + "/policy" + std::to_string(policy) + "/" + name;
}

std::optional<WritableFile> writable_file(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view folder = path.substr(0, slash);
  const std::string_view name = path.substr(slash + 1);
  // The number behind `prefix`, when the rest of the folder is a number.
  const auto number = [&](const std::string& prefix) -> std::optional<int> {
    return folder.starts_with(prefix) ? parse_cpu_number(folder.substr(prefix.size())) : std::nullopt;
  };
  if (name == "online") {
    const auto cpu = number(std::string(kCpuFolder) + "/cpu");
    return cpu && *cpu > 0 ? std::optional(WritableFile{Writable::Online, *cpu}) : std::nullopt;
  }
  if (name != kGovernorName && name != kPreferenceName) return std::nullopt;
  const auto policy = number(std::string(kPolicyFolder) + "/policy");
  if (!policy) return std::nullopt;
  return WritableFile{name == kGovernorName ? Writable::Governor : Writable::Preference, *policy};
}

bool may_write(std::string_view path) {
  return writable_file(path).has_value();
}

}  // namespace drover::nodepower
