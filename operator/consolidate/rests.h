// Rests: how long a node that is taken out of service may be expected to rest, from how long those before it did.
//
// Nodes that still rest count with the time that they have rested so far: the estimate is the mean of an exponential distribution
// from censored samples, with a prior. Thread safety: none.
#pragma once

#include <map>
#include <string>

#include "consolidate/pool.h"

namespace drover {

struct RestTuning {
  double first_guess_seconds = 6 * 3600;  // before any rest was seen
  double guess_weight = 4;                // in rests that ended
};

class Rests {
 public:
  explicit Rests(RestTuning tuning = {}) : tuning_(tuning) {}

  // Takes in which nodes of the pool rest now.
  void observe(const Pool& pool);
  [[nodiscard]] double expected_seconds() const { return expected_seconds_; }

 private:
  RestTuning tuning_;
  std::map<std::string, Instant> since_;  // by node that is out of service
  double ended_seconds_ = 0;
  double ended_ = 0;
  double expected_seconds_ = tuning_.first_guess_seconds;
};

}  // namespace drover
