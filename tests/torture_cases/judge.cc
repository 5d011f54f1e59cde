#include "torture_cases/judge.h"

#include <utility>

#include "sim/trail.h"

namespace drover::torture {
namespace {

constexpr const char* kSameDecisions = "SameSeedSameDecisions";
// A case takes some ten thousand events for an hour; one that takes so many goes round and round.
constexpr std::uint64_t kMostEvents = 10'000'000;

class Judge : public sim::Observer {
 public:
  Judge(Phases phases, std::string only, std::FILE* trace)
      : ground_(phases), oracles_(all_oracles(ground_)), only_(std::move(only)), trace_(trace) {}

  void after_step(const sim::Simulation& sim, const sim::Replica& by, const StepResult& result) override {
    for (const Violation& violation : result.violations) {
      for (auto& oracle : oracles_) oracle->stopped(sim, violation);
    }
    for (const Effect& effect : result.effects) {
      for (auto& oracle : oracles_) oracle->decided(sim, by, effect);
      ground_.decided(by, effect);
    }
  }
  void before_call(const sim::Simulation& sim, const sim::Replica& by, const Effect& effect) override {
    trace(sim, by, effect, "asked ");
    for (auto& oracle : oracles_) oracle->asked(sim, by, effect);
  }
  void after_effect(const sim::Simulation& sim, const sim::Replica& by, const Effect& effect,
                    const Result<std::string>& outcome) override {
    trace(sim, by, effect, outcome ? "" : "refused (" + outcome.error().message + ") ");
    ground_.carried_out(by, effect);
    for (auto& oracle : oracles_) oracle->carried_out(sim, by, effect, outcome);
  }
  void after_event(const sim::Simulation& sim) override {
    ground_.after_event(sim);
    for (auto& oracle : oracles_) {
      oracle->after_event(sim);
      if (!complaint_ && oracle->complaint() && (only_.empty() || only_ == oracle->name())) complaint_ = oracle->complaint();
    }
  }

  [[nodiscard]] const std::optional<Complaint>& complaint() const { return complaint_; }

 private:
  void trace(const sim::Simulation& sim, const sim::Replica& by, const Effect& effect, const std::string& what) {
    if (trace_ == nullptr || std::holds_alternative<WriteStatus>(effect.body)) return;
    std::fprintf(trace_, "%d %s%s", by.number(), what.c_str(), sim::trail_of(effect, sim.now()).c_str());
  }

  Ground ground_;
  std::vector<std::unique_ptr<Oracle>> oracles_;
  std::string only_;
  std::FILE* trace_;
  std::optional<Complaint> complaint_;
};

void change_policy(sim::Simulation& sim, const ObjectKey& key, const std::function<void(Policy&)>& edit) {
  sim.api().change_policy(key, [&](Policy& policy) {
    edit(policy);
    ++policy.generation;
  });
}

// What the deed does, or takes back.
void act(sim::Simulation& sim, const Deed& deed, bool back) {
  const auto& policies = sim.options().policies;
  const auto policy = [&]() -> const Policy& { return policies[deed.which % policies.size()]; };
  if (deed.name == "cordon") {
    const std::string name = sim.world().nodes()[deed.which % sim.world().nodes().size()].name;
    sim.api().change_node(name, [&](Node& node) {
      if (!node.marks.cordoned) node.unschedulable = !back;  // under Drover's own a person does nothing
    });
  } else if (deed.name == "button") {
    sim.world().power_on(deed.which % sim.world().nodes().size());
  } else if (deed.name == "exclude") {
    const auto& vms = sim.world().vms();
    sim.api().change_vm(vms[deed.which % vms.size()].key, [&](Vm& vm) { vm.excluded_reason = back ? "" : "by hand"; });
  } else if (policies.empty()) {
    return;
  } else if (deed.name == "suspend") {
    change_policy(sim, policy().ref.key, [&](Policy& p) { p.spec.suspend = !back; });
  } else if (deed.name == "recommend") {
    change_policy(sim, policy().ref.key, [&](Policy& p) { p.spec.mode = back ? policy().spec.mode : PolicyMode::Recommend; });
  } else if (deed.name == "delete") {
    if (back) {
      Policy made_anew = policy();
      made_anew.ref.uid += "-2";
      sim.api().put(std::move(made_anew));
    } else {
      sim.api().remove(policy().ref.cluster_wide() ? Kind::ClusterPolicy : Kind::Policy, policy().ref.key);
    }
  }
}

void delete_policies(sim::Simulation& sim) {
  const auto policies = sim.api().view().policies;  // as it is: it changes meanwhile
  for (const auto& [key, policy] : policies)
    sim.api().remove(policy->ref.cluster_wide() ? Kind::ClusterPolicy : Kind::Policy, policy->ref.key);
}

void plan(sim::Simulation& sim, const std::vector<Deed>& deeds) {
  for (const Deed& deed : deeds) {
    sim.queue().after(deed.at, [&sim, deed] { act(sim, deed, false); });
    if (deed.undone_after > Duration::zero()) {
      sim.queue().after(deed.at + deed.undone_after, [&sim, deed] { act(sim, deed, true); });
    }
  }
}

}  // namespace

Verdict run_once(const Case& drawn, const std::string& only, std::FILE* trace) {
  sim::Simulation sim(drawn.scenario, drawn.options);
  Judge judge(drawn.phases, only, trace);
  sim.observe(judge);
  sim.begin();
  plan(sim, drawn.deeds);
  sim.queue().at(drawn.phases.calm, [&sim] { sim.end_faults(); });
  if (drawn.phases.policies_gone) sim.queue().at(*drawn.phases.policies_gone, [&sim] { delete_policies(sim); });
  Verdict verdict;
  while (!judge.complaint() && sim.events() < kMostEvents && sim.run_next()) {
  }
  const sim::Report report = sim.report();
  verdict.complaint = judge.complaint();
  if (!verdict.complaint && sim.events() >= kMostEvents) {
    verdict.complaint =
        Complaint{"ComesToAnEnd", "after " + std::to_string(sim.events()) + " events it is still going on", sim.now()};
  }
  verdict.events = sim.events();
  verdict.moves = report.counts.migrations;
  verdict.decisions = report.decisions;
  verdict.hash = report.decisions_hash;
  return verdict;
}

Verdict judge(const Case& drawn, const std::string& only) {
  Verdict first = run_once(drawn, only);
  const bool asked = only.empty() || only == kSameDecisions;
  if (first.complaint || !asked) return first;
  const Verdict second = run_once(drawn, only);
  if (second.hash != first.hash || second.events != first.events) {
    first.complaint = Complaint{kSameDecisions, "two runs decided differently: " + first.hash + " and " + second.hash,
                                drawn.scenario.start + drawn.scenario.duration};
  }
  return first;
}

}  // namespace drover::torture
