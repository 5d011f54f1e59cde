#include "consolidate/demand_history.h"

#include <algorithm>
#include <cmath>

namespace drover {
namespace {

double share_of(const PoolVm& vm) {
  return vm.most.cpu > 0 ? std::clamp(vm.demand.cpu / vm.most.cpu, 0.0, 1.0) : 0;
}

}  // namespace

// `size`: what the VM can use, per largest node.
void DemandHistory::add(Track& track, double share, double size) const {
  track.weight = track.weight * tuning_.memory + 1;
  track.sum = track.sum * tuning_.memory + share;
  track.squares = track.squares * tuning_.memory + share * share;
  track.recent_weight = track.recent_weight * tuning_.recent + 1;
  track.recent_sum = track.recent_sum * tuning_.recent + share;
  for (std::size_t i = 0; i < kPoints.size(); ++i) {
    track.exponentials[i] = track.exponentials[i] * tuning_.memory + std::exp(kPoints[i] * size * share);
  }
}

Forecast DemandHistory::forecast(const Track& track, double share, double size) const {
  const double prior = tuning_.prior_samples;
  const double usual = usual_;
  const double weight = track.weight + prior;
  const double lasting = (track.sum + prior * usual) / weight;
  const double recent = (track.recent_sum + prior * usual) / (track.recent_weight + prior);
  const double mean = lasting + tuning_.recent_share * (recent - lasting);
  const double variance = (track.squares + prior * 2 * usual * usual) / weight - lasting * lasting;
  Forecast f;
  f.mean = mean * size * largest_;
  f.next = (mean + tuning_.persistence * (share - mean)) * size * largest_;
  f.sigma = std::sqrt(std::max(0.0, variance)) * size * largest_;
  for (std::size_t i = 0; i < kPoints.size(); ++i) {
    // An exponential distribution's; no VM wants more than all that it can use.
    const double ordinary = std::min(1 / std::max(1e-9, 1 - kPoints[i] * size * usual), std::exp(kPoints[i] * size));
    f.growth[i] = std::log((track.exponentials[i] + prior * ordinary) / weight) + kPoints[i] * size * (mean - lasting);
  }
  return f;
}

void DemandHistory::observe(const Pool& pool) {
  largest_ = 0;
  for (const PoolNode& node : pool.nodes) largest_ = std::max(largest_, node.capacity.cpu);
  for (auto& [uid, track] : tracks_) track.seen = false;
  for (const PoolVm& vm : pool.vms) {
    Track& track = tracks_[vm.uid];
    track.seen = true;
    if (vm.measured) add(track, share_of(vm), vm.most.cpu / largest_);
  }
  double sum = 0;
  double weight = 0;
  for (const auto& [uid, track] : tracks_) {
    if (!track.seen) continue;
    sum += track.sum;
    weight += track.weight;
  }
  usual_ = weight > 0 ? sum / weight : 1;
  std::erase_if(tracks_, [](const auto& entry) { return !entry.second.seen; });
  look(pool);
}

void DemandHistory::look(const Pool& pool) {
  largest_ = 0;
  for (const PoolNode& node : pool.nodes) largest_ = std::max(largest_, node.capacity.cpu);
  forecasts_.clear();
  for (const PoolVm& vm : pool.vms) {
    const auto track = tracks_.find(vm.uid);
    forecasts_.push_back(forecast(track == tracks_.end() ? Track{} : track->second, share_of(vm), vm.most.cpu / largest_));
  }
}

}  // namespace drover
