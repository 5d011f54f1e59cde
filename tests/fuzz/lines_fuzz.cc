// A stream of lines gives the same lines however it is cut into pieces. The first byte is the length of the pieces.
#include <algorithm>
#include <string>
#include <vector>

#include "fuzz.h"
#include "kube/line_splitter.h"

namespace {

struct Split {
  std::vector<std::string> lines;
  bool in_line = false;
  bool too_long = false;
};

Split split(std::string_view text, std::size_t piece) {
  Split split;
  drover::kube::LineSplitter splitter(64);
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const std::string_view part = text.substr(at, piece);
    const auto fed = splitter.feed({part.data(), part.size()}, [&](std::string_view line) {
      split.lines.emplace_back(line);
      return true;
    });
    if (fed == drover::kube::LineSplitter::Fed::TooLong) {
      split.too_long = true;
      return split;
    }
  }
  split.in_line = splitter.in_line();
  return split;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text = drover::fuzz::text(data + 1, size - 1);
  const Split whole = split(text, text.size());
  const Split pieces = split(text, std::max<std::size_t>(data[0], 1));
  DROVER_CHECK(whole.lines == pieces.lines);
  DROVER_CHECK(whole.too_long == pieces.too_long && whole.in_line == pieces.in_line);
  for (const std::string& line : whole.lines) DROVER_CHECK(!line.empty() && line.find('\n') == std::string::npos);
  return 0;
}
