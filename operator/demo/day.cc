#include "demo/day.h"

#include <algorithm>
#include <array>

#include "demo/styled_text.h"

namespace drover {

std::size_t DemoDay::nodes_on() const {
  return static_cast<std::size_t>(
      std::count_if(nodes.begin(), nodes.end(), [](const DemoNode& node) { return node.power == PowerState::On; }));
}

std::size_t DemoDay::nodes_in(NodeLife life) const {
  return static_cast<std::size_t>(
      std::count_if(nodes.begin(), nodes.end(), [life](const DemoNode& node) { return node.life == life; }));
}

std::size_t DemoDay::failed_moves() const {
  return static_cast<std::size_t>(std::count_if(moves.begin(), moves.end(), [](const DemoMove& move) { return move.failed; }));
}

double DemoDay::done() const {
  return end > start ? to_seconds(now - start) / to_seconds(end - start) : 1;
}

std::string clock_of(Instant at) {
  return to_rfc3339(at).substr(11, 5);
}

std::string day_and_clock_of(Instant at) {
  static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const std::chrono::weekday day(std::chrono::floor<std::chrono::days>(at));
  return std::string(kDays.at(day.c_encoding())) + " " + clock_of(at);
}

std::string words_of(const DemoChange& change) {
  switch (change.to) {
    case NodeLife::Active: return change.from == NodeLife::Waking ? "is awake and in service again" : "is taken back into service";
    case NodeLife::Retiring: return "retires: it takes no more VMs";
    case NodeLife::Draining: return "is drained: its VMs move away";
    case NodeLife::Empty: return "is empty";
    case NodeLife::PoweringOff: return "is powered off";
    case NodeLife::Asleep: return "sleeps";
    case NodeLife::Waking: return "is woken";
    case NodeLife::Quarantined: return "is set apart, because it did not obey";
  }
  return "";
}

std::string kilowatt_hours(double joules) {
  const double value = joules / kJoulesPerKilowattHour;
  return decimal(value, value < 10 ? 2 : 1) + " kWh";
}

double saved_share(const Totals& totals) {
  return totals.all_on_joules > 0 ? totals.saved_joules / totals.all_on_joules : 0;
}

}  // namespace drover
