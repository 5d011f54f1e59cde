// Judges many seeds on all cores, in processes of their own, so that a case that kills its process fails like any other.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "torture_cases/case.h"

namespace drover::torture {

struct Work {
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = 1;
  int processes = 1;
};

struct Tally {
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;
};

// `judge_seed` runs in a worker and answers with what is wrong, in lines, or "". `progress` is told in this process.
[[nodiscard]] Tally judge_all(const Work& work, const std::function<std::string(std::uint64_t seed)>& judge_seed,
                              const std::function<void(std::uint64_t seed, const std::string& failure)>& progress);

}  // namespace drover::torture
