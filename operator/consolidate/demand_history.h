// DemandHistory: what is known of each VM's demand for CPU, from the pools that a strategy was shown, and what follows for the next
// interval.
//
// A VM's demand is taken as a draw from what it drew before, shifted to where its mean stands now. Of that distribution the
// logarithm of the moment generating function is kept at a few points (the effective bandwidth of Kelly, and of Guerin, Ahmadi and
// Naghshineh): these add up over the VMs of a node, and give the chance that their sum exceeds it (packing.h). Unlike a variance
// they know of rare peaks. Old samples count less and less.
//
// What the VMs of a pool have in common is learnt from all of them together: how much demand as a whole stands above or below its
// lasting mean, which shows far sooner than in any one VM; how long a deviation lasts, from none of it to all of it; and how much
// an ordinary VM varies, by which a young VM is judged (a gamma distribution stands in for the samples that it lacks).
//
// Demand relative to what a VM can use at most, so that large and small ones can stand in for each other. VMs are known by uid, and
// forgotten when they leave the pool. Thread safety: none.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "consolidate/pool.h"

namespace drover {

// The points, per capacity of the largest node: the larger, the rarer the peaks that they look at.
inline constexpr std::array<double, 8> kPoints = {3, 4.5, 7, 10, 15, 22, 33, 50};

struct Forecast {
  double mean = 0;  // where the VM's demand stands now
  double next = 0;  // expected at the next interval: of the newest deviation, what deviations leave
  double sigma = 0;
  std::array<double, kPoints.size()> growth{};  // log E exp(point * demand / largest node), from `mean`
};

struct HistoryTuning {
  double memory = 0.985;      // weight of a sample beside the next one
  double recent = 0.77;       // the same for the mean that is now
  double recent_share = 0.2;  // of the recent mean in the forecast's
  double most_credible = 20;  // samples that the pool's mean counts for at most where VMs are alike
  double shape_samples = 5;   // likewise for how demand is spread around the mean
  double first_spread = 0.5;  // first guess of the spread, per that of an exponential distribution
  double spread_samples = 1;  // of each VM, that it counts for
  double common_vms = 10;     // so many VMs tell half of how the whole pool's demand changes
};

class DemandHistory {
 public:
  explicit DemandHistory(HistoryTuning tuning = {}) : tuning_(tuning) {}

  // Takes the pool's samples in, and foretells.
  void observe(const Pool& pool);
  // Foretells for this pool, from what was observed before.
  void look(const Pool& pool);

  // Of the VM of that index in the pool observed last.
  [[nodiscard]] const Forecast& of(int vm) const { return forecasts_[static_cast<std::size_t>(vm)]; }
  [[nodiscard]] int vms() const { return static_cast<int>(forecasts_.size()); }
  // CPU of the largest node of that pool.
  [[nodiscard]] double largest() const { return largest_; }

 private:
  struct Track {
    double weight = 0;
    double sum = 0;
    double squares = 0;
    double recent_weight = 0;
    double recent_sum = 0;
    double deviation = 0;  // of the newest sample
    std::array<double, kPoints.size()> exponentials{};
    bool seen = false;
  };
  void add(Track& track, double share, double size);
  using Tracks = std::vector<const Track*>;  // by index of the VM in a pool; null: never seen
  void learn(const Pool& pool, const Tracks& tracks);
  void look(const Pool& pool, const Tracks& tracks);
  void learn_credibility();
  [[nodiscard]] double lasting(const Track& track) const;
  [[nodiscard]] double ordinary(double x, double mean) const;
  [[nodiscard]] double persistence() const;
  [[nodiscard]] Forecast forecast(const Track& track, double share, double size) const;

  HistoryTuning tuning_;
  std::map<std::string, Track> tracks_;
  std::vector<Forecast> forecasts_;
  double largest_ = 0;
  double usual_ = 1;                   // mean share that VMs of this pool use of what they can
  double spread_ = 1;                  // variance of a share, per mean * (1 - mean)
  double credibility_ = 0.3;           // samples that the pool's mean counts for in a VM's
  double common_ = 1;                  // what all VMs together want now, per what they want in the long run
  double products_ = 0, squares_ = 0;  // of successive deviations
};

}  // namespace drover
