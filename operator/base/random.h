// A small generator of pseudo-random numbers that gives the same sequence for a seed on every machine, so that what is drawn can be
// drawn again (SplitMix64: Steele, Lea and Flood 2014). Not for secrets.
//
// Thread safety: none; a value.
#pragma once

#include <cstddef>
#include <cstdint>

namespace drover {

class SeededRandom {
 public:
  explicit constexpr SeededRandom(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t bits() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // In [0, 1).
  constexpr double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
  constexpr double uniform(double low, double high) { return low + (high - low) * uniform(); }
  // In [0, n); n must not be 0.
  constexpr std::size_t below(std::size_t n) { return static_cast<std::size_t>(uniform() * static_cast<double>(n)); }
  constexpr bool chance(double probability) { return uniform() < probability; }
  // A generator of its own, whose sequence does not depend on how much is drawn from this one later.
  constexpr SeededRandom fork() { return SeededRandom(bits()); }

 private:
  std::uint64_t state_;
};

}  // namespace drover
