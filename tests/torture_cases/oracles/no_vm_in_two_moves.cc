// Invariant 2: no VM is in two moves at once.
#include <algorithm>

#include "torture_cases/oracles/oracle.h"

namespace drover::torture {
namespace {

class NoVmInTwoMoves : public Oracle {
 public:
  explicit NoVmInTwoMoves(const Ground& ground) : Oracle("NoVmInTwoMoves", ground) {}

  void decided(const sim::Simulation& sim, const sim::Replica& by, const Effect& effect) override {
    const auto* create = std::get_if<CreateMigration>(&effect.body);
    if (create == nullptr || create->dry_run) return;
    for (const CreateMigration* other : ground_.creates_of(by)) {
      if (other->vm == create->vm) complain(sim, "two creates are on their way for VM " + to_string(create->vm));
    }
    if (!up_to_date(sim, by)) return;
    for (const Migration* migration : in_flight(sim)) {
      if (migration->vm() != create->vm) continue;
      complain(sim, "VM " + to_string(create->vm) + " is to move to " + create->target + " while its migration " +
                        migration->key.name + " is under way, as could be seen");
    }
  }

  // However many leaders there are, and whatever they know.
  void after_event(const sim::Simulation& sim) override {
    for (std::size_t i = ground_.first_new_move(); i < ground_.moves().size(); ++i) {
      const ObjectKey& vm = ground_.moves()[i].vm;
      const auto migrations = in_flight(sim);
      const auto count = std::count_if(migrations.begin(), migrations.end(), [&](const Migration* m) { return m->vm() == vm; });
      if (count > 1) complain(sim, "VM " + to_string(vm) + " has " + std::to_string(count) + " migrations under way");
    }
  }
};

}  // namespace

std::unique_ptr<Oracle> no_vm_in_two_moves(const Ground& ground) {
  return std::make_unique<NoVmInTwoMoves>(ground);
}

}  // namespace drover::torture
