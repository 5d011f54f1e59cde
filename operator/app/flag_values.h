// What a flag may be given, checked before it is read: the message names what may stand there.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace drover {

// "want cpprest or curl; have "telnet"".
[[nodiscard]] CLI::Validator one_of(std::vector<std::string> words);
// A number in plain figures, both ends included; nan and inf are none.
[[nodiscard]] CLI::Validator number_within(double least, double most);
// Digits alone: no sign, and no leading zero, which some read as octal.
[[nodiscard]] CLI::Validator whole_within(std::uint64_t least, std::uint64_t most = std::numeric_limits<std::uint64_t>::max());
// "5s", "1m30s"; above zero.
[[nodiscard]] CLI::Validator duration_up_to(const std::string& most);
// Bytes per second as a quantity above 0.
[[nodiscard]] CLI::Validator bandwidth();

}  // namespace drover
