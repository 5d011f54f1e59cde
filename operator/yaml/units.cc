#include "yaml/units.h"

#include <charconv>
#include <cmath>
#include <span>
#include <string>
#include <utility>

namespace drover {
namespace {

using Unit = std::pair<std::string_view, double>;

constexpr double kMost = 1e18;  // of anything
constexpr double kMostCount = 1e9;

// A figure and what follows it.
std::optional<std::pair<double, std::string_view>> split(std::string_view text,
                                                         std::chars_format format = std::chars_format::fixed) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, format);
  if (error != std::errc{} || !std::isfinite(number) || number < 0 || std::signbit(number)) return std::nullopt;
  std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (rest.starts_with(' ') && rest.size() > 1) rest.remove_prefix(1);
  return std::pair{number, rest};
}

std::optional<double> in_units(std::string_view text, std::span<const Unit> units) {
  const auto parts = split(text);
  if (!parts) return std::nullopt;
  if (parts->first == 0 && parts->second.empty()) return 0.0;
  for (const auto& [name, factor] : units) {
    if (parts->second == name && parts->first * factor < kMost) return parts->first * factor;
  }
  return std::nullopt;
}

constexpr double kKi = 1024;
constexpr Unit kBytes[] = {{"B", 1},
                           {"kB", 1e3},
                           {"MB", 1e6},
                           {"GB", 1e9},
                           {"TB", 1e12},
                           {"KiB", kKi},
                           {"MiB", kKi* kKi},
                           {"GiB", kKi* kKi* kKi},
                           {"TiB", kKi* kKi* kKi* kKi},
                           {"Ki", kKi},
                           {"Mi", kKi* kKi},
                           {"Gi", kKi* kKi* kKi},
                           {"Ti", kKi* kKi* kKi* kKi}};
constexpr Unit kBits[] = {{"bit/s", 1.0 / 8}, {"kbit/s", 1e3 / 8}, {"Mbit/s", 1e6 / 8}, {"Gbit/s", 1e9 / 8}};
constexpr Unit kWatts[] = {{"W", 1}, {"kW", 1e3}};
constexpr Unit kJoules[] = {{"J", 1}, {"kJ", 1e3}, {"MJ", 1e6}, {"Wh", 3600}};
constexpr Unit kCpus[] = {{"", 1000}, {"m", 1}};

constexpr Duration kLongest = hours{24 * 3653};

}  // namespace

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  const auto bytes = in_units(text, kBytes);
  if (!bytes) return std::nullopt;
  return static_cast<std::int64_t>(std::llround(*bytes));
}

std::optional<double> parse_rate(std::string_view text) {
  if (const auto bits = in_units(text, kBits)) return bits;
  if (!text.ends_with("/s")) return std::nullopt;
  return in_units(text.substr(0, text.size() - 2), kBytes);
}

std::optional<double> parse_watts(std::string_view text) {
  return in_units(text, kWatts);
}

std::optional<double> parse_joules(std::string_view text) {
  return in_units(text, kJoules);
}

std::optional<double> parse_share(std::string_view text) {
  const auto parts = split(text, std::chars_format::general);
  if (!parts || (!parts->second.empty() && parts->second != "%")) return std::nullopt;
  const double share = parts->second.empty() ? parts->first : parts->first / 100;
  if (share > 1) return std::nullopt;
  return share;
}

std::optional<std::int64_t> parse_milli_cpu(std::string_view text) {
  const auto milli = in_units(text, kCpus);
  if (!milli || *milli > 1e8) return std::nullopt;
  return static_cast<std::int64_t>(std::llround(*milli));
}

std::optional<std::int64_t> parse_count(std::string_view text) {
  const auto number = parse_number(text);
  if (!number || *number != std::floor(*number)) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

std::optional<double> parse_number(std::string_view text) {
  const auto parts = split(text);
  if (!parts || !parts->second.empty() || parts->first > kMostCount) return std::nullopt;
  return parts->first;
}

std::optional<Duration> parse_span(std::string_view text) {
  std::optional<Duration> span;
  if (text == "0") {
    span = Duration::zero();
  } else if (text.ends_with('d')) {
    const auto days = parse_number(text.substr(0, text.size() - 1));
    if (days && *days < 4000) span = from_seconds(*days * 86400);
  } else {
    span = parse_duration(text);
  }
  if (!span || *span > kLongest) return std::nullopt;
  return span;
}

}  // namespace drover
