#include "base/quantity.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

namespace drover {
namespace {

// The factor of a quantity's suffix, empty when it is none. long double holds 63 bits exactly, and a quantity beyond
// that is capped anyway.
std::optional<long double> suffix_factor(std::string_view suffix) {
  struct Row {
    std::string_view text;
    long double factor;
  };
  static constexpr std::array<Row, 16> kRows = {{{"", 1.0L},
                                                 {"n", 1e-9L},
                                                 {"u", 1e-6L},
                                                 {"m", 1e-3L},
                                                 {"k", 1e3L},
                                                 {"M", 1e6L},
                                                 {"G", 1e9L},
                                                 {"T", 1e12L},
                                                 {"P", 1e15L},
                                                 {"E", 1e18L},
                                                 {"Ki", 1024.0L},
                                                 {"Mi", 1048576.0L},
                                                 {"Gi", 1073741824.0L},
                                                 {"Ti", 1099511627776.0L},
                                                 {"Pi", 1125899906842624.0L},
                                                 {"Ei", 1152921504606846976.0L}}};
  for (const Row& row : kRows) {
    if (row.text == suffix) return row.factor;
  }
  // "e3", "E-3": a decimal exponent.
  if (suffix.size() >= 2 && (suffix[0] == 'e' || suffix[0] == 'E')) {
    std::size_t at = 1;
    const bool negative = suffix[at] == '-';
    if (negative || suffix[at] == '+') ++at;
    if (at == suffix.size() || suffix.size() - at > 3) return std::nullopt;
    int exponent = 0;
    for (; at < suffix.size(); ++at) {
      if (suffix[at] < '0' || suffix[at] > '9') return std::nullopt;
      exponent = exponent * 10 + (suffix[at] - '0');
    }
    return std::pow(10.0L, negative ? -exponent : exponent);
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_scaled(std::string_view text, long double scale) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  long double mantissa = 0;
  long double divisor = 1;
  bool any = false;
  bool point = false;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      any = true;
      mantissa = mantissa * 10 + (c - '0');
      if (point) divisor *= 10;
    } else {
      break;
    }
  }
  const auto factor = suffix_factor(text.substr(at));
  if (!any || !factor) return std::nullopt;
  const long double value = mantissa / divisor * *factor * scale;
  if (negative || std::isnan(value)) return 0;  // not a number: so many digits behind the point that nothing is left
  if (value >= 9223372036854775807.0L) return std::numeric_limits<std::int64_t>::max();
  // A value that is whole but for rounding of the decimal fraction stays whole.
  const long double nearest = std::nearbyint(value);
  if (std::fabs(value - nearest) <= 1e-9L * std::fmax(1.0L, nearest)) return static_cast<std::int64_t>(nearest);
  return static_cast<std::int64_t>(std::ceil(value));
}

template <typename... Values>
std::string formatted(const char* pattern, Values... values) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), pattern, values...);
  return text.data();
}

// "999", "1500", "30,000", "1,500,000"
std::string grouped(std::int64_t value) {
  std::string text = std::to_string(value);
  if (text.size() < 5) return text;
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

}  // namespace

std::optional<std::int64_t> parse_milli(std::string_view text) {
  return parse_scaled(text, 1000.0L);
}

std::optional<std::int64_t> parse_whole(std::string_view text) {
  return parse_scaled(text, 1.0L);
}

std::string bytes_text(std::int64_t bytes) {
  static constexpr std::array<const char*, 5> kUnits = {"Ki", "Mi", "Gi", "Ti", "Pi"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  value /= 1024;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  // 1000 to 1023 of a unit have four digits before the point; %g would make an exponent of them.
  std::snprintf(text.data(), text.size(), value < 999.5 ? "%.3g%s" : "%.0f%s", value, kUnits[unit]);
  return text.data();
}

std::string number_text(double value) {
  const double size = std::fabs(value);
  if (!std::isfinite(value) || size >= 1e15) return formatted("%.3g", value);
  if (size >= 999.5) return (value < 0 ? "-" : "") + grouped(std::llround(size));
  if (size >= 1e-4 || size == 0) return formatted("%.3g", value);
  if (size < 1e-6) return "almost 0";
  return formatted("%.*f", 2 - static_cast<int>(std::floor(std::log10(size))), value);
}

std::string share_text(double share) {
  if (!(share > 0)) return formatted("%.0f %%", share * 100);
  if (share < 1e-6) return "less than 1 in a million";
  if (share < 1e-4) {
    const double of = 1 / share;
    const double unit = of < 1e5 ? 1e3 : 1e4;  // nobody needs more digits of a chance
    return "1 in " + grouped(std::llround(of / unit) * static_cast<std::int64_t>(unit));
  }
  return formatted(share < 0.0995 ? "%.2g %%" : "%.0f %%", share * 100);
}

}  // namespace drover
