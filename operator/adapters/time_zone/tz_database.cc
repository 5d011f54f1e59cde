#include "adapters/time_zone/tz_database.h"

#include <date/tz.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <string_view>
#include <vector>

namespace drover {
namespace {

constexpr auto kHorizon = hours{24 * 365 * 20};

// How many letters must change, regardless of case.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const bool same = std::tolower(static_cast<unsigned char>(a[i])) == std::tolower(static_cast<unsigned char>(b[j]));
      const std::size_t changed = diagonal + (same ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

// "Berlin" for "Europe/Berlin", when the user gave only that much.
std::string_view city(std::string_view name) {
  return name.substr(name.rfind('/') + 1);
}

std::string suggestion(const std::string& name) {
  const date::time_zone* best = nullptr;
  std::size_t least = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const date::time_zone& zone : date::get_tzdb().zones) {
    const std::size_t whole = distance(name, zone.name());
    const std::size_t part = name.find('/') == std::string::npos ? distance(name, city(zone.name())) : whole;
    if (const std::size_t here = std::min(whole, part); here < least) {
      least = here;
      best = &zone;
    }
  }
  if (best == nullptr) return "write an IANA name such as Europe/Berlin or UTC";
  return "did you mean " + best->name() + "?";
}

TimeZone read(const date::time_zone& zone, Instant now) {
  TimeZone out{.name = zone.name()};
  const date::sys_seconds end = date::floor<seconds>(now + kHorizon);  // the far ends of the database don't fit an Instant
  date::sys_info info = zone.get_info(date::sys_seconds{});
  out.before_first = info.offset;
  while (info.end < end) {
    info = zone.get_info(info.end);
    const Duration before = out.changes.empty() ? out.before_first : out.changes.back().offset;
    if (info.offset != before) out.changes.push_back({info.begin, info.offset});
  }
  return out;
}

}  // namespace

Result<TimeZone> load_time_zone(const std::string& name, Instant now) {
  try {
    const auto& zones = date::get_tzdb().zones;
    const auto zone = std::find_if(zones.begin(), zones.end(), [&](const date::time_zone& z) { return z.name() == name; });
    if (zone == zones.end()) return Error{ErrorClass::Invalid, "there is no time zone \"" + name + "\"; " + suggestion(name)};
    return read(*zone, now);
  } catch (const std::exception& e) {
    return Error{ErrorClass::Invalid, "the time zone \"" + name + "\" can't be read (is tzdata installed?): " + e.what()};
  }
}

}  // namespace drover
