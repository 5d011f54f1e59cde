// What a demo's day came to, told to a person: energy and what it cost, service, the course of the day, three moves that tell it,
// and what to try next. Pure functions of values.
#pragma once

#include <string>
#include <vector>

#include "demo/day.h"
#include "demo/styled_text.h"

namespace drover {

struct TellingMove {
  const DemoMove* move = nullptr;
  std::string why;  // why it was picked: "It was the last to leave node-14, which then slept for 21 h."
};
// At most three, in order of time: one that sent a node to sleep for long, one that cured an overload, the longest copy; else
// the first and the last; no two from one node. Points into `day`.
[[nodiscard]] std::vector<TellingMove> telling_moves(const DemoDay& day);

// Lines of at most `columns` columns, but for commands, which stay whole.
[[nodiscard]] std::vector<Line> closing_report(const DemoDay& day, std::size_t columns, const Glyphs& glyphs);

}  // namespace drover
