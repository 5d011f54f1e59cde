// One picture of the demo for a terminal: the clock, energy against "all on", every node as a bar with its life, the moves and why.
//
// Pure function of values: the same day in the same size is the same picture.
#pragma once

#include <cstddef>
#include <vector>

#include "demo/day.h"
#include "demo/styled_text.h"

namespace drover {

struct FrameSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

// At most size.rows lines of at most size.columns columns. Made for 80 x 24 and more; a smaller one is cut.
[[nodiscard]] std::vector<Line> demo_frame(const DemoDay& day, FrameSize size, const Glyphs& glyphs);

}  // namespace drover
