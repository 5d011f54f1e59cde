#include "consolidate/strategy.h"

#include "consolidate/balanced.h"
#include "consolidate/dynamic_round_robin.h"
#include "consolidate/fuzzy.h"

namespace drover {

std::unique_ptr<Strategy> make_strategy(const ConsolidationSettings& settings) {
  switch (settings.strategy) {
    case ConsolidationStrategy::Balanced: return std::make_unique<Balanced>(settings);
    case ConsolidationStrategy::DynamicRoundRobin: return std::make_unique<DynamicRoundRobin>(settings);
    case ConsolidationStrategy::Fuzzy: return std::make_unique<Fuzzy>(settings);
    case ConsolidationStrategy::Placement: return nullptr;
  }
  return nullptr;
}

}  // namespace drover
