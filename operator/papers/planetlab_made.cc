#include "papers/planetlab_made.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace drover::papers {
namespace {

// Only sums and products of uniform draws: no function whose last digit depends on the machine.
std::vector<std::uint8_t> make_trace(SeededRandom random) {
  const double draw = random.uniform();
  const double usual = 0.45 * draw * draw * draw;  // 11 % on average, a few near a half
  const bool idles = random.chance(0.45);
  const double peaks = random.uniform(0, 0.06);
  const double height = random.uniform(0.1, 0.9);
  std::vector<std::uint8_t> samples;
  double level = usual;
  bool idle = idles && random.chance(0.5);
  for (int i = 0; i < kFrames; ++i) {
    level = std::max(0.0, level + 0.1 * (usual - level) + usual * random.uniform(-0.15, 0.15));
    if (idles && random.chance(idle ? 0.03 : 0.015)) idle = !idle;
    double noise = random.uniform(-0.25, 0.25);
    noise += random.uniform(-0.25, 0.25);
    double use = level * (1 + noise);
    if (random.chance(peaks)) use += height * random.uniform();
    if (idle) use = 0;
    samples.push_back(static_cast<std::uint8_t>(std::lround(std::clamp(use, 0.0, 1.0) * 100)));
  }
  return samples;
}

}  // namespace

UseTraces make_use_traces(int vms, std::uint64_t seed) {
  UseTraces day;
  day.name = "made-" + std::to_string(seed);
  SeededRandom random(seed);
  for (int vm = 0; vm < vms; ++vm) day.percent.push_back(make_trace(random.fork()));
  return day;
}

}  // namespace drover::papers
