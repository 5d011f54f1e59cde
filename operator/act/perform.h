// One effect, carried out: the calls that it takes, in order, with its preconditions checked just before and its outcome known at
// the end. Blocking, and without threads of its own (act/executor.h has those).
//
// Outcomes are classified for the core: Conflict when the world is not as the effect supposes (decide again), Invalid when
// KubeVirt's admission says no, Denied without the right, Retryable when it may work later, Cancelled when stopped or no longer the
// leader. Never UnknownOutcome: what may or may not have been done is read until it is known, or the effect is such that repeating
// it does no harm.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "core/effect.h"
#include "ports/clock.h"
#include "ports/kube_api.h"
#include "ports/metric_source.h"
#include "schedule/wait.h"

namespace drover {

// What it takes to carry an effect out. The references must outlive it; all of it is thread-safe.
struct Means {
  KubeApi& api;
  MetricSource& metrics;
  const Clock& clock;
  Wait wait = wait_for;
  std::string instance = "drover";       // reportingInstance of Events: which replica
  std::string field_manager = "drover";  // of what is written
  // Whether this process may change anything: it leads. Asked just before each such call.
  std::function<bool()> may_act = [] { return true; };
  // Called just before and just after each call that changes something outside.
  std::function<void()> boundary = [] {};
};

// The uid of the migration; of a dry run an empty text.
[[nodiscard]] Result<std::string> perform(const Means& means, const CreateMigration& effect, std::stop_token stop);
[[nodiscard]] Result<std::string> perform(const Means& means, const CancelMigration& effect, std::stop_token stop);
[[nodiscard]] Result<std::string> perform(const Means& means, const WriteStatus& effect, std::stop_token stop);
[[nodiscard]] Result<std::string> perform(const Means& means, const Announce& effect, std::stop_token stop);
[[nodiscard]] Result<std::string> perform(const Means& means, const MarkNode& effect, std::stop_token stop);
// Invalid: there is no driver for any node yet.
[[nodiscard]] Result<std::string> perform(const Means& means, const SwitchPower& effect, std::stop_token stop);

// What an effect ends with when may_act says no.
[[nodiscard]] Error not_leading();

}  // namespace drover
