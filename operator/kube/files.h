// Reading the small files that configuration and credentials live in. Stateless, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace drover::kube {

// A whole file of at most 4 MiB. Invalid, naming the file and what the system said.
[[nodiscard]] Result<std::string> read_file(const std::string& path);

// A file's text without surrounding white space; Invalid when empty or when it can't stand in a header line.
[[nodiscard]] Result<std::string> read_secret_line(const std::string& path);

// RFC 4648 with padding; line breaks and spaces are skipped. Empty when it is anything else.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);
[[nodiscard]] std::string encode_base64(std::string_view bytes);

}  // namespace drover::kube
