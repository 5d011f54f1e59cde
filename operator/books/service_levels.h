// ServiceLevels: how well the VMs of a live cluster were served within the last hour, day and 30 days.
//
// As Beloglazov and Buyya 2012 define them (section 3.4; books/books.h has them of the whole of a simulation):
//   SLATAH = 1/N sum(Ts_i / Ta_i): Ts_i the time in which all of node i's CPU or more was wanted, Ta_i the time it was on
//   PDM    = 1/M sum(Cd_j / Cr_j): Cd_j the CPU that copies took from VM j (a tenth of its demand while it is copied: estimated),
//            Cr_j the CPU that it demanded
//   SLAV   = SLATAH x PDM, ESV = kWh x SLAV
// Time in which what its VMs use is not known is no time of a node; a VM whose use is not known has no part. What nobody knows of
// is empty, never zero. Energy of which more than a tenth of the nodes' time is not known gives no ESV.
//
// A window is made of blocks, of which the oldest goes out when a new one begins: it covers up to a block less than its length,
// and after a start only what has come since. Instants must not go back. Pure; thread safety: none.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "books/production_books.h"

namespace drover {

struct SlidingWindow {
  std::string_view name;
  Duration block;
  std::size_t blocks;
};
inline constexpr std::array<SlidingWindow, 3> kSlidingWindows = {
    {{"1h", minutes{5}, 12}, {"24h", hours{1}, 24}, {"30d", hours{24}, 30}}};

// Of things with names: of each a part and a whole, within each window.
template <typename Key>
class SlidingRatios {
 public:
  void add(Instant at, const Key& key, double part, double whole);
  // The mean of the things' part / whole, of those that have any; empty: none has.
  [[nodiscard]] std::optional<double> mean(std::size_t window) const;
  // All their parts, and their wholes.
  [[nodiscard]] double part(std::size_t window) const;
  [[nodiscard]] double whole(std::size_t window) const;
  // Blocks that are too old by then go out, and things of which nothing is left.
  void roll(Instant now);

 private:
  struct Sums {
    float part = 0;
    float whole = 0;
  };
  struct Block {
    Duration::rep index = 0;
    std::vector<Sums> sums;  // by number of the thing
  };
  void forget_idle();

  std::map<Key, std::size_t> numbers_;
  std::array<std::deque<Block>, kSlidingWindows.size()> blocks_;  // the newest last
};

class ServiceLevels {
 public:
  struct Figures {
    std::optional<double> slatah;
    std::optional<double> pdm;
    std::optional<double> slav;
    std::optional<double> esv;       // kWh
    std::optional<double> unserved;  // share of the CPU demanded
    Duration covered{};              // of the window's length, the time of which there were samples
  };
  // `longest`: between two samples; over more nothing is known.
  explicit ServiceLevels(Duration longest) : longest_(longest) {}

  // So it has been since the last sample.
  void sample(Instant now, const ClusterSample& sample);
  void book(const std::vector<EnergyRow>& rows);
  void pause() { last_.reset(); }
  [[nodiscard]] Figures figures(std::size_t window) const;

 private:
  Duration longest_;
  std::optional<Instant> last_;
  SlidingRatios<std::string> overloaded_;  // nodes: of their time on
  SlidingRatios<ObjectKey> lost_;          // VMs: to copies, of what they demanded
  SlidingRatios<int> unserved_;            // all VMs together, of the same
  SlidingRatios<int> joules_;              // all nodes together; the whole is not used
  SlidingRatios<int> unknown_;             // their time without known energy, of all of it
  SlidingRatios<int> covered_;             // the time of which there were samples
};

}  // namespace drover
