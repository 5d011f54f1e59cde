#include "consolidate/strategy.h"

#include "consolidate/balanced.h"

namespace drover {

std::unique_ptr<Strategy> make_strategy(const ConsolidationSettings& settings) {
  switch (settings.strategy) {
    case ConsolidationStrategy::Balanced: return std::make_unique<Balanced>(settings);
    case ConsolidationStrategy::DynamicRoundRobin:
    case ConsolidationStrategy::Fuzzy:
    case ConsolidationStrategy::Placement: break;
  }
  return nullptr;
}

}  // namespace drover
