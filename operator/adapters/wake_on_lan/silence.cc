#include "adapters/wake_on_lan/silence.h"

namespace drover::wake_on_lan {
namespace {

// Between two questions; after a longer time without any the silence is not one.
constexpr Duration kGap = minutes{3};

bool was_switched_off(NodeLife life) {
  return life == NodeLife::PoweringOff || life == NodeLife::Asleep || life == NodeLife::Waking;
}

}  // namespace

Powered Silence::judge(const std::string& node, const Sign& sign, Duration now) {
  std::erase_if(silent_, [&](const auto& entry) { return now - entry.second.last > kGap; });
  if (sign.ready || sign.heard == Heard::Answer) {
    silent_.erase(node);
    return Powered::On;
  }
  const auto [at, begins] = silent_.try_emplace(node, Since{now, now, sign.renewed});
  Since& since = at->second;
  if (since.renewed != sign.renewed) since = {now, now, sign.renewed};  // its kubelet lives
  since.last = now;
  return was_switched_off(sign.life) && now - since.at >= kSilentFor ? Powered::Off : Powered::Unknown;
}

}  // namespace drover::wake_on_lan
