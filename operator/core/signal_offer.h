// What policies may have asked of Prometheus with the administrator's credentials: the queries that the administrator offers by
// name, and whether an owner's own PromQL is asked at all, which can read whatever Prometheus has. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/policy.h"

namespace drover {

// A query that owners use by its name. Each $namespace in it stands as a
// whole matcher, ="$namespace", and is put in by Drover.
struct OfferedSignal {
  std::string description;  // for owners who look for a signal
  std::string unit;         // of its figures, or ""
  PromQlSignal promql;
  friend bool operator==(const OfferedSignal&, const OfferedSignal&) = default;
};

struct SignalOffer {
  // Whether a MigrationPolicy's PromQL is asked. A ClusterMigrationPolicy's is always: it is the administrator's own.
  bool owner_promql = false;
  // Whether a name that is not on offer is asked as it stands. Only where figures are known by name: in a simulation.
  bool any_name = false;
  std::map<std::string, OfferedSignal> named;
};

// For worlds in which nobody's credentials are used.
[[nodiscard]] SignalOffer offer_anything();

// What is wrong with an offered query, with the fix, or "".
[[nodiscard]] std::string offered_query_problem(std::string_view query);

// Why the policy's signal is not asked, for its status.
struct SignalBar {
  ConditionReason reason = ConditionReason::Invalid;
  std::string message;
};
[[nodiscard]] std::optional<SignalBar> why_barred(const SignalOffer& offer, const PolicyRef& policy, const Signal& signal);

// The signal as it is asked for the policy, which is not barred: a name's query, with the policy's namespace as a quoted and
// escaped PromQL string; for a ClusterMigrationPolicy, of every namespace.
[[nodiscard]] Signal asked_signal(const SignalOffer& offer, const PolicyRef& policy, const Signal& signal);

}  // namespace drover
