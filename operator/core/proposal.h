// Proposal: a VM that a policy wants moved, with all that is needed to judge it: where to, why, and what it is worth. Whoever
// judges (core/arbiter.h) need not know which type of policy proposes.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "model/cluster_view.h"
#include "model/decision.h"

namespace drover {

// The node that the VM would press the least; it must take off so much of the source's pressure (0..1), and be worth the copy.
struct BestNode {
  double minimum_gain = 0;
};

// The first of these that can take the VM. Where it runs now is none of them.
struct OneOf {
  std::vector<std::string> nodes;
};

// This node and no other. If `company` is not null, no VM but those may be on it by then.
struct Named {
  std::string node;
  const std::set<ObjectKey>* company = nullptr;
};

using Destination = std::variant<BestNode, OneOf, Named>;

// For the owner, should it move.
struct Why {
  Reason reason = Reason::NotBreached;
  std::string text;
  std::string assumes;  // what is not known and taken to be so, or ""
};

// Refers to the view, and to what its policy's rule remembers; both outlive it.
struct Proposal {
  const Policy* policy = nullptr;
  const Vm* vm = nullptr;
  Destination destination;
  Why why;
  std::optional<double> value;            // of a signal, if it is for one
  std::optional<Instant> breached_since;  // likewise
  double severity = 0;                    // from 0 on, without a bound; the worse, the sooner
  Duration waited{};                      // it has been proposed without a break, or a move of the VM
  std::size_t order = 0;                  // among those of one policy that are as severe
};

// How soon it is to be judged: severity, bent into 0..1 since those of two owners have no common measure, and 1 for every ten
// minutes that it has waited. So the worst goes first, but in the long run whoever has waited longest, however small a level
// another wrote.
[[nodiscard]] double urgency(const Proposal& proposal);

// The order in which proposals are judged: enforced before recommended, by urgency, older before newer, then by name.
[[nodiscard]] bool judged_before(const Proposal& a, const Proposal& b);

}  // namespace drover
