// What the meters of a PowerProfile's nodes say of its curve. Units: watts of one node. Pure values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace drover {

struct CurvePoint {
  int percent = 0;  // of the CPU
  double watts = 0;
  double interval = 0;  // it is so much more or less, in nine of ten cases
  std::int64_t readings = 0;
  friend bool operator==(const CurvePoint&, const CurvePoint&) = default;
};
struct CurveProposal {
  Instant since{};  // of the first reading
  std::int64_t readings = 0;
  std::vector<CurvePoint> points;               // where readings cover it, rising
  std::optional<std::array<double, 11>> watts;  // at 0, 10, ... 100 %; empty: none is proposed
  bool is_line = false;                         // it is but its ends, as readings do not cover all of it
  double error_now = 0;                         // median difference of a reading from the profile's curve, and
  double error_proposed = 0;                    // from the proposed one
  std::string message;                          // why there is none, or what it is
  friend bool operator==(const CurveProposal&, const CurveProposal&) = default;
};

}  // namespace drover
