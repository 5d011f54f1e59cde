#include "model/ledger_rows.h"

#include <array>
#include <iterator>
#include <utility>

namespace drover {
namespace {

constexpr std::array<std::string_view, 4> kStateNames{"on", "standby", "boot", "shutdown"};
constexpr std::array<std::string_view, 4> kClassNames{"measured", "derived", "modelled", "absent"};
constexpr std::array<std::string_view, 4> kEventNames{"slept", "woke", "wake-failed", "sleep-failed"};
constexpr std::array<std::string_view, 4> kMarkNames{"holdout", "node-added", "node-removed", "profile-changed"};

template <typename Enum>
std::optional<Enum> named(const std::array<std::string_view, 4>& names, std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

template <typename T>
void append(std::vector<T>& to, std::vector<T>&& what) {
  if (to.empty()) {
    to = std::move(what);
  } else {
    to.insert(to.end(), std::make_move_iterator(what.begin()), std::make_move_iterator(what.end()));
  }
}

}  // namespace

std::string_view to_string(EnergyState state) {
  return kStateNames[static_cast<std::size_t>(state)];
}
std::optional<EnergyState> energy_state(std::string_view name) {
  return named<EnergyState>(kStateNames, name);
}
std::string_view to_string(EnergyClass cls) {
  return kClassNames[static_cast<std::size_t>(cls)];
}
std::optional<EnergyClass> energy_class(std::string_view name) {
  return named<EnergyClass>(kClassNames, name);
}
std::string_view to_string(NodeEvent event) {
  return kEventNames[static_cast<std::size_t>(event)];
}
std::optional<NodeEvent> node_event(std::string_view name) {
  return named<NodeEvent>(kEventNames, name);
}
std::string_view to_string(MarkKind kind) {
  return kMarkNames[static_cast<std::size_t>(kind)];
}
std::optional<MarkKind> mark_kind(std::string_view name) {
  return named<MarkKind>(kMarkNames, name);
}

void LedgerRows::take(LedgerRows other) {
  append(energy, std::move(other.energy));
  append(shares, std::move(other.shares));
  append(moves, std::move(other.moves));
  append(lives, std::move(other.lives));
  append(held, std::move(other.held));
  append(floors, std::move(other.floors));
  append(marks, std::move(other.marks));
}

std::int64_t hour_of(Instant at) {
  return std::chrono::floor<hours>(at).time_since_epoch().count();
}
std::int64_t day_of(Instant at) {
  return std::chrono::floor<std::chrono::days>(at).time_since_epoch().count();
}
Instant begin_of_hour(std::int64_t hour) {
  return Instant{hours{hour}};
}

}  // namespace drover
