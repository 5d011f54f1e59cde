// Invariant 3, of moves that nobody counts any more: what a core was told of its create stays true. A create that was said not to
// have been carried out is never carried out later, because its budget and its room may be another's by then. One who leads no
// more, or anew, counts none of it; nor can it know of a call under the same name that was sent in another term, and comes late.
#include <map>
#include <set>
#include <tuple>

#include "torture_cases/oracles/oracle.h"

namespace drover::torture {
namespace {

class AnswersAreTrue : public Oracle {
 public:
  explicit AnswersAreTrue(const Ground& ground) : Oracle("AnswersAreTrue", ground) {}

  void decided(const sim::Simulation& /*sim*/, const sim::Replica& by, const Effect& effect) override {
    if (std::holds_alternative<CreateMigration>(effect.body)) terms_[{by.number(), by.life(), effect.id}] = term_of(by);
  }
  void asked(const sim::Simulation& /*sim*/, const sim::Replica& by, const Effect& effect) override {
    const auto* create = std::get_if<CreateMigration>(&effect.body);
    if (create == nullptr || create->dry_run) return;
    const ObjectKey key{create->vm.ns, create->name};
    denied_.erase(key);
    asked_in_[key].insert(terms_[{by.number(), by.life(), effect.id}]);
  }
  void carried_out(const sim::Simulation& /*sim*/, const sim::Replica& by, const Effect& effect,
                   const Result<std::string>& outcome) override {
    const auto* create = std::get_if<CreateMigration>(&effect.body);
    if (create == nullptr || create->dry_run || outcome) return;
    const Term term = terms_[{by.number(), by.life(), effect.id}];
    if (term == term_of(by)) denied_[{create->vm.ns, create->name}] = term;
  }
  void after_event(const sim::Simulation& sim) override {
    for (std::size_t i = ground_.first_new_move(); i < ground_.moves().size(); ++i) {
      const ObjectKey& key = sim.world().moves()[i].key;
      const auto at = denied_.find(key);
      if (at == denied_.end() || asked_in_[key].size() > 1) continue;
      const sim::Replica& by = *sim.replicas()[static_cast<std::size_t>(std::get<0>(at->second))];
      if (term_of(by) == at->second && by.leading()) {
        complain(sim, "migration " + to_string(key) + " begins after replica " + std::to_string(by.number()) +
                          " was told that it was not created");
      }
    }
  }

 private:
  using Term = std::tuple<int, std::uint64_t, std::uint64_t>;  // replica, life, term
  static Term term_of(const sim::Replica& replica) { return {replica.number(), replica.life(), replica.term()}; }

  std::map<std::tuple<int, std::uint64_t, EffectId>, Term> terms_;  // by replica, life and effect: when it was decided
  std::map<ObjectKey, std::set<Term>> asked_in_;
  std::map<ObjectKey, Term> denied_;
};

}  // namespace

std::unique_ptr<Oracle> answers_are_true(const Ground& ground) {
  return std::make_unique<AnswersAreTrue>(ground);
}

}  // namespace drover::torture
