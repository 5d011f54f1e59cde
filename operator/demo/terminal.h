// The terminal on standard output: whether there is one, how large it is, and pictures on it.
//
// Thread safety: none.
#pragma once

#include <string>
#include <vector>

#include "demo/frame.h"
#include "demo/styled_text.h"

namespace drover {

// Standard output is a terminal that understands escape codes.
[[nodiscard]] bool terminal_shows_pictures();
// NO_COLOR is not set (no-color.org).
[[nodiscard]] bool colours_are_welcome();
// Whether the locale of the environment is one of UTF-8: other ones get ASCII.
[[nodiscard]] const Glyphs& glyphs_of_the_locale();
[[nodiscard]] FrameSize terminal_size();

// A second screen over what the terminal showed, which comes back at the end.
class Pictures {
 public:
  explicit Pictures(bool colours);
  ~Pictures();
  Pictures(const Pictures&) = delete;
  Pictures& operator=(const Pictures&) = delete;

  void show(const std::vector<Line>& lines);

 private:
  bool colours_;
};

}  // namespace drover
