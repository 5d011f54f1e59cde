// The kernel's files about this machine (sysfs, and procfs in the same way), below one root.
//
// Paths are relative to the root, without "." and "..": "devices/system/cpu/online". No symbolic link is followed on the way; where
// one leads, link() tells.
//
// Errors: NotFound there is no such file, or the device behind it has gone; Denied it is not ours to read or write, or no path that
// may be written; Invalid the kernel does not take the value; Retryable the kernel can't do it now (busy), or reading failed. The
// message names the file.
// Thread safety: as the implementation says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace drover {

class SysFs {
 public:
  virtual ~SysFs() = default;
  // Without the line break at its end.
  [[nodiscard]] virtual Result<std::string> read(const std::string& path) const = 0;
  // In one piece, as the kernel wants it. Never makes a file.
  [[nodiscard]] virtual Status write(const std::string& path, std::string_view value) = 0;
  // The names in a folder, sorted.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& folder) const = 0;
  // The path that a symbolic link leads to; the path itself when it is none.
  [[nodiscard]] virtual Result<std::string> link(const std::string& path) const = 0;
};

}  // namespace drover
