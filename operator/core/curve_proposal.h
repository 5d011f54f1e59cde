// A better curve for a PowerProfile, from what the meters of its nodes said.
//
// Readings are counted by whole per cent of the node's CPU in use and whole watts, so a year of a thousand nodes takes no more room
// than a week of one. At each tenth of the CPU a line is laid through the readings within 5 % of it that gives far ones less
// weight, and at last none (Tukey's biweight, from Huber's start), and says what it comes to there. No tenth is spoken of that has
// not an hour of readings. Readings of one hour tell much the same, so the interval counts hours, not readings.
//
// Units: watts of one node, utilization 0..1. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "base/time.h"
#include "model/curve.h"
#include "model/power.h"

namespace drover {

inline constexpr Duration kCurveAfter = hours{24 * 7};
inline constexpr std::int64_t kCurveReadings = 60;  // of a tenth of the CPU, a minute apart

// What the meters of a profile's nodes said.
class CurveReadings {
 public:
  explicit CurveReadings(Instant since) : since_(since) {}
  // One node's; out of 0..1 or not above 0 W it is left out.
  void add(double utilization, double watts);
  [[nodiscard]] Instant since() const { return since_; }
  void put_back(Duration by) { since_ -= by; }
  // By per cent and watts.
  [[nodiscard]] const std::map<std::pair<int, int>, std::int64_t>& counts() const { return counts_; }

 private:
  Instant since_;
  std::map<std::pair<int, int>, std::int64_t> counts_;
};

// Without a curve `message` says why there is none.
[[nodiscard]] CurveProposal propose_curve(const CurveReadings& readings, const PowerModel& model, Instant now);

}  // namespace drover
