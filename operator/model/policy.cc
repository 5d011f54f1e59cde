#include "model/policy.h"

namespace drover {

std::string_view to_string(PolicyType type) {
  switch (type) {
    case PolicyType::Threshold: return "Threshold";
    case PolicyType::Geo: return "Geo";
    case PolicyType::Encrypted: return "Encrypted";
    case PolicyType::RandomInterval: return "RandomInterval";
    case PolicyType::Consolidation: return "Consolidation";
  }
  return "Unknown";
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
