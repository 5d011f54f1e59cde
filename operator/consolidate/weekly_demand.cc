#include "consolidate/weekly_demand.h"

#include <algorithm>
#include <vector>

namespace drover {
namespace {

constexpr std::int64_t kDaySlots = hours{24} / WeeklyDemand::kSlot;
constexpr std::int64_t kWeekSlots = 7 * kDaySlots;
constexpr std::int64_t kWeeks = 4;   // that are remembered
constexpr std::size_t kEnough = 3;   // weeks of which one may be odd
constexpr std::size_t kFewDays = 2;  // that say something while no week does

std::int64_t slot_of(Instant t) {
  return t.time_since_epoch() / WeeklyDemand::kSlot;
}

Amounts larger_of_each(const Amounts& a, const Amounts& b) {
  return {std::max(a.cpu, b.cpu), std::max(a.memory, b.memory)};
}

Amounts smaller_of_each(const Amounts& a, const Amounts& b) {
  return {std::min(a.cpu, b.cpu), std::min(a.memory, b.memory)};
}

// Of each amount the value at that place when they are in order, the smallest first.
Amounts at_place(const std::vector<Amounts>& rises, std::size_t place) {
  const auto pick = [&](double Amounts::*part) {
    std::vector<double> values;
    for (const Amounts& rise : rises) values.push_back(rise.*part);
    std::sort(values.begin(), values.end());
    return values[place];
  };
  return {pick(&Amounts::cpu), pick(&Amounts::memory)};
}

}  // namespace

void WeeklyDemand::observe(const Amounts& asked, Instant now) {
  const Number slot = slot_of(now);
  Slot& at = slots_.try_emplace(slot, Slot{asked, asked, asked}).first->second;
  at.most = larger_of_each(at.most, asked);
  at.last = asked;
  slots_.erase(slots_.begin(), slots_.lower_bound(slot - kWeeks * kWeekSlots - 1));
  slots_.erase(slots_.upper_bound(slot), slots_.end());  // the clock was put back
}

std::optional<Amounts> WeeklyDemand::rise(Number slot, Number slots) const {
  auto at = slots_.find(slot);
  if (at == slots_.end()) return std::nullopt;
  const Amounts first = at->second.first;
  Amounts most = first;
  for (Number i = 0; i < slots; ++i, ++at) {
    if (at == slots_.end() || at->first != slot + i) return std::nullopt;
    most = larger_of_each(most, at->second.most);
  }
  return most - first;
}

std::optional<Amounts> WeeklyDemand::expected(Instant now, Instant until) const {
  const Number slot = slot_of(now);
  const Number slots = slot_of(until) - slot + 1;
  const auto present = slots_.find(slot);
  if (present == slots_.end()) return std::nullopt;
  const Amounts from = smaller_of_each(present->second.first, present->second.last);
  const auto rises_every = [&](Number distance, Number times) {
    std::vector<Amounts> rises;
    for (Number i = 1; i <= times; ++i) {
      if (const auto known = rise(slot - i * distance, slots)) rises.push_back(*known);
    }
    return rises;
  };
  const std::vector<Amounts> weeks = rises_every(kWeekSlots, kWeeks);
  if (!weeks.empty()) return from + at_place(weeks, weeks.size() >= kEnough ? weeks.size() - 2 : weeks.size() - 1);
  const std::vector<Amounts> days = rises_every(kDaySlots, 6);
  if (days.size() < kFewDays) return std::nullopt;
  return from + at_place(days, (days.size() - 1) / 2);
}

std::optional<Instant> WeeklyDemand::since() const {
  if (slots_.empty()) return std::nullopt;
  return Instant{slots_.begin()->first * kSlot};
}

}  // namespace drover
