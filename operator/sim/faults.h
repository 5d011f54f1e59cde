// Faults: every fault that the simulated world can have, as dials in one struct. All at rest by default: then nothing goes wrong.
//
// Chances are 0..1, each for one occasion; rates are per hour of simulated time. All draws come from the run's seed, and a dial at
// rest draws nothing, so that turning one leaves the others' sequences as they were.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"

namespace drover::sim {

struct Faults {
  // What the operator sees.
  Duration watch_delay{};    // each change is seen up to so late; in order for each kind, so kinds overtake one another
  double duplicate = 0;      // chance that a change is seen twice
  double gone_per_hour = 0;  // 410: everything is listed anew
  double stale_list = 0;     // chance that such a list shows the state of some time ago first, and the present one later
  Duration stale_by = seconds{30};

  // Calls to the API server.
  double conflict = 0;              // chance of 409
  double too_many_requests = 0;     // chance of 429
  double answer_lost = 0;           // chance that the answer is lost; the call is carried out at once, late or never, evenly
  Duration lost_for = seconds{20};  // until its caller knows that
  Duration late_by{};               // at most; a minute is what the API server gives a call
  double pauses_per_hour = 0;       // the API server answers nothing and tells nothing
  Duration pause = seconds{30};

  // Machines.
  double node_deaths_per_hour = 0;
  Duration node_repair = minutes{30};
  double copy_stall = 0;            // chance that a migration's copy makes no progress
  double copy_fail = 0;             // chance that it breaks half-way
  std::string failing_target;       // a node to which every copy breaks half-way; empty: none
  std::string refused_vm;           // the name of a VM of which every migration is refused at its admission; empty: none
  double vm_appears_per_hour = 0;   // VMs that nobody announced, of the scenario's groups
  double vm_vanishes_per_hour = 0;  // running ones that end at once
  // Chance that a VM ends within a second after a migration of it was created, and every watch begins anew: nobody sees that
  // migration.
  double vm_ends_with_move = 0;
  double power_fails = 0;  // chance that a management controller does not answer an order or a question
  double power_hangs = 0;  // chance that an order is taken and answered, and nothing happens for `power_hang`
  Duration power_hang = minutes{20};
  double power_lies = 0;             // chance that it is said to be done and never is
  double power_errors = 0;           // chance that an order is answered with an error, whether it was carried out or not, evenly
  Duration power_slow{};             // an answer takes up to so long; what a driver does not wait for is an error to it
  double power_deaths_per_hour = 0;  // a management controller answers nothing for `power_death`
  Duration power_death = minutes{30};
  double ignores_shutdown = 0;      // chance that a machine's system does not end when it is asked to, or says that it will not
  Duration power_stale{};           // whether a machine is on is told as it was so long ago
  std::int64_t power_sessions = 0;  // calls within a minute that a management controller bears; 0: any number
  double boots_never = 0;           // chance that a machine that is switched on hangs in its boot for good
  double boots_late = 0;            // chance that its boot takes up to `boot_late` longer
  Duration boot_late = minutes{20};

  // The operator itself.
  int replicas = 1;
  double cut_offs_per_hour = 0;  // nothing comes from the API server to the leader, and nothing from it there: its lease runs out
  Duration cut_off = seconds{40};
  double freezes_per_hour = 0;  // the leader's process stops, and goes on later as if nothing had been
  Duration freeze = seconds{40};
  double crash = 0;  // chance of a crash at each boundary: before a call that changes something, and before its answer is heard
  Duration restart = seconds{5};
  double clock_steps_per_hour = 0;  // the leader's clock is put forward or back
  Duration clock_step = minutes{2};
  Duration round_takes{};              // a round of consolidation takes up to so long; at rest it takes none of the simulated time
  double clock_put_back_per_hour = 0;  // the leader's clock is put back by much, and at the next time forward again
  Duration clock_put_back = hours{3};

  friend bool operator==(const Faults&, const Faults&) = default;
  // Nothing can go wrong.
  [[nodiscard]] bool at_rest() const { return *this == Faults{.replicas = replicas}; }
};

}  // namespace drover::sim
