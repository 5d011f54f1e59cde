#include "torture_cases/oracles/oracle.h"

namespace drover::torture {

std::vector<std::unique_ptr<Oracle>> all_oracles(const Ground& ground) {
  std::vector<std::unique_ptr<Oracle>> oracles;
  for (const auto make :
       {empty_before_off, no_vm_in_two_moves, answers_are_true, limits_hold, owners_times_hold, reserve_stays, target_fits,
        marks_accounted_for, only_the_leader_acts, settles, nothing_lost, no_node_stays_lost, nothing_stopped}) {
    oracles.push_back(make(ground));
  }
  return oracles;
}

}  // namespace drover::torture
