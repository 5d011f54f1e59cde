// Figures with their units, as scenarios write them: "8 GiB", "250W", "2m", "50%", "10 Gbit/s". The unit is always written, but for
// a zero and for plain counts; a space before it is allowed. Negative, infinite or absurdly large figures are not understood.
//
// Pure functions; empty when not understood.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace drover {

// B, kB, MB, GB, TB, KiB, MiB, GiB, TiB; Ki, Mi, Gi, Ti
[[nodiscard]] std::optional<std::int64_t> parse_bytes(std::string_view text);
// Bytes per second: MB/s, MiB/s, ...; bit/s, Mbit/s, Gbit/s
[[nodiscard]] std::optional<double> parse_rate(std::string_view text);
// W, kW
[[nodiscard]] std::optional<double> parse_watts(std::string_view text);
// J, kJ, MJ, Wh
[[nodiscard]] std::optional<double> parse_joules(std::string_view text);
// 0..1: "50%" or 0.5; and 5.3e-05, as programs write small shares
[[nodiscard]] std::optional<double> parse_share(std::string_view text);
// 2, 0.5, 500m: at most 100000 cores
[[nodiscard]] std::optional<std::int64_t> parse_milli_cpu(std::string_view text);
// A whole number up to 10^9
[[nodiscard]] std::optional<std::int64_t> parse_count(std::string_view text);
// Up to 10^9
[[nodiscard]] std::optional<double> parse_number(std::string_view text);
// 90s, 5m, 1h30m, 2d; up to ten years
[[nodiscard]] std::optional<Duration> parse_span(std::string_view text);

}  // namespace drover
