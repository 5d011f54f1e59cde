#include "model/policy.h"

namespace drover {

std::string_view type_of(const PolicySettings& settings) {
  return std::visit([](const auto& of_type) { return of_type.kType; }, settings);
}

std::string_view to_string(ConsolidationStrategy strategy) {
  switch (strategy) {
    case ConsolidationStrategy::Balanced: return "Balanced";
    case ConsolidationStrategy::DynamicRoundRobin: return "DynamicRoundRobin";
    case ConsolidationStrategy::Fuzzy: return "Fuzzy";
    case ConsolidationStrategy::Placement: return "Placement";
  }
  return "Unknown";
}

}  // namespace drover
