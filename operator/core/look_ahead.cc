// What the rule of Consolidation policies makes of what will soon be asked for (core/foresight.h).
#include <chrono>

#include "core/consolidation_rule.h"
#include "core/look.h"

namespace drover {
namespace {

constexpr Duration kAheadPace = minutes{2};
constexpr Duration kLearns = hours{49};  // until something is foretold

}  // namespace

// Its orders stand for this look alone: those that sleep are on their way after it.
void ConsolidationRule::look_ahead(const Policy& policy, Look& look) {
  const auto& power_down = settings_.power_down;
  if (!power_down.enabled || power_down.forecast != Forecasting::Weekly) return;
  if (ahead_.looked == Instant{} || look.time() >= ahead_.looked + kAheadPace) {
    ahead_.looked = look.time();
    look.demand().observe(asked_for(look.view()), look.time());
    ahead_.learns_since = look.demand().since();
    ahead_.foreseen = foresee(look.view(), look.roster(), settings_, look.demand(), policy.ref.uid, look.time());
    for (const std::string& node : ahead_.foreseen.wake) {
      const auto order = round_.orders.find(node);
      if (order == round_.orders.end() || !order->second.for_arrival)
        round_.orders.insert_or_assign(node, StandingOrder{NodeOrder::Act::Wake, ahead_.foreseen.why, look.time()});
    }
  }
  look.wake(ahead_.looked + kAheadPace);
}

// "" where there is nothing to say.
std::string ConsolidationRule::what_is_foreseen() const {
  if (ahead_.looked == Instant{} || !ahead_.learns_since) return "";
  if (!ahead_.foreseen.why.empty()) return ahead_.foreseen.why;
  const Instant speaks = *ahead_.learns_since + kLearns;
  if (ahead_.looked >= speaks) return "";
  return "what will be asked for is foretold from " + to_rfc3339(std::chrono::ceil<seconds>(speaks)) +
         " on: this process has learnt it since " + to_rfc3339(std::chrono::floor<seconds>(*ahead_.learns_since));
}

}  // namespace drover
