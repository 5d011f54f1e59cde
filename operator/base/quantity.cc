#include "base/quantity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

namespace drover {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

// What a suffix multiplies by: 10^decimal * 2^binary.
struct Factor {
  int decimal = 0;
  int binary = 0;
};

// "e3", "E-3". So large an exponent that it would overflow makes no difference any more and is cut off.
std::optional<int> exponent(std::string_view digits) {
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.empty()) return std::nullopt;
  int value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = std::min(value * 10 + (c - '0'), 99'999);
  }
  return negative ? -value : value;
}

std::optional<Factor> suffix_factor(std::string_view suffix) {
  struct Row {
    std::string_view text;
    Factor factor;
  };
  static constexpr std::array<Row, 16> kRows = {{{"", {0, 0}},
                                                 {"n", {-9, 0}},
                                                 {"u", {-6, 0}},
                                                 {"m", {-3, 0}},
                                                 {"k", {3, 0}},
                                                 {"M", {6, 0}},
                                                 {"G", {9, 0}},
                                                 {"T", {12, 0}},
                                                 {"P", {15, 0}},
                                                 {"E", {18, 0}},
                                                 {"Ki", {0, 10}},
                                                 {"Mi", {0, 20}},
                                                 {"Gi", {0, 30}},
                                                 {"Ti", {0, 40}},
                                                 {"Pi", {0, 50}},
                                                 {"Ei", {0, 60}}}};
  for (const Row& row : kRows) {
    if (row.text == suffix) return row.factor;
  }
  if (!suffix.starts_with('e') && !suffix.starts_with('E')) return std::nullopt;
  const auto decimal = exponent(suffix.substr(1));
  return decimal ? std::optional(Factor{*decimal, 0}) : std::nullopt;
}

// Digits that mean 0.DIGITS * 10^point; the first is not 0. None: nothing is there.
struct Decimal {
  std::string digits;
  int point = 0;
};

// Takes the decimal number off the text; empty when there is no digit.
std::optional<Decimal> take_decimal(std::string_view& text) {
  Decimal number;
  bool any = false;
  bool fraction = false;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !fraction) {
      fraction = true;
    } else if (c >= '0' && c <= '9') {
      any = true;
      const bool leading = number.digits.empty() && c == '0';
      if (!leading) number.digits.push_back(c);
      if (!leading && !fraction) ++number.point;
      if (leading && fraction) --number.point;
    } else {
      break;
    }
  }
  text.remove_prefix(at);
  return any ? std::optional(std::move(number)) : std::nullopt;
}

// number * 2^binary, rounded up, at most kMost. Digit by digit, since rounding on the way would show in the last one.
std::int64_t rounded_up(const Decimal& number, int binary) {
  if (number.digits.empty()) return 0;
  if (number.point > 19) return kMost;
  if (number.point < -19) return 1;  // below 1 even as so many Ei
  std::uint64_t whole = 0;
  const auto count = static_cast<int>(number.digits.size());
  for (int i = 0; i < number.point; ++i) {
    const auto digit = i < count ? static_cast<std::uint64_t>(number.digits[static_cast<std::size_t>(i)] - '0') : 0;
    if (whole > (static_cast<std::uint64_t>(kMost) - digit) / 10) return kMost;
    whole = whole * 10 + digit;
  }
  if (whole > static_cast<std::uint64_t>(kMost) >> binary) return kMost;
  // The digits after the point, from the last on: what is carried over the point is whole, what stays behind it rounds up.
  std::uint64_t carry = 0;
  bool rest = false;
  for (int i = count - 1; i >= number.point; --i) {
    const auto digit = i < 0 ? 0 : static_cast<std::uint64_t>(number.digits[static_cast<std::size_t>(i)] - '0');
    carry += digit << binary;
    rest = rest || carry % 10 != 0;
    carry /= 10;
  }
  const std::uint64_t sum = (whole << binary) + carry + (rest ? 1 : 0);
  return static_cast<std::int64_t>(std::min(sum, static_cast<std::uint64_t>(kMost)));
}

// In units of 10^-places.
std::optional<std::int64_t> parse_scaled(std::string_view text, int places) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  auto number = take_decimal(text);
  const auto factor = suffix_factor(text);
  if (!number || !factor) return std::nullopt;
  number->point += factor->decimal + places;
  return negative ? 0 : rounded_up(*number, factor->binary);
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
  return parse_scaled(text, 3);
}

std::optional<std::int64_t> parse_whole(std::string_view text) {
  return parse_scaled(text, 0);
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
