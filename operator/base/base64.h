// Bytes as text that Kubernetes' Secrets, kubeconfigs and HTTP's Basic authentication hold them in. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace drover {

// RFC 4648 with padding; line breaks and spaces are skipped. Empty when it is anything else.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);
[[nodiscard]] std::string encode_base64(std::string_view bytes);

}  // namespace drover
