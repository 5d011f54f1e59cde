#include "adapters/metal3/unmanaged_only.h"

namespace drover::metal3 {

UnmanagedOnly::Verdict UnmanagedOnly::judge(const NodeDriver& target, const std::stop_token& stop) {
  auto host = hosts_.of(*target.node, "", stop);
  const std::string driver(to_string(target.profile->driver));
  if (!host) {
    Error why = host.error();
    why.message =
        "it can't be told whether Metal3 manages the machine, on which " + driver + " must not be used then: " + why.message;
    return {Kept::Unknown, std::move(why)};
  }
  if (!host->has_value() || (*host)->detached) return {};
  return {Kept::Yes,
          {ErrorClass::Invalid, "node " + target.node->name + " runs on BareMetalHost " + to_string((*host)->key) +
                                    ", which Metal3 would switch back on: write driver: {type: Metal3} for it in "
                                    "PowerProfile " +
                                    target.profile->name + ", or detach the host"}};
}

Result<PowerAnswer> UnmanagedOnly::state(const NodeDriver& target, std::stop_token stop) {
  Verdict verdict = judge(target, stop);
  if (verdict.kept == Kept::Yes) return std::move(verdict.why);
  auto answer = driver_.state(target, std::move(stop));
  // One that is on must not go to sleep; of one that sleeps it has to be known.
  if (answer && verdict.kept == Kept::Unknown && answer->state != Powered::Off) return std::move(verdict.why);
  return answer;
}

Status UnmanagedOnly::switch_to(const NodeDriver& target, PowerRequest request, std::stop_token stop) {
  Verdict verdict = judge(target, stop);
  const bool refused = verdict.kept == Kept::Yes || (verdict.kept == Kept::Unknown && request != PowerRequest::On);
  return refused ? Status(std::move(verdict.why)) : driver_.switch_to(target, request, std::move(stop));
}

}  // namespace drover::metal3
