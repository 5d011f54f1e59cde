// Lines of text for a terminal, in columns and a few styles: made as values first, written out last, with or without escape codes.
//
// A character counts as one column. Control characters in what is added are shown as '?', so that no name can steer a terminal.
// Pure values and functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace drover {

enum class Style { Plain, Bold, Dim, Red, Green, Yellow, Blue, Magenta, Cyan };

// What bars and rules are drawn with.
struct Glyphs {
  std::string_view full;
  std::string_view shade;
  std::string_view empty;
  std::string_view half;  // the lower half of `full`
  std::string_view done;  // of a rule that shows how far something is
  std::string_view rest;
  std::string_view arrow;
};
inline constexpr Glyphs kUnicodeGlyphs{"█", "▒", "·", "▄", "━", "─", "→"};
inline constexpr Glyphs kAsciiGlyphs{"#", "+", ".", "o", "=", "-", ">"};

class Line {
 public:
  Line() = default;
  explicit Line(std::string_view text, Style style = Style::Plain) { add(text, style); }

  Line& add(std::string_view text, Style style = Style::Plain);
  Line& add(const Line& other);
  Line& repeat(std::string_view glyph, std::size_t times, Style style = Style::Plain);
  // Blanks up to this column; never cuts.
  Line& pad(std::size_t column);
  // No wider than so many columns.
  Line& cut(std::size_t columns);

  [[nodiscard]] std::size_t columns() const { return columns_; }
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string with_escape_codes() const;

 private:
  struct Part {
    std::string text;
    Style style;
  };
  std::vector<Part> parts_;
  std::size_t columns_ = 0;
};

// The words of a text on lines of at most so many columns; a word that is longer stands on a line of its own.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

// "12,345.7"
[[nodiscard]] std::string decimal(double value, int digits);
// "34.9 %"; a share below 1 % keeps two significant digits: "0.0042 %".
[[nodiscard]] std::string percent(double share);

}  // namespace drover
