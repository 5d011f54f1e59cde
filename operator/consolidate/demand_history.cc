#include "consolidate/demand_history.h"

#include <algorithm>
#include <cmath>

namespace drover {
namespace {

double share_of(const PoolVm& vm) {
  return vm.most.cpu > 0 ? std::clamp(vm.demand.cpu / vm.most.cpu, 0.0, 1.0) : 0;
}

double largest_of(const Pool& pool) {
  double largest = 0;
  for (const PoolNode& node : pool.nodes) largest = std::max(largest, node.capacity.cpu);
  return largest;
}

}  // namespace

// `size`: what the VM can use, per largest node.
void DemandHistory::add(Track& track, double share, double size) {
  if (track.weight > 0) {
    const double deviation = share - track.sum / track.weight * common_;
    products_ += deviation * track.deviation;
    squares_ += track.deviation * track.deviation;
    track.deviation = deviation;
  }
  track.weight = track.weight * tuning_.memory + 1;
  track.sum = track.sum * tuning_.memory + share;
  track.squares = track.squares * tuning_.memory + share * share;
  track.recent_weight = track.recent_weight * tuning_.recent + 1;
  track.recent_sum = track.recent_sum * tuning_.recent + share;
  for (std::size_t i = 0; i < kPoints.size(); ++i) {
    track.exponentials[i] = track.exponentials[i] * tuning_.memory + std::exp(kPoints[i] * size * share);
  }
}

double DemandHistory::lasting(const Track& track) const {
  const double prior = credibility_;
  const double lasting = (track.sum + prior * usual_) / (track.weight + prior);
  const double recent = (track.recent_sum + prior * usual_) / (track.recent_weight + prior);
  return lasting + tuning_.recent_share * (recent - lasting);
}

// The logarithm of E exp(x * share): of a gamma distribution, as far as no share is above 1.
double DemandHistory::ordinary(double x, double mean) const {
  const double scale = spread_ * (1 - mean);
  const double most = std::log(1 - mean + mean * std::exp(x));
  return x * scale < 1 ? std::min(most, -mean / scale * std::log(1 - x * scale)) : most;
}

Forecast DemandHistory::forecast(const Track& track, double share, double size) const {
  const double prior = tuning_.shape_samples;
  const double lasting = std::clamp(this->lasting(track), 1e-6, 1 - 1e-6);
  const double mean = std::min(lasting * common_, 1.0);
  const double own = track.weight > 0 ? track.sum / track.weight : lasting;
  const double within = std::max(0.0, track.squares - track.weight * own * own);
  Forecast f;
  f.mean = mean * size * largest_;
  f.next = (mean + persistence() * (share - mean)) * size * largest_;
  f.sigma = std::sqrt((within + prior * spread_ * lasting * (1 - lasting)) / (track.weight + prior)) * size * largest_;
  for (std::size_t i = 0; i < kPoints.size(); ++i) {
    const double x = kPoints[i] * size;
    const double seen = track.exponentials[i] * std::exp(x * (lasting - own));
    const double growth = std::log((seen + prior * std::exp(ordinary(x, lasting))) / (track.weight + prior));
    f.growth[i] = growth + x * (mean - lasting);
  }
  return f;
}

double DemandHistory::persistence() const {
  constexpr double kBelieved = 1;
  return std::clamp((products_ + kBelieved * 0.5) / (squares_ + kBelieved), 0.0, 1.0);
}

void DemandHistory::observe(const Pool& pool) {
  largest_ = largest_of(pool);
  products_ *= tuning_.memory;
  squares_ *= tuning_.memory;
  for (auto& [uid, track] : tracks_) track.seen = false;
  Tracks tracks;
  tracks.reserve(pool.vms.size());
  for (const PoolVm& vm : pool.vms) {
    Track& track = tracks_[vm.uid];
    track.seen = true;
    if (vm.measured) add(track, share_of(vm), vm.most.cpu / largest_);
    tracks.push_back(&track);
  }
  std::erase_if(tracks_, [](const auto& entry) { return !entry.second.seen; });
  learn(pool, tracks);
  look(pool, tracks);
}

// How many samples of a VM the pool's mean counts for: the fewer, the more the VMs differ beyond what their samples vary by chance
// (Bühlmann's credibility).
void DemandHistory::learn_credibility() {
  double vms = 0;
  double sum = 0;
  double squares = 0;
  double varies = 0;
  double chance = 0;
  for (const auto& [uid, track] : tracks_) {
    if (track.weight <= 0) continue;
    const double mean = track.sum / track.weight;
    vms += 1;
    sum += mean;
    squares += mean * mean;
    varies += spread_ * mean * (1 - mean);
    chance += spread_ * mean * (1 - mean) / track.weight;
  }
  if (vms < 2) return;
  const double differ = (squares - sum * sum / vms) / (vms - 1) - chance / vms;
  credibility_ = std::clamp(varies / vms / std::max(differ, 1e-9), 0.1, tuning_.most_credible);
}

// What the VMs of the pool have in common.
void DemandHistory::learn(const Pool& pool, const Tracks& tracks) {
  double sum = 0;
  double weight = 0;
  double within = 0;
  double possible = 0;
  for (const auto& [uid, track] : tracks_) {
    sum += track.sum;
    weight += track.weight;
    if (track.weight <= 1) continue;
    const double mean = track.sum / track.weight;
    within += track.squares - track.weight * mean * mean;
    possible += (track.weight - 1) * mean * (1 - mean);
  }
  usual_ = weight > 0 ? sum / weight : 1;
  const auto vms_known = static_cast<double>(tracks_.size());
  spread_ = std::clamp((within + tuning_.spread_samples * vms_known * tuning_.first_spread * usual_ * usual_) /
                           (possible + tuning_.spread_samples * vms_known * usual_ * (1 - usual_) + 1e-9),
                       1e-6, 1.0);
  learn_credibility();
  double now = 0;
  double lasts = 0;
  double vms = 0;
  for (std::size_t i = 0; i < pool.vms.size(); ++i) {
    const PoolVm& vm = pool.vms[i];
    const Track& track = *tracks[i];
    if (track.weight <= 0) continue;
    now += track.recent_sum / track.recent_weight * vm.most.cpu;
    lasts += lasting(track) * vm.most.cpu;
    ++vms;
  }
  common_ = lasts > 0 ? 1 + vms / (vms + tuning_.common_vms) * (now / lasts - 1) : 1;
}

void DemandHistory::look(const Pool& pool) {
  largest_ = largest_of(pool);
  Tracks tracks;
  for (const PoolVm& vm : pool.vms) {
    const auto track = tracks_.find(vm.uid);
    tracks.push_back(track == tracks_.end() ? nullptr : &track->second);
  }
  look(pool, tracks);
}

void DemandHistory::look(const Pool& pool, const Tracks& tracks) {
  forecasts_.clear();
  for (std::size_t i = 0; i < pool.vms.size(); ++i) {
    const PoolVm& vm = pool.vms[i];
    forecasts_.push_back(forecast(tracks[i] == nullptr ? Track{} : *tracks[i], share_of(vm), vm.most.cpu / largest_));
  }
}

}  // namespace drover
