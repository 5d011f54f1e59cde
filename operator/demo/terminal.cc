#include "demo/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace drover {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

bool terminal_shows_pictures() {
  const auto kind = environment("TERM");
  return isatty(STDOUT_FILENO) == 1 && !kind.empty() && kind != "dumb";
}

bool colours_are_welcome() {
  return environment("NO_COLOR").empty();
}

const Glyphs& glyphs_of_the_locale() {
  std::string name;
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    name = environment(variable);
    if (!name.empty()) break;
  }
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool utf8 = name.find("utf-8") != std::string::npos || name.find("utf8") != std::string::npos;
  return utf8 ? kUnicodeGlyphs : kAsciiGlyphs;
}

FrameSize terminal_size() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

Pictures::Pictures(bool colours) : colours_(colours) {
  std::cout << "\033[?1049h\033[?25l" << std::flush;
}

Pictures::~Pictures() {
  std::cout << "\033[?25h\033[?1049l" << std::flush;
}

void Pictures::show(const std::vector<Line>& lines) {
  std::string text = "\033[H";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += (i == 0 ? "" : "\r\n") + (colours_ ? lines[i].with_escape_codes() : lines[i].text()) + "\033[K";
  }
  std::cout << text << "\033[J" << std::flush;
}

}  // namespace drover
