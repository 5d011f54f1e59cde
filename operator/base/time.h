// Instants and durations, and their texts. No clock: the time is always an argument (ports/clock.h has the source).
//
// Instants are UTC with nanosecond resolution. Thread safety: pure functions.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace drover {

using Duration = std::chrono::nanoseconds;
using Instant = std::chrono::sys_time<Duration>;

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

[[nodiscard]] constexpr double to_seconds(Duration d) {
  return std::chrono::duration<double>(d).count();
}
// Rounds to the nearest nanosecond; saturates at the range of Duration.
[[nodiscard]] Duration from_seconds(double s);

// RFC 3339 as Kubernetes writes it: "2026-11-22T16:48:00Z", with fraction and numeric offset understood.
[[nodiscard]] std::optional<Instant> parse_rfc3339(std::string_view text);
[[nodiscard]] std::string to_rfc3339(Instant t);        // whole seconds: metav1.Time
[[nodiscard]] std::string to_rfc3339_micro(Instant t);  // six digits: metav1.MicroTime

// Durations as Kubernetes' users write them: "90s", "5m", "1h30m", "1.5h", "250ms". No sign, no bare number. To the
// nanosecond what Go's time.ParseDuration reads, which the API server's rules stand on.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);
[[nodiscard]] std::string to_string(Duration d);  // "1h30m", "250ms", "0s"

}  // namespace drover
