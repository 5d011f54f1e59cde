// Runs a case before all oracles.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include "torture_cases/case.h"
#include "torture_cases/oracles/oracle.h"

namespace drover::torture {

struct Verdict {
  std::optional<Complaint> complaint;  // the first one
  std::uint64_t events = 0;
  std::size_t moves = 0;
  std::size_t decisions = 0;
  std::string hash;  // of the decisions
};

// One run. It ends at the first complaint. `only`: of this oracle; "": of any. `trace`: where every effect that changes something
// is printed, or null.
[[nodiscard]] Verdict run_once(const Case& drawn, const std::string& only = "", std::FILE* trace = nullptr);

// Two runs of the same case, which must decide the same, byte for byte (invariant 10, oracle "SameSeedSameDecisions"), besides what
// each run is judged by.
[[nodiscard]] Verdict judge(const Case& drawn, const std::string& only = "");

}  // namespace drover::torture
