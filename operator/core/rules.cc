#include "core/rules.h"

#include <utility>

#include "core/consolidation_rule.h"
#include "core/threshold_rule.h"

namespace drover {
namespace {

using RulePtr = std::unique_ptr<Rule>;

// One line for each type, in the order in which the API names them. A type that is missing here does not compile.
struct Types {
  const Policy& policy;
  const SignalOffer& offer;
  StrategyMaker strategies;
  FirstSight first_sight;

  // An owner's VM does badly where it is: a figure about it has been beyond a level for a time.
  RulePtr operator()(const ThresholdSettings& s) const { return std::make_unique<ThresholdRule>(s, policy, offer, first_sight); }
  // Its clients are elsewhere. Read, not acted on yet.
  RulePtr operator()(const GeoSettings& /*s*/) const { return nullptr; }
  // Nobody may read along when it moves. Read, not acted on yet.
  RulePtr operator()(const EncryptedSettings& /*s*/) const { return nullptr; }
  // Nobody may know where it is. Read, not acted on yet.
  RulePtr operator()(const RandomIntervalSettings& /*s*/) const { return nullptr; }
  // The operator's: fewer nodes do. Whatever an owner wants goes before it.
  RulePtr operator()(const ConsolidationSettings& s) const { return std::make_unique<ConsolidationRule>(s, strategies); }
};

}  // namespace

RuleMaker make_rules(SignalOffer offer, StrategyMaker strategies, FirstSight first_sight) {
  return [offer = std::move(offer), strategies, first_sight](const Policy& policy) {
    return std::visit(Types{policy, offer, strategies, first_sight}, policy.spec.settings);
  };
}

}  // namespace drover
