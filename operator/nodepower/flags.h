// The command line of drover-nodepower. Every flag has an environment variable DROVER_NODEPOWER_FLAG_NAME beside it; the flag wins.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"

namespace drover::nodepower {

struct Flags {
  enum class Command { None, Run, Check, Restore, Version };
  Command command = Command::None;
  int exit_code = 0;  // with None: help was shown, or the usage was wrong and standard error says what is right
  std::string sysfs = "/sys";
  std::string procfs = "/proc";
  std::string settings = "/etc/drover-nodepower/settings.yaml";
  std::string state = "/var/lib/drover-nodepower/held.json";
  std::string cpu_manager_state = "/var/lib/kubelet/cpu_manager_state";
  std::string listen = "127.0.0.1:9101";
  std::string tls_cert;
  std::string tls_key;
  Duration interval = seconds{5};
  std::string log_level = "info";
  std::string log_format = "text";
  bool json = false;  // check
};

[[nodiscard]] Flags parse_flags(const std::vector<std::string>& arguments);

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitWrongUsage = 2;

}  // namespace drover::nodepower
