#include "base/time.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

namespace drover {
namespace {

// Reads exactly `digits` decimal digits at `at` and moves past them.
std::optional<int> read_digits(std::string_view text, std::size_t& at, int digits) {
  int value = 0;
  for (int i = 0; i < digits; ++i, ++at) {
    if (at >= text.size() || text[at] < '0' || text[at] > '9') return std::nullopt;
    value = value * 10 + (text[at] - '0');
  }
  return value;
}

bool read_char(std::string_view text, std::size_t& at, char wanted) {
  if (at >= text.size() || text[at] != wanted) return false;
  ++at;
  return true;
}

// ".123456789": digits past the ninth are read and dropped.
std::optional<Duration> read_fraction(std::string_view text, std::size_t& at) {
  if (at >= text.size() || text[at] != '.') return Duration::zero();
  ++at;
  std::int64_t nanos = 0;
  int digits = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++digits) {
    if (digits < 9) nanos = nanos * 10 + (text[at] - '0');
  }
  if (digits == 0) return std::nullopt;
  for (int i = digits; i < 9; ++i) nanos *= 10;
  return Duration{nanos};
}

// "Z", "+02:00", "-05:30": the offset from UTC.
std::optional<Duration> read_offset(std::string_view text, std::size_t& at) {
  if (at >= text.size()) return std::nullopt;
  const char sign = text[at++];
  if (sign == 'Z' || sign == 'z') return Duration::zero();
  if (sign != '+' && sign != '-') return std::nullopt;
  const auto hour = read_digits(text, at, 2);
  if (!hour || !read_char(text, at, ':')) return std::nullopt;
  const auto minute = read_digits(text, at, 2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  const Duration offset = hours{*hour} + minutes{*minute};
  return sign == '+' ? offset : -offset;
}

struct Civil {
  int year, month, day, hour, minute, second;
  Duration fraction;
};

Civil to_civil(Instant t) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss<Duration> clock{t - day};
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(clock.hours().count()),
          static_cast<int>(clock.minutes().count()),
          static_cast<int>(clock.seconds().count()),
          std::chrono::duration_cast<Duration>(clock.subseconds())};
}

}  // namespace

Duration from_seconds(double s) {
  const double nanos = std::round(s * 1e9);
  if (std::isnan(nanos)) return Duration::zero();
  if (nanos >= 9.2e18) return Duration::max();
  if (nanos <= -9.2e18) return Duration::min();
  return Duration{static_cast<std::int64_t>(nanos)};
}

std::optional<Instant> parse_rfc3339(std::string_view text) {
  std::size_t at = 0;
  const auto year = read_digits(text, at, 4);
  if (!year || !read_char(text, at, '-')) return std::nullopt;
  const auto month = read_digits(text, at, 2);
  if (!month || !read_char(text, at, '-')) return std::nullopt;
  const auto day = read_digits(text, at, 2);
  if (!day || at >= text.size() || (text[at] != 'T' && text[at] != 't')) return std::nullopt;
  ++at;
  const auto hour = read_digits(text, at, 2);
  if (!hour || !read_char(text, at, ':')) return std::nullopt;
  const auto minute = read_digits(text, at, 2);
  if (!minute || !read_char(text, at, ':')) return std::nullopt;
  const auto second = read_digits(text, at, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const auto fraction = read_fraction(text, at);
  if (!fraction) return std::nullopt;
  const auto offset = read_offset(text, at);
  if (!offset || at != text.size()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  // Nanoseconds since 1970 in 64 bits reach from 1677 to 2262.
  if (!date.ok() || *year < 1678 || *year > 2261) return std::nullopt;
  return Instant{std::chrono::sys_days{date}} + hours{*hour} + minutes{*minute} + seconds{*second} + *fraction - *offset;
}

std::string to_rfc3339(Instant t) {
  const Civil c = to_civil(t);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year, c.month, c.day, c.hour, c.minute, c.second);
  return text.data();
}

std::string to_rfc3339_micro(Instant t) {
  const Civil c = to_civil(t);
  std::array<char, 64> text{};
  const auto micros = static_cast<int>(c.fraction.count() / 1000);
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", c.year, c.month, c.day, c.hour, c.minute, c.second,
                micros);
  return text.data();
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text == "0") return Duration::zero();
  double total = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    double number = 0;
    double place = 0;  // of the next digit after the point; 0 before it
    bool any = false;
    for (; at < text.size(); ++at) {
      const char c = text[at];
      if (c == '.' && place == 0) {
        place = 0.1;
      } else if (c >= '0' && c <= '9') {
        any = true;
        if (place == 0) {
          number = number * 10 + (c - '0');
        } else {
          number += (c - '0') * place;
          place /= 10;
        }
      } else {
        break;
      }
    }
    if (!any) return std::nullopt;
    const std::string_view rest = text.substr(at);
    double unit = 0;
    std::size_t width = 1;
    if (rest.starts_with("ms")) {
      unit = 1e6, width = 2;
    } else if (rest.starts_with("us")) {
      unit = 1e3, width = 2;
    } else if (rest.starts_with("ns")) {
      unit = 1, width = 2;
    } else if (rest.starts_with("s")) {
      unit = 1e9;
    } else if (rest.starts_with("m")) {
      unit = 60e9;
    } else if (rest.starts_with("h")) {
      unit = 3600e9;
    } else {
      return std::nullopt;
    }
    at += width;
    total += number * unit;
  }
  if (total >= 9.2e18) return std::nullopt;
  return Duration{static_cast<std::int64_t>(std::llround(total))};
}

std::string to_string(Duration d) {
  if (d == Duration::zero()) return "0s";
  if (d < Duration::zero()) return "-" + to_string(d == Duration::min() ? Duration::max() : -d);
  std::string text;
  const auto put = [&](std::int64_t unit, const char* suffix) {
    const std::int64_t count = d.count() / unit;
    if (count == 0) return;
    text += std::to_string(count) + suffix;
    d -= Duration{count * unit};
  };
  put(3'600'000'000'000, "h");
  put(60'000'000'000, "m");
  put(1'000'000'000, "s");
  put(1'000'000, "ms");
  if (text.empty()) put(1, "ns");  // below a millisecond only when nothing coarser is there
  return text;
}

}  // namespace drover
