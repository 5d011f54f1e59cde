// The page /metrics: what the machine's meters read, and what is held. All metrics of this program begin with drover_nodepower_.
// Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nodepower/machine.h"
#include "nodepower/meters.h"

namespace drover::nodepower {

struct Snapshot {
  std::string version;
  Meters::Readings readings;
  std::vector<FrequencyPolicy> policies;
  std::optional<std::size_t> online_cpus;
  std::size_t resting_cpus = 0;  // offline by this program
  std::size_t held_files = 0;
  std::size_t left_files = 0;  // to people
  bool settings_valid = true;
  std::uint64_t writes = 0;
  std::uint64_t failed_writes = 0;
  std::vector<std::string> remarks;  // what is not as the settings say, and why
  std::string cores_note;            // Wish::cores_note
  std::string obstacle;              // why nothing is written at all; empty: nothing is in the way
};

// The exposition format 0.0.4. What is not known is not there.
[[nodiscard]] std::string metrics_text(const Snapshot& snapshot);
// How it stands, for people, in lines; of /readyz.
[[nodiscard]] std::string standing_text(const Snapshot& snapshot);

}  // namespace drover::nodepower
