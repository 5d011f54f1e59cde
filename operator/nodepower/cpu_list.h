// CPUs as the kernel lists them: "0-3,8". Pure functions.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace drover::nodepower {

using CpuSet = std::set<int>;

// No kernel numbers CPUs beyond this.
inline constexpr int kMostCpu = 65535;

// An empty text is an empty set. Empty when it is no such list.
[[nodiscard]] std::optional<CpuSet> parse_cpu_list(std::string_view text);
[[nodiscard]] std::string cpu_list_text(const CpuSet& cpus);
// "7": digits alone, no sign, no leading zero.
[[nodiscard]] std::optional<int> parse_cpu_number(std::string_view text);

}  // namespace drover::nodepower
