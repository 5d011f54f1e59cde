// One machine looked after: every pass reads the settings, the machine and its meters, and makes the files hold what is wished.
//
// Thread safety: open(), pass() and put_back() on one thread; snapshot() on any.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "nodepower/keeper.h"
#include "nodepower/page.h"
#include "ports/clock.h"

namespace drover::nodepower {

struct DaemonOptions {
  std::string settings_file;
  std::string cpu_manager_state_file;
  double ticks_per_second = 100;  // of /proc/stat: sysconf(_SC_CLK_TCK)
  std::string version;
};

struct DaemonTools {
  SysFs& sysfs;
  const SysFs& procfs;
  HeldStore& store;
  const Clock& clock;
  Log& log;
};

class Daemon {
 public:
  // When what is kept can't be read, meters are read and nothing is written; the snapshot and the log say so.
  Daemon(const DaemonTools& tools, DaemonOptions options);

  void pass();
  // All files as they were before. False: some could not be put back; the log names them.
  [[nodiscard]] bool put_back();
  [[nodiscard]] Snapshot snapshot() const;

 private:
  void read_settings_file();
  [[nodiscard]] Wish wish_now(const Machine& machine);
  void tell(const std::vector<std::string>& remarks);

  const DaemonTools tools_;
  const DaemonOptions options_;
  std::optional<Keeper> keeper_;
  std::string obstacle_;
  Settings settings_;
  bool settings_valid_ = true;
  UseHistory use_;
  Meters meters_;
  std::map<CoreId, CpuSet> cores_;
  std::map<int, Duration> refused_;  // CPUs that did not go offline, and when
  std::set<std::string> told_;
  std::uint64_t writes_ = 0;
  std::uint64_t failed_writes_ = 0;
  mutable Mutex mutex_;
  Snapshot snapshot_ DROVER_GUARDED_BY(mutex_);
};

// The boot of which this is, as /proc/sys/kernel/random/boot_id has it.
[[nodiscard]] Result<std::string> boot_id(const SysFs& procfs);
// The kubelet's state; an Error, too, when the file was replaced under a mount of it, so that what is read is old.
[[nodiscard]] Result<std::string> read_cpu_manager_state(const std::string& path);

}  // namespace drover::nodepower
