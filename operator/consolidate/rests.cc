#include "consolidate/rests.h"

#include <algorithm>

namespace drover {
namespace {

bool rests(NodeLife life) {
  return life != NodeLife::Active && life != NodeLife::Waking && life != NodeLife::Quarantined;
}

}  // namespace

void Rests::observe(const Pool& pool) {
  std::map<std::string, Instant> resting;
  double rested = ended_seconds_;
  for (const PoolNode& node : pool.nodes) {
    const auto found = since_.find(node.name);
    const Instant since = std::min(found != since_.end() ? found->second : node.since, pool.now);
    if (rests(node.life)) {
      resting.emplace(node.name, since);
      rested += to_seconds(pool.now - since);
    } else if (found != since_.end()) {
      ended_seconds_ += to_seconds(pool.now - since);
      rested += to_seconds(pool.now - since);
      ++ended_;
    }
  }
  since_ = std::move(resting);
  expected_seconds_ = (rested + tuning_.guess_weight * tuning_.first_guess_seconds) / (ended_ + tuning_.guess_weight);
}

}  // namespace drover
