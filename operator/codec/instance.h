// The instance file of `drover place`: {"nodes":[{"name","cpu_m","mem_mib"}],"vms":[{"name","cpu_m","mem_mib","node"}],"t":N}.
//
// Strict, unlike the readers of what an API server sends: people write this file, and a field that is misspelt must not be passed
// over. Amounts are whole millicores and MiB from 0 to placement::kLargest; names are unique and not empty; every VM names its
// node; t, the most VMs that may be moved, is at least 1. Errors are of class Invalid and name the line, or the field and the fix;
// not the file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "placement/instance.h"

namespace drover {

struct InstanceFile {
  placement::Instance instance;
  std::vector<std::string> node_names;
  std::vector<std::string> vm_names;
};

[[nodiscard]] Result<InstanceFile> read_instance(std::string_view text);

}  // namespace drover
