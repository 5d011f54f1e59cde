#include "consolidate/strategy.h"

namespace drover {

std::unique_ptr<Strategy> make_strategy(const ConsolidationSettings& /*settings*/) {
  return nullptr;
}

}  // namespace drover
