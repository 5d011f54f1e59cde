// Demand: how much CPU a VM wants, as a share of its virtual CPUs (0..1), from a trace or a generator. It is constant for one step
// of the scenario and then takes another value.
//
// The same pattern, seed and steps give the same values. Thread safety: none; each VM has its own.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/random.h"
#include "base/time.h"

namespace drover::sim {

// Samples at equal distances, each holding until the next; after the last it begins again.
struct Trace {
  std::string name;
  Duration interval = minutes{5};
  std::vector<float> cpu;     // 0..1
  std::vector<float> memory;  // 0..1 of the VM's memory; empty: not told
};

struct ConstantDemand {
  double level = 0.5;
  friend bool operator==(const ConstantDemand&, const ConstantDemand&) = default;
};
struct DayDemand {  // a wave with the length of a day
  double low = 0.1;
  double high = 0.6;
  Duration peak = hours{14};  // time of day, UTC
  double noise = 0.05;        // added to each value: uniform in -noise..noise
  friend bool operator==(const DayDemand&, const DayDemand&) = default;
};
struct WalkDemand {  // each value is near the last
  double low = 0;
  double high = 1;
  double step = 0.1;  // most that it changes by
  friend bool operator==(const WalkDemand&, const WalkDemand&) = default;
};
struct BurstDemand {  // low, and high for a time at random moments
  double low = 0.05;
  double high = 0.95;
  double per_hour = 0.5;
  Duration length = minutes{20};  // on average
  friend bool operator==(const BurstDemand&, const BurstDemand&) = default;
};
struct UniformDemand {  // each value anew
  double low = 0;
  double high = 1;
  friend bool operator==(const UniformDemand&, const UniformDemand&) = default;
};
struct TraceDemand {
  std::shared_ptr<const std::vector<Trace>>
      traces;  // VM number i of its group replays number i, from the first again after the last
  friend bool operator==(const TraceDemand&, const TraceDemand&) = default;
};
using DemandPattern = std::variant<ConstantDemand, DayDemand, WalkDemand, BurstDemand, UniformDemand, TraceDemand>;

class Demand {
 public:
  Demand() : Demand(ConstantDemand{0}, 0, SeededRandom(0)) {}
  // `number` of the VM in its group.
  Demand(DemandPattern pattern, std::size_t number, SeededRandom random);

  // The value from `now` on for one step. Called once for each step, in order; `since_start` of the run.
  double next(Instant now, Duration since_start, Duration step);
  // Share of memory in use, where the trace tells it; else `otherwise`.
  [[nodiscard]] double memory(Duration since_start, double otherwise) const;

 private:
  DemandPattern pattern_;
  std::size_t number_;
  SeededRandom random_;
  double last_ = -1;  // of a walk; below 0: not begun
  Instant burst_ends_{};
};

}  // namespace drover::sim
