// RoomWorth: the most that VMs of given sizes and prices can be worth in a room, for every room up to the largest: the knapsack of
// two dimensions, any number of each size, by dynamic programming over a grid.
//
// Rooms and sizes are counted in units of the grid, both rounded down: what fits still fits, so no worth is too low. Units are the
// sizes' greatest common divisors, of which nothing is lost, or larger where the grid had too many cells.
//
// Thread safety: none.
#pragma once

#include <cstdint>
#include <vector>

#include "placement/instance.h"

namespace drover::placement {

// Prices of a unit of room.
struct RoomPrice {
  double cpu = 0;
  double memory = 0;

  [[nodiscard]] double of(const Size& room) const {
    return cpu * static_cast<double>(room.cpu) + memory * static_cast<double>(room.memory);
  }
};

class RoomWorth {
 public:
  // `largest`: every size fits into it, and every room that is asked about.
  RoomWorth(const std::vector<Size>& sizes, const Size& largest);

  // In units; sizes may be so small that they are nothing, and then have to have no price.
  [[nodiscard]] Size units(const Size& size) const { return {size.cpu / unit_.cpu, size.memory / unit_.memory}; }

  // `prices` of each size, none negative.
  void set_prices(const std::vector<double>& prices);

  // Of a room in units.
  [[nodiscard]] double of(const Size& room) const { return cells_[cell(room)].worth; }
  // Adds the VMs that fill the room best to the `counts` of their sizes; returns how many these are.
  std::int64_t add_counts(const Size& room, std::vector<std::int64_t>& counts) const;

  // Prices of room at which no size is worth more than the room it takes, and so no room worth more than its price: the corners of
  // all such prices, and one that is no corner; never none.
  [[nodiscard]] const std::vector<RoomPrice>& ceilings() const { return ceilings_; }

  // Work of one set_prices, in cells looked at.
  [[nodiscard]] std::int64_t work() const { return static_cast<std::int64_t>(cells_.size() * sizes_.size()); }

 private:
  struct Cell {
    double worth = 0;
    std::int32_t size = -1;  // the last VM put there, or none
    std::int32_t rest = 0;   // the room without it
  };

  void fill_cells(const std::vector<double>& prices);
  void find_ceilings(const std::vector<double>& prices);

  [[nodiscard]] std::size_t cell(const Size& room) const {
    return static_cast<std::size_t>(room.cpu * (most_.memory + 1) + room.memory);
  }

  Size unit_;
  Size most_;
  std::vector<Size> sizes_;  // in units
  std::vector<Cell> cells_;
  std::vector<RoomPrice> ceilings_;
};

}  // namespace drover::placement
