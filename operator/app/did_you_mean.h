// What may have been meant by a mistyped command or flag. Pure.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace drover {

// The word that is nearest: with few letters added, left out, changed or two exchanged; or "".
[[nodiscard]] std::string nearest_word(std::string_view typed, const std::vector<std::string>& words);

// Of a command line that was parsed: its first word that is neither a command nor a flag, with what may be meant; "" if there is
// none.
[[nodiscard]] std::string did_you_mean(CLI::App& app);

}  // namespace drover
