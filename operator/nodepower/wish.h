// What the files are to hold, as the settings and the machine say. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nodepower/cores.h"

namespace drover::nodepower {

struct Wish {
  std::string settings;                       // settings_text() of those that it comes from
  std::map<std::string, std::string> values;  // by file that may be written; all others: as they were before this program
  std::vector<std::string> remarks;           // what the settings say and this machine can't do, and why; for people
  std::string cores_note;                     // why fewer cores rest than may; empty: as many do
};

struct Situation {
  const Machine& machine;
  const Settings& settings;
  std::optional<UseHistory::Use> use;
  std::string core_obstacle;  // core_obstacle(); empty: none
  CpuSet resting;             // CPUs that this program has taken offline
  CpuSet untouchable;         // CPUs that it may not take: people's hands were on them, or they did not go lately
};

[[nodiscard]] Wish make_wish(const Situation& situation);

}  // namespace drover::nodepower
