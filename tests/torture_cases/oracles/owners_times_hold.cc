// Invariant 3, when: windows, cooldowns and daily limits of every policy that selects the VM. Times are those of the replica's own
// clock, which a fault may have put forward or back.
#include <algorithm>

#include "torture_cases/oracles/oracle.h"

namespace drover::torture {
namespace {

constexpr Duration kMost = hours{6};  // of a cooldown that was doubled
constexpr Duration kRounding = seconds{1};

class OwnersTimesHold : public Oracle {
 public:
  explicit OwnersTimesHold(const Ground& ground) : Oracle("OwnersTimesHold", ground) {}

  void decided(const sim::Simulation& sim, const sim::Replica& by, const Effect& effect) override {
    const auto* create = std::get_if<CreateMigration>(&effect.body);
    if (create == nullptr || create->dry_run || !up_to_date(sim, by)) return;
    const Vm* vm = sim.api().view().vm(create->vm);
    if (vm == nullptr || vm->uid != create->vm_uid) return;
    for (const Policy* policy : bounds_of(sim, *vm)) {
      const std::string which =
          "VM " + to_string(vm->key) + " moves to " + create->target + " though " + to_string(policy->ref.key);
      const auto& windows = policy->spec.schedule;
      const bool open = windows.empty() || std::any_of(windows.begin(), windows.end(),
                                                       [&](const Window& window) { return is_open_at(window, by.now()); });
      if (!open) complain(sim, which + " allows no move at this hour");
      judge_past(sim, by, *policy, *vm, which);
    }
  }

 private:
  void judge_past(const sim::Simulation& sim, const sim::Replica& by, const Policy& policy, const Vm& vm,
                  const std::string& which) {
    std::int64_t succeeded = 0;
    std::int64_t in_day = 0;
    Instant last = Instant::min();
    for (const TrueMove& move : ground_.moves()) {
      if (move.vm_uid != vm.uid || (move.ended && !move.succeeded)) continue;
      in_day += move.created > by.now() - hours{24} + kRounding ? 1 : 0;
      if (!move.ended) continue;
      ++succeeded;
      last = std::max(last, *move.ended);
    }
    // One that only recommends keeps others to what its author wrote, and the defaults are the API server's.
    const bool recommends = policy.spec.mode == PolicyMode::Recommend;
    const bool daily = !recommends || policy.spec.per_vm.moves_per_day != PerVm{}.moves_per_day;
    if (daily && in_day >= policy.spec.per_vm.moves_per_day) {
      complain(sim, which + " allows " + std::to_string(policy.spec.per_vm.moves_per_day) + " moves in 24 h, and it had " +
                        std::to_string(in_day));
    }
    if (succeeded == 0 || (recommends && policy.spec.per_vm.cooldown == PerVm{}.cooldown)) return;
    Duration rest = policy.spec.per_vm.cooldown;
    for (std::int64_t i = 1; i < succeeded && rest < kMost; ++i) rest = std::min<Duration>(rest * 2, kMost);
    if (by.now() + kRounding < last + rest) {
      complain(sim, which + " lets it rest for " + to_string(rest) + ", and its last move ended at " + to_rfc3339(last));
    }
  }
};

}  // namespace

std::unique_ptr<Oracle> owners_times_hold(const Ground& ground) {
  return std::make_unique<OwnersTimesHold>(ground);
}

}  // namespace drover::torture
