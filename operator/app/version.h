// The version that was built.
#pragma once

#include <string_view>

namespace drover {

[[nodiscard]] std::string_view version();  // "0.1.0"

}  // namespace drover
