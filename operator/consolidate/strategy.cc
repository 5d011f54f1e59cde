#include "consolidate/strategy.h"

#include "base/check.h"
#include "consolidate/balanced.h"
#include "consolidate/dynamic_round_robin.h"
#include "consolidate/fuzzy.h"
#include "consolidate/placement.h"

namespace drover {

std::unique_ptr<Strategy> make_strategy(const ConsolidationSettings& settings) {
  switch (settings.strategy) {
    case ConsolidationStrategy::Balanced: return std::make_unique<Balanced>(settings);
    case ConsolidationStrategy::DynamicRoundRobin: return std::make_unique<DynamicRoundRobin>(settings);
    case ConsolidationStrategy::Fuzzy: return std::make_unique<Fuzzy>(settings);
    case ConsolidationStrategy::Placement: return std::make_unique<Placement>(settings);
  }
  DROVER_CHECK(false);
}

}  // namespace drover
