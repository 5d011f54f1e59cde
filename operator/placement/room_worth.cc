#include "placement/room_worth.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"

namespace drover::placement {
namespace {

constexpr std::int64_t kMostCells = 20'000;
constexpr double kCornerRounding = 1e-9;  // of a price, at most, by which a corner may be wrong

}  // namespace

RoomWorth::RoomWorth(const std::vector<Size>& sizes, const Size& largest) : unit_{0, 0} {
  for (const Size& size : sizes) unit_ = {std::gcd(unit_.cpu, size.cpu), std::gcd(unit_.memory, size.memory)};
  // Of what no size needs, any room is the same.
  if (unit_.cpu == 0) unit_.cpu = largest.cpu + 1;
  if (unit_.memory == 0) unit_.memory = largest.memory + 1;
  most_ = units(largest);
  while (most_.cpu + 1 > kMostCells / (most_.memory + 1)) {
    std::int64_t& finer = most_.cpu > most_.memory ? unit_.cpu : unit_.memory;
    finer *= 2;
    most_ = units(largest);
  }
  for (const Size& size : sizes) sizes_.push_back(units(size));
  cells_.resize(static_cast<std::size_t>((most_.cpu + 1) * (most_.memory + 1)));
}

void RoomWorth::set_prices(const std::vector<double>& prices) {
  DROVER_CHECK(prices.size() == sizes_.size());
  fill_cells(prices);
  find_ceilings(prices);
}

void RoomWorth::fill_cells(const std::vector<double>& prices) {
  const auto row = static_cast<std::size_t>(most_.memory + 1);
  std::size_t at = 0;
  for (std::int64_t cpu = 0; cpu <= most_.cpu; ++cpu) {
    for (std::int64_t memory = 0; memory <= most_.memory; ++memory, ++at) {
      Cell best;
      if (cpu > 0) best = cells_[at - row];
      if (memory > 0 && cells_[at - 1].worth > best.worth) best = cells_[at - 1];
      for (std::size_t k = 0; k < sizes_.size(); ++k) {
        const Size& size = sizes_[k];
        if (size.cpu > cpu || size.memory > memory || size == Size{}) continue;
        const std::size_t rest = at - cell(size);
        const double worth = cells_[rest].worth + prices[k];
        if (worth > best.worth) best = {worth, static_cast<std::int32_t>(k), static_cast<std::int32_t>(rest)};
      }
      cells_[at] = best;
    }
  }
}

void RoomWorth::find_ceilings(const std::vector<double>& prices) {
  struct Line {
    Size size;
    double price = 0;
  };
  std::vector<Line> lines{{{1, 0}, 0}, {{0, 1}, 0}};
  for (std::size_t k = 0; k < sizes_.size(); ++k) lines.push_back({sizes_[k], prices[k]});
  // Right by itself, however the corners are rounded.
  RoomPrice each_alone;
  for (const auto& [size, price] : lines) {
    if (size.cpu > 0) each_alone.cpu = std::max(each_alone.cpu, price * (1 + kCornerRounding) / static_cast<double>(size.cpu));
    if (size.memory > 0)
      each_alone.memory = std::max(each_alone.memory, price * (1 + kCornerRounding) / static_cast<double>(size.memory));
  }
  ceilings_.assign(1, each_alone);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (std::size_t j = i + 1; j < lines.size(); ++j) {
      const auto& [a, a_price] = lines[i];
      const auto& [b, b_price] = lines[j];
      const auto det = static_cast<double>(a.cpu * b.memory - b.cpu * a.memory);
      if (det == 0) continue;
      const RoomPrice corner{(a_price * static_cast<double>(b.memory) - b_price * static_cast<double>(a.memory)) / det,
                             (static_cast<double>(a.cpu) * b_price - static_cast<double>(b.cpu) * a_price) / det};
      const bool above = corner.cpu >= 0 && corner.memory >= 0 && std::all_of(lines.begin(), lines.end(), [&](const Line& line) {
                           return corner.of(line.size) >= line.price * (1 - kCornerRounding);
                         });
      if (above) ceilings_.push_back({corner.cpu * (1 + 2 * kCornerRounding), corner.memory * (1 + 2 * kCornerRounding)});
    }
  }
}

std::int64_t RoomWorth::add_counts(const Size& room, std::vector<std::int64_t>& counts) const {
  std::int64_t added = 0;
  for (const Cell* at = &cells_[cell(room)]; at->size >= 0; at = &cells_[static_cast<std::size_t>(at->rest)]) {
    ++counts[static_cast<std::size_t>(at->size)];
    ++added;
  }
  return added;
}

}  // namespace drover::placement
