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

constexpr std::uint64_t kMostNanos = std::numeric_limits<std::int64_t>::max();

// "12.75" as 12 and 75 / 100.
struct Figure {
  std::uint64_t whole = 0;
  std::uint64_t fraction = 0;
  double scale = 1;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes the figure that the text begins with. Digits of the fraction that find no place are dropped.
std::optional<Figure> take_figure(std::string_view& text) {
  Figure figure;
  std::size_t at = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    figure.whole = figure.whole * 10 + static_cast<std::uint64_t>(text[at] - '0');
    if (figure.whole > kMostNanos) return std::nullopt;
  }
  bool any = at > 0;
  if (at < text.size() && text[at] == '.') {
    bool full = false;
    for (++at; at < text.size() && is_digit(text[at]); ++at) {
      any = true;
      full = full || figure.fraction > kMostNanos / 10;
      if (full) continue;
      figure.fraction = figure.fraction * 10 + static_cast<std::uint64_t>(text[at] - '0');
      figure.scale *= 10;
    }
  }
  if (!any) return std::nullopt;
  text.remove_prefix(at);
  return figure;
}

// Takes the unit that the text begins with, in nanoseconds; 0: it is none.
std::uint64_t take_unit(std::string_view& text) {
  struct Unit {
    std::string_view name;
    std::uint64_t nanos;
  };
  static constexpr std::array<Unit, 6> kUnits = {
      {{"ms", 1'000'000}, {"us", 1'000}, {"ns", 1}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}}};
  for (const Unit& unit : kUnits) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return unit.nanos;
  }
  return 0;
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
  std::uint64_t total = 0;
  while (!text.empty()) {
    const auto figure = take_figure(text);
    const std::uint64_t unit = take_unit(text);
    if (!figure || unit == 0 || figure->whole > kMostNanos / unit) return std::nullopt;
    // In floating point, as Go does it, so that both drop the same part of a nanosecond.
    const double part = static_cast<double>(figure->fraction) * (static_cast<double>(unit) / figure->scale);
    total += figure->whole * unit + static_cast<std::uint64_t>(part);
    if (total > kMostNanos) return std::nullopt;
  }
  return Duration{static_cast<std::int64_t>(total)};
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
