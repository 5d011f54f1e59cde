// The types of policies that Drover acts on.
#pragma once

#include <memory>

#include "consolidate/strategy.h"
#include "core/rule.h"

namespace drover {

using StrategyMaker = std::unique_ptr<Strategy> (*)(const ConsolidationSettings&);

[[nodiscard]] RuleMaker make_rules(StrategyMaker strategies = make_strategy);

}  // namespace drover
