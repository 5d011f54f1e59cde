// Texts that others wrote, such as names and annotations of a cluster, as they may be shown to a person: what would drive a
// terminal, or forge a line of a table, is shown as what it is. Pure.
#pragma once

#include <string>
#include <string_view>

namespace drover {

// Line breaks and tabs become spaces; other control characters "\x1b", "\u009b"; characters that turn the direction of writing
// "\u202e"; bytes that are no UTF-8 "\xff". All else stays as it is.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace drover
