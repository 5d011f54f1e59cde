// A stable 64-bit hash (FNV-1a): the same on every machine, build and run, as deterministic names need. Not for hash tables
// that outsiders can fill.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace drover {

inline constexpr std::uint64_t kHashSeed = 14695981039346656037ULL;

[[nodiscard]] constexpr std::uint64_t stable_hash(std::string_view text, std::uint64_t seed = kHashSeed) {
  std::uint64_t hash = seed;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return hash;
}

// `digits` characters without vowels or look-alikes, fit for the names of Kubernetes objects.
[[nodiscard]] std::string hash_text(std::uint64_t hash, int digits = 10);

}  // namespace drover
