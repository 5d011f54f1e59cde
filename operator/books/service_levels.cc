#include "books/service_levels.h"

#include <algorithm>
#include <utility>

#include "books/books.h"

namespace drover {
namespace {

constexpr double kMostUnknown = 0.1;

}  // namespace

template <typename Key>
void SlidingRatios<Key>::add(Instant at, const Key& key, double part, double whole) {
  const std::size_t number = numbers_.try_emplace(key, numbers_.size()).first->second;
  for (std::size_t window = 0; window < kSlidingWindows.size(); ++window) {
    const Duration::rep index = at.time_since_epoch() / kSlidingWindows[window].block;
    std::deque<Block>& blocks = blocks_[window];
    if (blocks.empty() || blocks.back().index < index) blocks.push_back({index, {}});
    std::vector<Sums>& sums = blocks.back().sums;
    if (sums.size() <= number) sums.resize(std::max(numbers_.size(), number + 1));
    sums[number].part += static_cast<float>(part);
    sums[number].whole += static_cast<float>(whole);
  }
}

template <typename Key>
std::optional<double> SlidingRatios<Key>::mean(std::size_t window) const {
  std::vector<std::pair<double, double>> totals(numbers_.size());
  for (const Block& block : blocks_[window]) {
    for (std::size_t i = 0; i < block.sums.size(); ++i) {
      totals[i].first += block.sums[i].part;
      totals[i].second += block.sums[i].whole;
    }
  }
  double sum = 0;
  std::size_t count = 0;
  for (const auto& [part, whole] : totals) {
    if (whole <= 0) continue;
    sum += part / whole;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / static_cast<double>(count);
}

template <typename Key>
double SlidingRatios<Key>::part(std::size_t window) const {
  double all = 0;
  for (const Block& block : blocks_[window]) {
    for (const Sums& sums : block.sums) all += sums.part;
  }
  return all;
}

template <typename Key>
double SlidingRatios<Key>::whole(std::size_t window) const {
  double all = 0;
  for (const Block& block : blocks_[window]) {
    for (const Sums& sums : block.sums) all += sums.whole;
  }
  return all;
}

template <typename Key>
void SlidingRatios<Key>::roll(Instant now) {
  bool is_new_day = false;
  for (std::size_t window = 0; window < kSlidingWindows.size(); ++window) {
    const auto& [name, length, count] = kSlidingWindows[window];
    const Duration::rep index = now.time_since_epoch() / length;
    std::deque<Block>& blocks = blocks_[window];
    while (!blocks.empty() && blocks.front().index <= index - static_cast<Duration::rep>(count)) {
      blocks.pop_front();
      is_new_day = is_new_day || window + 1 == kSlidingWindows.size();
    }
  }
  if (is_new_day) forget_idle();
}

// The others are numbered anew.
template <typename Key>
void SlidingRatios<Key>::forget_idle() {
  const auto is_idle = [&](std::size_t number) {
    const auto& blocks = blocks_.back();  // of the longest window, so of all
    return std::none_of(blocks.begin(), blocks.end(),
                        [&](const Block& block) { return number < block.sums.size() && block.sums[number].whole > 0; });
  };
  std::vector<std::size_t> kept;
  for (auto at = numbers_.begin(); at != numbers_.end();) {
    if (is_idle(at->second)) {
      at = numbers_.erase(at);
    } else {
      kept.push_back(at->second);
      at->second = kept.size() - 1;
      ++at;
    }
  }
  for (auto& blocks : blocks_) {
    for (Block& block : blocks) {
      std::vector<Sums> sums(kept.size());
      for (std::size_t i = 0; i < kept.size(); ++i) {
        if (kept[i] < block.sums.size()) sums[i] = block.sums[kept[i]];
      }
      block.sums = std::move(sums);
    }
  }
}

template class SlidingRatios<std::string>;
template class SlidingRatios<ObjectKey>;
template class SlidingRatios<int>;

void ServiceLevels::sample(Instant now, const ClusterSample& sample) {
  overloaded_.roll(now);
  lost_.roll(now);
  unserved_.roll(now);
  joules_.roll(now);
  unknown_.roll(now);
  covered_.roll(now);
  const std::optional<Instant> last = std::exchange(last_, now);
  if (!last || now <= *last || now - *last > longest_) return;
  const double seconds = to_seconds(now - *last);
  covered_.add(now, 0, seconds, seconds);
  for (const NodeSample& node : sample.nodes) {
    if (node.state != EnergyState::On || !node.known) continue;
    if (node.utilization) overloaded_.add(now, node.name, *node.utilization >= 1 ? seconds : 0, seconds);
    double wanted = 0;
    double served = 0;
    for (const VmSample& vm : node.used) {
      wanted += vm.demanded;
      served += vm.served;
      lost_.add(now, vm.vm, vm.copied ? kLostWhileCopied * vm.demanded * seconds : 0, vm.demanded * seconds);
    }
    if (wanted > 0) unserved_.add(now, 0, (wanted - served) * seconds, wanted * seconds);
  }
}

void ServiceLevels::book(const std::vector<EnergyRow>& rows) {
  double joules = 0;
  double seconds = 0;
  double unknown = 0;
  Instant at{};
  for (const EnergyRow& row : rows) {
    const double span = to_seconds(row.until - row.from);
    at = std::max(at, row.from);
    seconds += span;
    joules += row.joules;
    if (row.cls == EnergyClass::Absent) unknown += span;
  }
  if (seconds <= 0) return;
  joules_.add(at, 0, joules, seconds);
  unknown_.add(at, 0, unknown, seconds);
}

ServiceLevels::Figures ServiceLevels::figures(std::size_t window) const {
  Figures figures;
  figures.covered = from_seconds(covered_.whole(window));
  if (figures.covered <= Duration::zero()) return figures;
  figures.slatah = overloaded_.mean(window);
  figures.pdm = lost_.mean(window);
  figures.unserved = unserved_.mean(window);
  if (figures.slatah && figures.pdm) figures.slav = *figures.slatah * *figures.pdm;
  const auto unknown = unknown_.mean(window);
  if (figures.slav && unknown && *unknown <= kMostUnknown)
    figures.esv = joules_.part(window) / kJoulesPerKilowattHour * *figures.slav;
  return figures;
}

}  // namespace drover
