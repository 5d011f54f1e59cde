#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <chrono>
#include <set>

#include "core/window.h"
#include "core/world.h"

namespace drover::test {
namespace {

using ::testing::HasSubstr;

Cron cron(const std::string& text) {
  auto parsed = Cron::parse(text);
  if (!parsed) ADD_FAILURE() << text << ": " << parsed.error().message;
  return parsed ? *parsed : Cron{};
}

std::string refused(const std::string& text) {
  const auto parsed = Cron::parse(text);
  if (parsed) return "(accepted)";
  EXPECT_EQ(parsed.error().cls, ErrorClass::Invalid);
  return parsed.error().message;
}

// Germany, 2026: summer time from 29 March 01:00 UTC to 25 October 01:00 UTC.
TimeZone berlin() {
  TimeZone zone{.name = "Europe/Berlin"};
  zone.before_first = hours{1};
  zone.changes = {{at("2026-03-29T01:00:00Z"), hours{2}}, {at("2026-10-25T01:00:00Z"), hours{1}}};
  return zone;
}

std::string next(const std::string& text, const std::string& t, const TimeZone& zone = {}) {
  const auto found = cron(text).next_after(at(t), zone);
  return found ? to_rfc3339(*found) : "never";
}

std::string last(const std::string& text, const std::string& t, const TimeZone& zone = {}) {
  const auto found = cron(text).last_at_or_before(at(t), zone);
  return found ? to_rfc3339(*found) : "never";
}

TEST(Cron, ReadsEveryFormOfAField) {
  const Cron all = cron("* * * * *");
  EXPECT_TRUE(all.minutes.all() && all.hours.all() && all.weekdays.all());
  EXPECT_EQ(all.days.count(), 31U);
  EXPECT_FALSE(all.days[0]);
  EXPECT_EQ(all.months.count(), 12U);
  EXPECT_FALSE(all.months[0]);
  EXPECT_FALSE(all.days_restricted || all.weekdays_restricted);

  const Cron some = cron("*/20 8-10 1,15 jan-Mar/2 MON,fri");
  EXPECT_EQ(some.minutes.to_ullong(), 1ULL | 1ULL << 20 | 1ULL << 40);
  EXPECT_EQ(some.hours.to_ulong(), 0b111UL << 8);
  EXPECT_EQ(some.days.to_ulong(), 1UL << 1 | 1UL << 15);
  EXPECT_EQ(some.months.to_ulong(), 1UL << 1 | 1UL << 3);
  EXPECT_EQ(some.weekdays.to_ulong(), 1UL << 1 | 1UL << 5);
  EXPECT_TRUE(some.days_restricted && some.weekdays_restricted);

  EXPECT_EQ(cron("50/5 * * * *").minutes.to_ullong(), 1ULL << 50 | 1ULL << 55);
  EXPECT_EQ(cron("0 0 ? * ?").days.count(), 31U);
}

TEST(Cron, TakesSundayAs0And7AndAtTheEndOfARange) {
  EXPECT_EQ(cron("0 0 * * 7").weekdays.to_ulong(), 1UL);
  EXPECT_EQ(cron("0 0 * * 0").weekdays.to_ulong(), 1UL);
  EXPECT_EQ(cron("0 0 * * 5-7").weekdays.to_ulong(), 1UL << 5 | 1UL << 6 | 1UL);
  EXPECT_EQ(cron("0 0 * * sat-sun").weekdays.to_ulong(), 1UL << 6 | 1UL);
  EXPECT_EQ(cron("0 0 * * sun-tue").weekdays.to_ulong(), 0b111UL);
  EXPECT_EQ(cron("0 0 * * 7/2").weekdays.to_ulong(), 1UL);
  EXPECT_EQ(cron("0 0 * * */2").weekdays.to_ulong(), 1UL | 1UL << 2 | 1UL << 4 | 1UL << 6);
}

TEST(Cron, KnowsTheShortForms) {
  EXPECT_EQ(next("@hourly", "2026-01-05T12:10:00Z"), "2026-01-05T13:00:00Z");
  EXPECT_EQ(next("@daily", "2026-01-05T12:10:00Z"), "2026-01-06T00:00:00Z");
  EXPECT_EQ(next("@midnight", "2026-01-05T12:10:00Z"), "2026-01-06T00:00:00Z");
  EXPECT_EQ(next("@weekly", "2026-01-05T12:10:00Z"), "2026-01-11T00:00:00Z");
  EXPECT_EQ(next("@monthly", "2026-01-05T12:10:00Z"), "2026-02-01T00:00:00Z");
  EXPECT_EQ(next("@yearly", "2026-01-05T12:10:00Z"), "2027-01-01T00:00:00Z");
  EXPECT_EQ(next("@annually", "2026-01-05T12:10:00Z"), "2027-01-01T00:00:00Z");
}

// cron: | in YAML ends with one.
TEST(Cron, PassesOverLineBreaks) {
  for (const char* text : {"0 0 * * *\n", "\n0 0\t* * *\r\n", "0\n0\n*\n*\n*", "@daily\n", " @daily "}) {
    EXPECT_EQ(cron(text).hours, cron("0 0 * * *").hours) << text;
  }
}

TEST(Cron, NamesTheFieldThatIsWrong) {
  EXPECT_EQ(refused("60 * * * *"),
            "cron field minute: \"60\" is not understood; write 0-59, *, ranges (a-b), lists (a,b) and steps (*/n)");
  EXPECT_THAT(refused("* 24 * * *"), HasSubstr("cron field hour: \"24\""));
  EXPECT_THAT(refused("* * 0 * *"), HasSubstr("cron field day-of-month: \"0\""));
  EXPECT_THAT(refused("* * * 13 *"), HasSubstr("write 1-12 or names such as jan"));
  EXPECT_THAT(refused("* * * * 8"), HasSubstr("write 0-7 or names such as sun"));
  for (const std::string bad : {"-1",
                                "+1",
                                "1-",
                                "-",
                                "/",
                                "*/0",
                                "*/-1",
                                "*/",
                                "/5",
                                "5-1",
                                "1--2",
                                "1,,2",
                                ",",
                                "1,",
                                "a",
                                "1a",
                                "**",
                                "*5",
                                "1.5",
                                "99999999999999999999",
                                "1-99999999999999999999",
                                "*/99999999999999999999",
                                "0x1",
                                "mon"}) {
    EXPECT_THAT(refused(bad + " * * * *"), HasSubstr("cron field minute")) << bad;
  }
  for (const std::string bad : {"fri-mon", "ja", "unm", "monday", "sun,", "jan"}) {
    EXPECT_THAT(refused("* * * * " + bad), HasSubstr("cron field day-of-week")) << bad;
  }
}

TEST(Cron, TellsWhatToWriteWhenFieldsAreMissingOrTooMany) {
  for (const std::string bad : {"", " ", "* * * *", "* * * * * *", "@reboot", "@every 5m", "@Hourly", "TZ=UTC * * * * *"}) {
    EXPECT_THAT(refused(bad), HasSubstr("write five fields, minute hour day-of-month month day-of-week")) << bad;
  }
}

TEST(Cron, RefusesADayThatNeverComes) {
  EXPECT_THAT(refused("0 0 30 2 *"), HasSubstr("would never come"));
  EXPECT_THAT(refused("0 0 31 2,4,6,9,11 *"), HasSubstr("would never come"));
  EXPECT_EQ(refused("0 0 29 2 *"), "(accepted)");
  EXPECT_EQ(refused("0 0 30 2 mon"), "(accepted)") << "on Mondays in February";
}

TEST(Cron, IsQuickWithHugeInput) {
  const std::string list = [] {
    std::string text = "0";
    for (int i = 0; i < 200000; ++i) text += ",0-59/1";
    return text;
  }();
  EXPECT_TRUE(Cron::parse(list + " * * * *").has_value());
  EXPECT_FALSE(Cron::parse(std::string(10'000'000, '*')).has_value());
  EXPECT_LT(refused(std::string(10'000'000, '*') + " * * * *").size(), 300U) << "a message quotes a part only";
  EXPECT_EQ(refused("*/2000000000 * * * *"), "(accepted)");
  EXPECT_EQ(cron("59/2147483647 * * * *").minutes.to_ullong(), 1ULL << 59);
  EXPECT_EQ(cron("*/2000000000 * * * *").minutes.to_ullong(), 1ULL);
}

TEST(Cron, FindsOpeningsOnEitherSideAndAtTheInstant) {
  EXPECT_EQ(next("0 22 * * *", "2026-01-05T21:59:59Z"), "2026-01-05T22:00:00Z");
  EXPECT_EQ(next("0 22 * * *", "2026-01-05T22:00:00Z"), "2026-01-06T22:00:00Z");
  EXPECT_EQ(last("0 22 * * *", "2026-01-05T22:00:00Z"), "2026-01-05T22:00:00Z");
  EXPECT_EQ(last("0 22 * * *", "2026-01-05T21:59:59Z"), "2026-01-04T22:00:00Z");
  EXPECT_EQ(last("0 0 31 * *", "2026-05-01T00:00:00Z"), "2026-03-31T00:00:00Z");
}

TEST(Cron, OrsDayOfMonthAndDayOfWeekOnlyWhenBothAreRestricted) {
  EXPECT_EQ(next("0 0 13 * fri", "2026-01-01T00:00:00Z"), "2026-01-02T00:00:00Z");  // a Friday
  EXPECT_EQ(next("0 0 13 * fri", "2026-01-09T00:00:00Z"), "2026-01-13T00:00:00Z");  // a 13th
  EXPECT_EQ(next("0 0 * * fri", "2026-01-03T00:00:00Z"), "2026-01-09T00:00:00Z");
  EXPECT_EQ(next("0 0 13 * *", "2026-01-01T00:00:00Z"), "2026-01-13T00:00:00Z");
  EXPECT_EQ(next("0 0 */13 * fri", "2026-01-01T00:00:00Z"), "2026-02-27T00:00:00Z");     // a Friday that is a 1st, 14th or 27th
  EXPECT_EQ(next("0 0 15,*,14 * fri", "2026-01-03T00:00:00Z"), "2026-01-09T00:00:00Z");  // a list that has every day restricts none
  EXPECT_EQ(next("0 0 5,*/10 * fri", "2026-01-03T00:00:00Z"), "2026-01-05T00:00:00Z");
}

TEST(Cron, FindsTheRarestDays) {
  EXPECT_EQ(next("0 0 29 2 *", "2096-03-01T00:00:00Z"), "2104-02-29T00:00:00Z");  // 2100 is no leap year
  EXPECT_EQ(last("0 0 29 2 *", "2104-02-28T00:00:00Z"), "2096-02-29T00:00:00Z");
  // Sundays that are a 29 February; a weekday that begins with * does not widen the days.
  EXPECT_EQ(next("0 0 29 2 */7", "2032-03-01T00:00:00Z"), "2060-02-29T00:00:00Z");
  EXPECT_EQ(next("0 0 29 2 */7", "2088-03-01T00:00:00Z"), "2128-02-29T00:00:00Z");
  EXPECT_EQ(last("0 0 29 2 */7", "2128-02-28T00:00:00Z"), "2088-02-29T00:00:00Z");
}

TEST(Cron, AnswersNothingAtTheEndsOfTime) {
  const Cron every = cron("* * * * *");
  for (const Instant t : {Instant::min(), Instant::max(), at("1700-01-01T00:00:00Z"), at("2250-01-01T00:00:00Z")}) {
    EXPECT_FALSE(every.next_after(t, berlin()).has_value());
    EXPECT_FALSE(every.last_at_or_before(t, berlin()).has_value());
  }
}

TEST(Cron, OpensAfterTheGapForTimesThatAreSkipped) {
  // 02:00 to 03:00 does not exist on 29 March.
  EXPECT_EQ(next("30 2 * * *", "2026-03-28T12:00:00Z", berlin()), "2026-03-29T01:00:00Z");
  EXPECT_EQ(next("30 2 * * *", "2026-03-29T01:00:00Z", berlin()), "2026-03-30T00:30:00Z");
  EXPECT_EQ(last("30 2 * * *", "2026-03-29T01:00:00Z", berlin()), "2026-03-29T01:00:00Z");
  EXPECT_EQ(last("30 2 * * *", "2026-03-29T00:59:59Z", berlin()), "2026-03-28T01:30:00Z");
  EXPECT_EQ(next("0 3 * * *", "2026-03-28T12:00:00Z", berlin()), "2026-03-29T01:00:00Z");
}

TEST(Cron, OpensAtTheFirstOccurrenceOfTimesThatComeTwice) {
  // 02:00 to 03:00 comes at 00:00 UTC and again at 01:00 UTC on 25 October.
  EXPECT_EQ(next("30 2 * * *", "2026-10-24T12:00:00Z", berlin()), "2026-10-25T00:30:00Z");
  EXPECT_EQ(next("30 2 * * *", "2026-10-25T00:30:00Z", berlin()), "2026-10-26T01:30:00Z");
  EXPECT_EQ(last("30 2 * * *", "2026-10-25T01:45:00Z", berlin()), "2026-10-25T00:30:00Z");
  EXPECT_EQ(next("0 3 * * *", "2026-10-24T12:00:00Z", berlin()), "2026-10-25T02:00:00Z");
  EXPECT_EQ(next("*/20 * * * *", "2026-10-25T00:45:00Z", berlin()), "2026-10-25T02:00:00Z") << "not in the second round";
  EXPECT_EQ(next("30 2 * * *", "2026-10-25T01:10:00Z", berlin()), "2026-10-26T01:30:00Z") << "02:10 for the second time";
  EXPECT_EQ(next("0 3 * * *", "2026-10-25T01:30:00Z", berlin()), "2026-10-25T02:00:00Z")
      << "03:00 was near, and is not reached yet";
}

// ---- against a reference that walks through time minute by minute

struct FieldCase {
  std::string text;
  std::set<int> values;
  bool star = false;
};

FieldCase field_case(int low, int high) {
  FieldCase field;
  const int members = *rc::gen::inRange(1, 4);
  for (int i = 0; i < members; ++i) {
    int from = low;
    int to = high;
    int step = 1;
    std::string text = "*";
    const int kind = *rc::gen::inRange(0, 4);
    if (kind == 1) {
      from = to = *rc::gen::inRange(low, high + 1);
      text = std::to_string(from);
    } else if (kind != 0) {
      from = *rc::gen::inRange(low, high + 1);
      to = *rc::gen::inRange(from, high + 1);
      text = std::to_string(from) + "-" + std::to_string(to);
    }
    if (kind != 1 && *rc::gen::arbitrary<bool>()) {
      step = *rc::gen::inRange(1, high + 2);
      text += "/" + std::to_string(step);
    }
    field.star = field.star || (kind == 0 && (i == 0 || step == 1));
    for (int v = from; v <= to; v += step) field.values.insert(v);
    field.text += (i > 0 ? "," : "") + text;
  }
  return field;
}

// Days are often all named, so that there are openings in the few days that the reference walks through.
FieldCase mostly_every(int low, int high) {
  if (*rc::gen::inRange(0, 4) == 0) return field_case(low, high);
  FieldCase field{"*", {}, true};
  for (int v = low; v <= high; ++v) field.values.insert(v);
  return field;
}

struct CronCase {
  FieldCase minute, hour, day, month, weekday;
  [[nodiscard]] std::string text() const {
    return minute.text + " " + hour.text + " " + day.text + " " + month.text + " " + weekday.text;
  }
  [[nodiscard]] bool names(std::chrono::local_time<minutes> t) const {
    const auto midnight = std::chrono::floor<std::chrono::days>(t);
    const std::chrono::year_month_day date{midnight};
    const int of_day = static_cast<int>((t - midnight).count());
    if (!minute.values.contains(of_day % 60) || !hour.values.contains(of_day / 60)) return false;
    if (!month.values.contains(static_cast<int>(static_cast<unsigned>(date.month())))) return false;
    const bool by_day = day.values.contains(static_cast<int>(static_cast<unsigned>(date.day())));
    const bool by_weekday = weekday.values.contains(static_cast<int>(std::chrono::weekday{midnight}.c_encoding()));
    return !day.star && !weekday.star ? by_day || by_weekday : by_day && by_weekday;
  }
};

// Offsets and changes in whole minutes, some changes close to each other.
TimeZone zone_case(Instant around) {
  TimeZone zone{.name = "Test/Case"};
  zone.before_first = minutes{*rc::gen::inRange(-14 * 60, 14 * 60)};
  Instant from = around + minutes{*rc::gen::inRange(-4 * 1440, 1440)};
  const int changes = *rc::gen::inRange(0, 5);
  for (int i = 0; i < changes; ++i) {
    const int jump = *rc::gen::element(-60, 60, -30, 30, -1440, 1440, 7, -7, -180);
    const Duration before = zone.changes.empty() ? zone.before_first : zone.changes.back().offset;
    zone.changes.push_back({from, before + minutes{jump}});
    from += minutes{*rc::gen::inRange(1, 2 * 1440)};
  }
  return zone;
}

// Openings in (from, to]: each time the local clock shows a minute that it has not shown before, or jumps past one.
std::vector<Instant> openings(const CronCase& c, const TimeZone& zone, Instant from, Instant to) {
  std::vector<Instant> found;
  const auto shown_at = [&](Instant t) {
    return std::chrono::local_time<minutes>{std::chrono::floor<minutes>((t + zone.offset_at(t)).time_since_epoch())};
  };
  const Instant start = from - hours{24 * 8};  // long enough that no change before it matters
  auto shown = shown_at(start);
  for (Instant t = start + minutes{1}; t <= to; t += minutes{1}) {
    bool opens = false;
    for (; shown < shown_at(t); shown += minutes{1}) opens = opens || c.names(shown + minutes{1});
    if (opens && t > from) found.push_back(t);
  }
  return found;
}

TEST(Cron, AgreesWithWalkingThroughTimeMinuteByMinute) {
  const bool good = rc::check([] {
    CronCase c;
    c.minute = field_case(0, 59);
    c.hour = field_case(0, 23);
    c.day = mostly_every(1, 31);
    c.month = mostly_every(1, 12);
    c.weekday = mostly_every(0, 6);
    const auto parsed = Cron::parse(c.text());
    if (!parsed) {
      RC_ASSERT(parsed.error().message.find("never come") != std::string::npos);
      return;
    }
    const Instant base = at("2026-01-10T00:00:00Z") + hours{24 * *rc::gen::inRange(0, 800)};
    const TimeZone zone = zone_case(base);
    const Instant end = base + hours{24 * 4};
    const std::vector<Instant> expected = openings(c, zone, base - minutes{1}, end);
    for (int i = 0; i < 20; ++i) {
      Instant t = base + seconds{*rc::gen::inRange(0, 4 * 86400)};
      if (i % 2 == 0 && !zone.changes.empty()) {  // close to where clocks change
        const auto which = static_cast<std::size_t>(*rc::gen::inRange(0, static_cast<int>(zone.changes.size())));
        t = std::clamp(zone.changes[which].from + seconds{60 * *rc::gen::inRange(-200, 200)}, base, end - seconds{1});
      }
      const auto after = std::upper_bound(expected.begin(), expected.end(), t);
      const auto next_found = parsed->next_after(t, zone);
      if (after != expected.end()) {
        RC_ASSERT(next_found.has_value());
        RC_ASSERT(to_rfc3339(*next_found) == to_rfc3339(*after));
      } else {
        RC_ASSERT(!next_found || *next_found > end);
      }
      const auto last_found = parsed->last_at_or_before(t, zone);
      if (after != expected.begin()) {
        RC_ASSERT(last_found.has_value());
        RC_ASSERT(to_rfc3339(*last_found) == to_rfc3339(*std::prev(after)));
      } else {
        RC_ASSERT(!last_found || *last_found < base);
      }
    }
  });
  EXPECT_TRUE(good);
}

TEST(Cron, TakesAnyTextWithoutTrouble) {
  const bool good = rc::check([](const std::string& noise) {
    (void)Cron::parse(noise);
    const std::string alphabet = "0123456789*/-,? @smontue";
    std::string close;
    for (const char ch : noise) close += alphabet[static_cast<unsigned char>(ch) % alphabet.size()];
    const auto parsed = Cron::parse(close + " * * * *");
    if (parsed) RC_ASSERT(parsed->next_after(at("2026-01-01T00:00:00Z"), {}).has_value());
  });
  EXPECT_TRUE(good);
}

TEST(Cron, FindsAnOpeningForWhateverItAccepts) {
  const bool good = rc::check([] {
    const std::string text = field_case(0, 59).text + " " + field_case(0, 23).text + " " + field_case(1, 31).text + " " +
                             field_case(1, 12).text + " " + field_case(0, 6).text;
    const auto parsed = Cron::parse(text);
    RC_PRE(parsed.has_value());
    const Instant t = at("1960-01-01T00:00:00Z") + hours{24 * *rc::gen::inRange(0, 55000)};
    const auto after = parsed->next_after(t, berlin());
    const auto before = parsed->last_at_or_before(t, berlin());
    RC_ASSERT(after.has_value() && *after > t);
    RC_ASSERT(before.has_value() && *before <= t);
    RC_ASSERT(parsed->last_at_or_before(*after, berlin()) == after);
    RC_ASSERT(parsed->last_at_or_before(*after - Duration{1}, berlin()) == before);
  });
  EXPECT_TRUE(good);
}

}  // namespace
}  // namespace drover::test
