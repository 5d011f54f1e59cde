// Cron expressions: parsing, and the instants they name.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>
#include <vector>

#include "core/window.h"

namespace drover {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::local_time;
using std::chrono::year_month_day;
using Local = local_time<Duration>;
using LocalMinute = local_time<minutes>;

// Local time may be a day off, and a search goes 41 years on: all of it stays well within what 64-bit nanoseconds hold.
constexpr Instant kFirst = std::chrono::sys_days{std::chrono::year{1730} / 1 / 1};
constexpr Instant kLast = std::chrono::sys_days{std::chrono::year{2220} / 1 / 1};
constexpr int kHorizonYears = 41;

struct Field {
  std::string_view name;
  int low;
  int high;
  std::string_view names;  // three letters each, from `low` (months) or 0 (weekdays)
};
constexpr Field kMinute{"minute", 0, 59, ""};
constexpr Field kHour{"hour", 0, 23, ""};
constexpr Field kDay{"day-of-month", 1, 31, ""};
constexpr Field kMonth{"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"};
constexpr std::string_view kSpace = " \t\r\n";  // a block of YAML ends with a line break
constexpr Field kWeekday{"day-of-week", 0, 7, "sunmontuewedthufrisat"};

Error invalid(const Field& field, std::string_view text) {
  std::string message = "cron field " + std::string(field.name) + ": \"" + std::string(text.substr(0, 40)) +
                        "\" is not understood; write " + std::to_string(field.low) + "-" + std::to_string(field.high);
  if (!field.names.empty()) message += " or names such as " + std::string(field.names.substr(0, 3));
  return {ErrorClass::Invalid, message + ", *, ranges (a-b), lists (a,b) and steps (*/n)"};
}

std::optional<int> read_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text[0] == '-' || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int> read_value(const Field& field, std::string_view text) {
  if (const auto number = read_number(text)) return *number >= field.low && *number <= field.high ? number : std::nullopt;
  if (text.size() != 3) return std::nullopt;
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const std::size_t found = field.names.find(lower);
  if (found == std::string_view::npos || found % 3 != 0) return std::nullopt;
  return field.low + static_cast<int>(found / 3);
}

// One member of a list: "*", "5", "1-5", "*/15", "10-30/5", "10/5" (from 10 on).
std::optional<Error> read_member(const Field& field, std::string_view text, std::bitset<60>& into) {
  const std::size_t slash = text.find('/');
  const std::string_view range = text.substr(0, slash);
  int step = 1;
  if (slash != std::string_view::npos) {
    const auto read = read_number(text.substr(slash + 1));
    if (!read || *read < 1) return invalid(field, text);
    step = *read;
  }
  int from = field.low;
  int to = field.high == 7 ? 6 : field.high;  // 7 is Sunday again
  if (range != "*" && range != "?") {
    const std::size_t dash = range.find('-');
    const auto first = read_value(field, range.substr(0, dash));
    if (!first) return invalid(field, text);
    from = *first;
    if (dash != std::string_view::npos) {
      const auto last = read_value(field, range.substr(dash + 1));
      if (!last) return invalid(field, text);
      to = field.high == 7 && *last == 0 && from > 0 ? 7 : *last;  // sat-sun
    } else if (slash == std::string_view::npos) {
      to = from;
    } else {
      to = std::max(from, to);
    }
    if (to < from) return invalid(field, text);
  }
  for (int value = from; value <= to; value += std::min(step, 60))
    into.set(static_cast<std::size_t>(field.high == 7 ? value % 7 : value));
  return std::nullopt;
}

template <std::size_t N>
std::optional<Error> read_field(const Field& field, std::string_view text, std::bitset<N>& into) {
  std::bitset<60> read;
  std::string_view rest = text;
  while (true) {
    const std::size_t comma = rest.find(',');
    if (auto error = read_member(field, rest.substr(0, comma), read)) return error;
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  for (std::size_t i = 0; i < N; ++i) into[i] = read[i];
  return std::nullopt;
}

std::string_view expand(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kShort = {{{"@hourly", "0 * * * *"},
                                                                                           {"@daily", "0 0 * * *"},
                                                                                           {"@midnight", "0 0 * * *"},
                                                                                           {"@weekly", "0 0 * * 0"},
                                                                                           {"@monthly", "0 0 1 * *"},
                                                                                           {"@yearly", "0 0 1 1 *"},
                                                                                           {"@annually", "0 0 1 1 *"}}};
  const std::string_view begin = text.substr(std::min(text.find_first_not_of(kSpace), text.size()));
  for (const auto& [name, meaning] : kShort) {
    if (begin.starts_with(name) && begin.find_first_not_of(kSpace, name.size()) == std::string_view::npos) return meaning;
  }
  return text;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(kSpace, at)) != std::string_view::npos && words.size() < 7) {
    const std::size_t end = std::min(text.find_first_of(kSpace, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

// Whether the field restricts nothing: it begins with a star, as Vixie cron asks, or a member of the list is all that there is, as
// Kubernetes' cron does. The fewer windows of the two open.
bool has_star(std::string_view field) {
  if (field.front() == '*' || field.front() == '?') return true;
  for (std::size_t comma = field.find(','); comma != std::string_view::npos; comma = field.find(',', comma + 1)) {
    const std::string_view rest = field.substr(comma + 1);
    const std::string_view member = rest.substr(0, rest.find(','));
    if (member == "*" || member == "?" || member == "*/1" || member == "?/1") return true;
  }
  return false;
}

// Whether any month named has one of the days named: 30 February does not come.
bool has_a_day(const Cron& cron) {
  static constexpr std::array<std::size_t, 13> kLongest = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (cron.days_restricted && cron.weekdays_restricted) return true;
  for (std::size_t month = 1; month <= 12; ++month) {
    if (!cron.months[month]) continue;
    for (std::size_t day = 1; day <= kLongest[month]; ++day) {
      if (cron.days[day]) return true;
    }
  }
  return false;
}

// The days that the expression names.
bool names_day(const Cron& cron, const year_month_day& date) {
  if (!cron.months[static_cast<unsigned>(date.month())]) return false;
  const bool day = cron.days[static_cast<unsigned>(date.day())];
  const bool weekday = cron.weekdays[std::chrono::weekday{local_days{date}}.c_encoding()];
  return cron.days_restricted && cron.weekdays_restricted ? day || weekday : day && weekday;
}

bool names_minute(const Cron& cron, int minute_of_day) {
  return cron.hours[static_cast<std::size_t>(minute_of_day / 60)] && cron.minutes[static_cast<std::size_t>(minute_of_day % 60)];
}

constexpr int kMinutesOfDay = 24 * 60;

// The named minute of the day nearest to `from` in the direction of `step` (+1 or -1), `from` included; empty: none on that day.
std::optional<minutes> minute_of_day(const Cron& cron, int from, int step) {
  for (int minute = from; minute >= 0 && minute < kMinutesOfDay; minute += step) {
    if (names_minute(cron, minute)) return minutes{minute};
  }
  return std::nullopt;
}

// The named local minute nearest to `from` in that direction, `from` included.
std::optional<LocalMinute> search(const Cron& cron, LocalMinute from, int step) {
  local_days day = std::chrono::floor<days>(from);
  const std::chrono::year end = year_month_day{day}.year() + std::chrono::years{kHorizonYears * step};
  int start = static_cast<int>((from - day).count());
  while (true) {
    const year_month_day date{day};
    if (date.year() == end) return std::nullopt;
    if (!cron.months[static_cast<unsigned>(date.month())]) {  // on to the month's far side
      const auto first = date.year() / date.month() / 1;
      day = step > 0 ? local_days{first + std::chrono::months{1}} : local_days{first} - days{1};
    } else {
      if (names_day(cron, date)) {
        if (const auto minute = minute_of_day(cron, start, step)) return day + *minute;
      }
      day += days{step};
    }
    start = step > 0 ? 0 : kMinutesOfDay - 1;
  }
}

Local to_local(Instant t, Duration offset) {
  return Local{(t + offset).time_since_epoch()};
}

// The latest that the local clock has shown up to t. It shows less when it has been put back.
Local latest_shown(Instant t, const TimeZone& zone) {
  Local latest = to_local(t, zone.offset_at(t));
  Duration before = zone.before_first;
  for (const TimeZone::Change& change : zone.changes) {
    if (change.from > t) break;
    if (change.from > kFirst - days{2}) latest = std::max(latest, to_local(change.from, before) - Duration{1});
    before = change.offset;
  }
  return latest;
}

// The first instant at which the local clock showed `local` or later.
Instant first_shown(Local local, const TimeZone& zone) {
  Duration offset = zone.before_first;
  Instant from = Instant::min();
  for (const TimeZone::Change& change : zone.changes) {
    const Instant shown = std::max(from, Instant{local.time_since_epoch()} - offset);
    if (shown < change.from) return shown;
    from = change.from;
    offset = change.offset;
  }
  return std::max(from, Instant{local.time_since_epoch()} - offset);
}

}  // namespace

Result<Cron> Cron::parse(std::string_view text) {
  const std::vector<std::string_view> words = split(expand(text));
  if (words.size() != 5) {
    return Error{ErrorClass::Invalid,
                 "\"" + std::string(text.substr(0, 80)) +
                     "\" is no cron expression; write five fields, minute hour day-of-month month day-of-week, such as "
                     "\"0 22 * * mon-fri\", or @hourly, @daily, @weekly, @monthly, @yearly"};
  }
  Cron cron;
  for (auto error :
       {read_field(kMinute, words[0], cron.minutes), read_field(kHour, words[1], cron.hours), read_field(kDay, words[2], cron.days),
        read_field(kMonth, words[3], cron.months), read_field(kWeekday, words[4], cron.weekdays)}) {
    if (error) return *std::move(error);
  }
  cron.days_restricted = !has_star(words[2]);
  cron.weekdays_restricted = !has_star(words[4]);
  if (!has_a_day(cron)) {
    return Error{ErrorClass::Invalid, "cron field day-of-month: none of the months named has a day \"" + std::string(words[2]) +
                                          "\"; it would never come"};
  }
  return cron;
}

std::optional<Instant> Cron::last_at_or_before(Instant t, const TimeZone& zone) const {
  if (t < kFirst || t > kLast) return std::nullopt;
  const auto found = search(*this, std::chrono::floor<LocalMinute::duration>(latest_shown(t, zone)), -1);
  if (!found) return std::nullopt;
  return first_shown(*found, zone);
}

std::optional<Instant> Cron::next_after(Instant t, const TimeZone& zone) const {
  if (t < kFirst || t > kLast) return std::nullopt;
  const auto found = search(*this, std::chrono::floor<LocalMinute::duration>(latest_shown(t, zone)) + LocalMinute::duration{1}, 1);
  if (!found) return std::nullopt;
  return first_shown(*found, zone);
}

}  // namespace drover
