// Makes a failing case smaller, as long as the same oracle complains.
#pragma once

#include "torture_cases/judge.h"

namespace drover::torture {

struct Shrunk {
  Case drawn;
  Complaint complaint;
  int runs = 0;
};

// Takes at most `most_runs` runs.
[[nodiscard]] Shrunk shrink(const Case& failing, const Complaint& complaint, int most_runs);

}  // namespace drover::torture
