// Kubernetes resource quantities ("500m", "2", "1.5Gi", "64M", "1e3"), as apimachinery's resource.Quantity defines them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace drover {

// Thousandths of a unit, rounded up as Kubernetes does ("1" cpu -> 1000, "1u" -> 1). What is beyond the range of an int64 is its
// largest value, as Kubernetes itself caps it; what is negative is 0. Empty when malformed.
[[nodiscard]] std::optional<std::int64_t> parse_milli(std::string_view text);

// Whole units, rounded up ("1Gi" -> 1073741824, "1500m" -> 2). Capped in the same way. Empty when malformed.
[[nodiscard]] std::optional<std::int64_t> parse_whole(std::string_view text);

// "512Mi", "1.5Gi", "37 B": for people, three significant digits, and all four of 1000 to 1023.
[[nodiscard]] std::string bytes_text(std::int64_t bytes);

// "0.0123", "0.0000123", "1,500,000": for people, three significant digits and whole figures from 1000 on, and never an exponent;
// "almost 0" below a millionth.
[[nodiscard]] std::string number_text(double value);

// A share or a chance: "12 %", "0.4 %", "1 in 30,000", "less than 1 in a million".
[[nodiscard]] std::string share_text(double share);

}  // namespace drover
