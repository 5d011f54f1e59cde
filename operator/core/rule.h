// Rule: what one type of policy remembers and decides. One type, one file; all stand behind this interface, and core/rules.cc
// names them.
//
// A rule says which VMs it wants moved; it never acts. Windows, cooldowns, budgets, limits, feasibility, status and explanations
// come by themselves, the same for all types. It lives as long as one generation of its policy, and remembers only what a restart
// may forget. Its policy is handed to it at each call, as the view has it then: of that generation always.
//
// The same calls give the same answers. Thread safety: none; the core's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/effect.h"
#include "core/event.h"
#include "core/node_life.h"
#include "core/policy_report.h"
#include "core/proposal.h"
#include "core/signal_offer.h"
#include "model/cluster_view.h"
#include "model/decision.h"

namespace drover {

class Look;  // core/look.h

// What a rule finds at one look.
struct Findings {
  std::vector<Proposal> proposals;
  std::vector<Decision> waiting;         // VMs that it would move, but does not propose now; by key
  std::optional<std::int64_t> selected;  // how many VMs the policy selects, if all were gone through
};

class Rule {
 public:
  Rule() = default;
  Rule(const Rule&) = delete;
  Rule& operator=(const Rule&) = delete;
  virtual ~Rule() = default;

  // ---- while the policy can act; in this order ----

  // At each step: asks for what it needs, and names its wake-up.
  virtual void ask(const Policy& /*policy*/, Look& /*look*/) {}
  // Before anything is decided.
  virtual void prepare(const Policy& /*policy*/, Look& /*look*/) {}
  // The steps of nodes that it takes out of service or back. They are taken only if the policy enforces.
  virtual std::vector<LifeStep> lead_nodes(const Policy& /*policy*/, Look& /*look*/) { return {}; }
  virtual void propose(const Policy& policy, Look& look, Findings& found) = 0;

  // Nodes that are not to be emptied on its account, each with the reason.
  virtual void keep_on(const Policy& /*policy*/, const Look& /*look*/, std::map<std::string, std::string>& /*nodes*/) const {}
  // Why no policy may move this VM, which its own policy selects, to the node now (null: to any); or "". Asked with null first, and
  // of each node that could take it then.
  [[nodiscard]] virtual std::string forbids(const Policy& /*policy*/, const Proposal& /*proposal*/, const Node* /*target*/,
                                            const Look& /*look*/) const {
    return {};
  }

  // ---- at any time ----

  // The policy cannot act now.
  virtual void rest() {}
  // An answer to its policy; whether it was waited for, so that the cluster is looked at anew.
  virtual bool hear(const Policy& /*policy*/, const SignalSampled& /*answer*/, Look& /*look*/) { return false; }
  virtual bool take_up(const Policy& /*policy*/, const RoundHeld& /*answer*/) { return false; }
  // The clock was put back by so much, and all times with it that it remembers.
  virtual void put_back(Duration /*by*/) {}

  // What it asks from time to time, or nothing.
  [[nodiscard]] virtual std::optional<SampleSignal> question(const Policy& /*policy*/) const { return std::nullopt; }
  // Why its policy cannot act though it is well-formed, or nothing: what it asks for is not given to it.
  [[nodiscard]] virtual std::optional<SignalBar> why_barred() const { return std::nullopt; }
  // Whether it wants the VM moved, as of the last look: what was recommended once is not recommended again until it does not.
  [[nodiscard]] virtual bool wants(const ObjectKey& vm, const Look& look) const = 0;
  // Whether nodes that bear marks of its policy stay as they are when it is valid and enforced.
  [[nodiscard]] virtual bool leads_nodes() const { return false; }
  // What it decided besides moves since it was made, a line each and no figures; nullopt until what it asked first is answered.
  [[nodiscard]] virtual std::optional<std::string> first_answer(const Policy& policy, const ClusterView& view) const = 0;
  [[nodiscard]] virtual RuleReport report(const Policy& /*policy*/, const ClusterView& /*view*/) const { return {}; }
  // What is to be said of a selected VM that is neither proposed nor waits: reason, message, value.
  [[nodiscard]] virtual Decision why_quiet(const ObjectKey& vm) const = 0;
};

// The rule of a policy, made anew for each generation of it; null: policies of its type are read but not acted on.
using RuleMaker = std::function<std::unique_ptr<Rule>(const Policy&)>;

}  // namespace drover
