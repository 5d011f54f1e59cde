// What a file says is to be: governor, EPP, and how many idle cores may go offline. YAML, read strictly:
//
//   governor: powersave
//   energyPerformancePreference: balance_power
//   idleCores:
//     offline: 25%      # of the machine's cores at most; or a number of them
//     headroom: 50%     # of what is in use stays online beyond it
//     window: 10m       # of which the highest use counts
//
// What is left out is not touched. Pure but for reading the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace drover::nodepower {

struct IdleCores {
  std::optional<std::int64_t> count;  // one of the two
  std::optional<double> share;        // 0..1 of the cores
  double headroom = 0.5;
  Duration window = minutes{10};
  friend bool operator==(const IdleCores&, const IdleCores&) = default;
};

struct Settings {
  std::optional<std::string> governor;
  std::optional<std::string> preference;  // EPP
  std::optional<IdleCores> idle_cores;
  friend bool operator==(const Settings&, const Settings&) = default;
};

// A text with nothing but blanks and comments says nothing. `file` is its name in messages. Invalid: not what is described above.
[[nodiscard]] Result<Settings> parse_settings(const std::string& text, const std::string& file);
// A file that is not there says nothing either; one that can't be read is Invalid.
[[nodiscard]] Result<Settings> read_settings(const std::string& path);

// All that they say in one line: equal texts for equal settings; empty when they say nothing.
[[nodiscard]] std::string settings_text(const Settings& settings);

}  // namespace drover::nodepower
