// Indices of what is counted by int into containers that count by std::size_t. Pure.
#pragma once

#include <cstddef>

namespace drover {

// `i` is at least 0.
[[nodiscard]] constexpr std::size_t index(int i) {
  return static_cast<std::size_t>(i);
}

}  // namespace drover
