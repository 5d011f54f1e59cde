// Invariant 3, of moves that nobody counts any more: what a core was told of its create stays true. A create that was said not to
// have been carried out is never carried out later, because its budget and its room may be another's by then. One who leads no more, or
// anew, counts none of it.
#include <map>
#include <tuple>

#include "torture_cases/oracles/oracle.h"

namespace drover::torture {
namespace {

class AnswersAreTrue : public Oracle {
 public:
  explicit AnswersAreTrue(const Ground& ground) : Oracle("AnswersAreTrue", ground) {}

  void decided(const sim::Simulation& /*sim*/, const sim::Replica& by, const Effect& effect) override {
    if (std::holds_alternative<CreateMigration>(effect.body)) terms_[{by.number(), by.life(), effect.id}] = by.term();
  }
  void asked(const sim::Simulation& /*sim*/, const sim::Replica& /*by*/, const Effect& effect) override {
    if (const auto* create = std::get_if<CreateMigration>(&effect.body)) denied_.erase({create->vm.ns, create->name});
  }
  void carried_out(const sim::Simulation& /*sim*/, const sim::Replica& by, const Effect& effect,
                   const Result<std::string>& outcome) override {
    const auto* create = std::get_if<CreateMigration>(&effect.body);
    if (create == nullptr || create->dry_run || outcome) return;
    if (terms_[{by.number(), by.life(), effect.id}] != by.term()) return;
    denied_[{create->vm.ns, create->name}] = {by.number(), by.life(), by.term()};
  }
  void after_event(const sim::Simulation& sim) override {
    for (std::size_t i = ground_.first_new_move(); i < ground_.moves().size(); ++i) {
      const ObjectKey& key = sim.world().moves()[i].key;
      const auto at = denied_.find(key);
      if (at == denied_.end()) continue;
      const sim::Replica& by = *sim.replicas()[static_cast<std::size_t>(at->second.replica)];
      if (by.life() == at->second.life && by.term() == at->second.term && by.leading()) {
        complain(sim, "migration " + to_string(key) + " begins after replica " + std::to_string(by.number()) +
                          " was told that it was not created");
      }
    }
  }

 private:
  struct Told {
    int replica = 0;
    std::uint64_t life = 0;
    std::uint64_t term = 0;
  };
  std::map<ObjectKey, Told> denied_;
  std::map<std::tuple<int, std::uint64_t, EffectId>, std::uint64_t> terms_;  // replica, life, effect -> term
};

}  // namespace

std::unique_ptr<Oracle> answers_are_true(const Ground& ground) {
  return std::make_unique<AnswersAreTrue>(ground);
}

}  // namespace drover::torture
