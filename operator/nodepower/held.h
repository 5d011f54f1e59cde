// The files that this program holds: what was in each before, and what it has written. In memory, and as JSON; where the JSON is
// kept so that a crash loses nothing.
//
// Before a file is written, what is about to be written is noted as `next`; so after a crash at any instant the file holds
// `before`, `written` or `next`, or people's hands were on it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "nodepower/cpu_list.h"

namespace drover::nodepower {

struct HeldFile {
  std::string before;   // to be put back
  std::string written;  // by us; as `before` while nothing is written yet
  std::optional<std::string> next;
  friend bool operator==(const HeldFile&, const HeldFile&) = default;
};

struct Held {
  std::string boot_id;   // of the machine's run: after another boot the kernel has put everything back
  std::string settings;  // those in force, as settings_text() writes them
  std::map<std::string, HeldFile> files;
  std::map<std::string, std::string> left;  // to people, who wrote this; until the settings change
  friend bool operator==(const Held&, const Held&) = default;

  // CPUs that are offline by us.
  [[nodiscard]] CpuSet resting() const;
  // CPUs whose being on- or offline is left to people.
  [[nodiscard]] CpuSet cpus_left() const;
};

[[nodiscard]] std::string held_json(const Held& held);
// Invalid: no JSON of ours, or it names a file that is none of those that are written. `file` is its name in messages.
[[nodiscard]] Result<Held> parse_held(const std::string& text, const std::string& file);

// Where the JSON is kept. Thread safety: none.
class HeldStore {
 public:
  virtual ~HeldStore() = default;
  // Empty: nothing was kept.
  [[nodiscard]] virtual Result<std::optional<Held>> load() = 0;
  // Has either happened in whole or not at all, also when power fails.
  [[nodiscard]] virtual Status save(const Held& held) = 0;
};

}  // namespace drover::nodepower
