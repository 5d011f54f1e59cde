// Reading the small files that configuration and credentials live in. Stateless, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace drover::kube {

// A whole file of at most 4 MiB. Invalid, naming the file and what the system said.
[[nodiscard]] Result<std::string> read_file(const std::string& path);

// A file's text without surrounding white space; Invalid when empty or when it can't stand in a header line.
[[nodiscard]] Result<std::string> read_secret_line(const std::string& path);

}  // namespace drover::kube
