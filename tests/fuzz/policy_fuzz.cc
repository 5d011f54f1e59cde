// A policy. Its status must come back as it was written, for it is Drover's memory across restarts.
#include <cmath>

#include "codec/policy.h"
#include "fuzz.h"

namespace {

// Times are written in whole seconds and NaN not at all.
drover::PolicyStatus as_written(drover::PolicyStatus status) {
  using std::chrono::floor;
  for (auto& condition : status.conditions) condition.since = floor<drover::seconds>(condition.since.value_or(drover::Instant{}));
  for (auto& verdict : status.verdicts) {
    if (verdict.breached_since) verdict.breached_since = floor<drover::seconds>(*verdict.breached_since);
  }
  for (auto& move : status.moves) {
    move.started = floor<drover::seconds>(move.started);
    if (move.ended) move.ended = floor<drover::seconds>(*move.ended);
  }
  return status;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto policy = drover::decode_policy(drover::fuzz::text(data, size));
  if (!policy) {
    DROVER_CHECK(!policy.error().message.empty());
    return 0;
  }
  DROVER_CHECK(!policy->spec.budgets.empty());
  const auto again = drover::decode_policy(drover::encode_policy_status(policy->ref, policy->status));
  DROVER_CHECK(again.has_value() || policy->ref.key.name.empty());
  if (again) DROVER_CHECK(again->status == as_written(policy->status));
  return 0;
}
