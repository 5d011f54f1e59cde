#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "adapters/time_zone/tz_database.h"
#include "answer.h"
#include "core/window.h"

namespace drover::referee {
namespace {

const TimeZone& zone(const std::string& name) {
  static std::map<std::string, TimeZone> zones;
  const auto at = zones.find(name);
  if (at != zones.end()) return at->second;
  constexpr Instant kNow = std::chrono::sys_days{std::chrono::year{2030} / 1 / 1};
  return zones.emplace(name, load_time_zone(name, kNow).value()).first->second;
}

std::int64_t unix_seconds(Instant t) {
  return std::chrono::floor<seconds>(t).time_since_epoch().count();
}

}  // namespace

json answer_cron(const json& question) {
  json answer = {{"refused", false}, {"fires", nullptr}, {"open", nullptr}};
  const auto cron = Cron::parse(question.at("cron").get<std::string>());
  if (!cron) {
    answer["refused"] = true;
    return answer;
  }
  const TimeZone& in = zone(question.at("zone"));
  const Window window{.cron = question.at("cron"), .duration = seconds{question.at("duration").get<std::int64_t>()}};
  const Instant asked{seconds{question.at("after").get<std::int64_t>()}};
  std::vector<Instant> fires;
  Instant after = asked;
  for (int i = 0; i < question.at("count").get<int>(); ++i) {
    const auto fire = cron->next_after(after, in);
    if (!fire || unix_seconds(*fire) >= question.at("until")) break;
    fires.push_back(*fire);
    after = *fire;
  }
  for (const Instant fire : fires) {
    answer["fires"].push_back(unix_seconds(fire));
    if (fire - window.duration - seconds{1} < asked || fire + window.duration > after) continue;
    for (const Instant t : {fire - seconds{1}, fire, fire + window.duration - seconds{1}, fire + window.duration}) {
      answer["open"].push_back(is_open(window, *cron, in, t));
    }
  }
  return answer;
}

}  // namespace drover::referee
