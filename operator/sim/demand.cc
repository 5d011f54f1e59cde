#include "sim/demand.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace drover::sim {
namespace {

double share(double value) {
  return std::clamp(value, 0.0, 1.0);
}

const Trace& trace_of(const TraceDemand& demand, std::size_t number) {
  return (*demand.traces)[number % demand.traces->size()];
}

std::size_t sample_at(const Trace& trace, Duration since_start) {
  return static_cast<std::size_t>(std::max<Duration::rep>(since_start / trace.interval, 0)) % trace.cpu.size();
}

}  // namespace

Demand::Demand(DemandPattern pattern, std::size_t number, SeededRandom random)
    : pattern_(std::move(pattern)), number_(number), random_(random) {}

double Demand::next(Instant now, Duration since_start, Duration step) {
  struct Next {
    Demand& d;
    Instant now;
    Duration since_start;
    Duration step;

    double operator()(const ConstantDemand& p) const { return share(p.level); }
    double operator()(const DayDemand& p) const {
      const Duration of_day = now.time_since_epoch() % hours{24};
      const double phase = 2 * std::numbers::pi * to_seconds(of_day - p.peak) / to_seconds(hours{24});
      return share(p.low + (p.high - p.low) * (1 + std::cos(phase)) / 2 + d.random_.uniform(-p.noise, p.noise));
    }
    double operator()(const WalkDemand& p) const {
      d.last_ =
          d.last_ < 0 ? d.random_.uniform(p.low, p.high) : std::clamp(d.last_ + d.random_.uniform(-p.step, p.step), p.low, p.high);
      return share(d.last_);
    }
    double operator()(const BurstDemand& p) const {
      const double draw = d.random_.uniform();
      const double length = d.random_.uniform(0.5, 1.5) * to_seconds(p.length);
      if (now >= d.burst_ends_ && draw < 1 - std::exp(-p.per_hour * to_seconds(step) / 3600)) {
        d.burst_ends_ = now + from_seconds(length);
      }
      return share(now < d.burst_ends_ ? p.high : p.low);
    }
    double operator()(const UniformDemand& p) const { return share(d.random_.uniform(p.low, p.high)); }
    double operator()(const TraceDemand& p) const {
      const Trace& trace = trace_of(p, d.number_);
      return share(trace.cpu[sample_at(trace, since_start)]);
    }
  };
  return std::visit(Next{*this, now, since_start, step}, pattern_);
}

double Demand::memory(Duration since_start, double otherwise) const {
  const auto* demand = std::get_if<TraceDemand>(&pattern_);
  if (demand == nullptr) return otherwise;
  const Trace& trace = trace_of(*demand, number_);
  return trace.memory.empty() ? otherwise : share(trace.memory[sample_at(trace, since_start)]);
}

}  // namespace drover::sim
