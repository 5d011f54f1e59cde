#include <functional>

#include "torture_cases/case.h"

namespace drover::torture {
namespace {

using sim::Faults;

Duration drawn(SeededRandom& random, double low_seconds, double high_seconds) {
  return from_seconds(random.uniform(low_seconds, high_seconds));
}

struct Dial {
  const char* name;
  std::function<void(Faults&, SeededRandom&)> turn;
};

// Every dial of sim/faults.h.
const std::vector<Dial>& dials() {
  static const std::vector<Dial> kDials = {
      {"watch-delay", [](Faults& f, SeededRandom& r) { f.watch_delay = drawn(r, 0.1, 8); }},
      {"duplicates", [](Faults& f, SeededRandom& r) { f.duplicate = r.uniform(0.05, 0.5); }},
      {"gone", [](Faults& f, SeededRandom& r) { f.gone_per_hour = r.uniform(1, 20); }},
      {"stale-list",
       [](Faults& f, SeededRandom& r) {
         f.gone_per_hour = std::max(f.gone_per_hour, r.uniform(1, 10));
         f.stale_list = r.uniform(0.2, 1);
         f.stale_by = drawn(r, 5, 90);
       }},
      {"conflicts", [](Faults& f, SeededRandom& r) { f.conflict = r.uniform(0.01, 0.3); }},
      {"too-many-requests", [](Faults& f, SeededRandom& r) { f.too_many_requests = r.uniform(0.01, 0.3); }},
      {"answers-lost",
       [](Faults& f, SeededRandom& r) {
         f.answer_lost = r.uniform(0.01, 0.3);
         f.lost_for = drawn(r, 0.1, 30);
         f.late_by = drawn(r, 1, 60);
       }},
      {"api-pauses",
       [](Faults& f, SeededRandom& r) {
         f.pauses_per_hour = r.uniform(0.5, 6);
         f.pause = drawn(r, 5, 120);
       }},
      {"node-deaths",
       [](Faults& f, SeededRandom& r) {
         f.node_deaths_per_hour = r.uniform(0.1, 1.5);
         f.node_repair = drawn(r, 300, 2400);
       }},
      {"stalled-copies", [](Faults& f, SeededRandom& r) { f.copy_stall = r.uniform(0.05, 0.5); }},
      {"failed-copies", [](Faults& f, SeededRandom& r) { f.copy_fail = r.uniform(0.05, 0.5); }},
      {"vms-appear", [](Faults& f, SeededRandom& r) { f.vm_appears_per_hour = r.uniform(1, 8); }},
      {"vms-vanish", [](Faults& f, SeededRandom& r) { f.vm_vanishes_per_hour = r.uniform(1, 8); }},
      {"power-fails", [](Faults& f, SeededRandom& r) { f.power_fails = r.uniform(0.1, 0.8); }},
      {"power-hangs",
       [](Faults& f, SeededRandom& r) {
         f.power_hangs = r.uniform(0.1, 0.6);
         f.power_hang = drawn(r, 60, 1800);
       }},
      {"power-lies", [](Faults& f, SeededRandom& r) { f.power_lies = r.uniform(0.05, 0.5); }},
      {"cut-offs",
       [](Faults& f, SeededRandom& r) {
         f.cut_offs_per_hour = r.uniform(0.5, 10);
         f.cut_off = drawn(r, 1, 90);
       }},
      {"freezes",
       [](Faults& f, SeededRandom& r) {
         f.replicas = std::max(f.replicas, 2);
         f.freezes_per_hour = r.uniform(0.5, 10);
         f.freeze = drawn(r, 1, 90);
       }},
      {"crashes",
       [](Faults& f, SeededRandom& r) {
         f.crash = r.uniform(0.001, 0.05);
         f.restart = drawn(r, 1, 60);
       }},
      {"clock-steps",
       [](Faults& f, SeededRandom& r) {
         f.clock_steps_per_hour = r.uniform(0.3, 4);
         f.clock_step = drawn(r, 5, 300);
       }},
      {"clock-put-back",
       [](Faults& f, SeededRandom& r) {
         f.clock_put_back_per_hour = r.uniform(0.2, 1.5);
         f.clock_put_back = drawn(r, 1800, 5 * 3600);
       }},
      {"slow-rounds", [](Faults& f, SeededRandom& r) { f.round_takes = drawn(r, 1, 1200); }},
      {"vms-end-with-moves",
       [](Faults& f, SeededRandom& r) {
         f.vm_ends_with_move = r.uniform(0.05, 0.4);
         f.watch_delay = std::max(f.watch_delay, drawn(r, 2, 8));  // so that its migration is gone before it is seen
       }},
      {"power-errors", [](Faults& f, SeededRandom& r) { f.power_errors = r.uniform(0.1, 0.8); }},
      {"power-slow", [](Faults& f, SeededRandom& r) { f.power_slow = drawn(r, 5, 70); }},
      {"power-deaths",
       [](Faults& f, SeededRandom& r) {
         f.power_deaths_per_hour = r.uniform(0.3, 4);
         f.power_death = drawn(r, 60, 5400);
       }},
      {"ignores-shutdown", [](Faults& f, SeededRandom& r) { f.ignores_shutdown = r.uniform(0.2, 1); }},
      {"power-stale", [](Faults& f, SeededRandom& r) { f.power_stale = drawn(r, 5, 40); }},
      {"power-sessions", [](Faults& f, SeededRandom& r) { f.power_sessions = 2 + static_cast<std::int64_t>(r.below(8)); }},
      {"boots-never", [](Faults& f, SeededRandom& r) { f.boots_never = r.uniform(0.05, 0.4); }},
      {"boots-late",
       [](Faults& f, SeededRandom& r) {
         f.boots_late = r.uniform(0.1, 0.8);
         f.boot_late = drawn(r, 120, 2400);
       }},
  };
  return kDials;
}

}  // namespace

// A quarter of the cases has no fault at all; the others have few or many.
Faults draw_faults(SeededRandom random, const std::set<std::string>& without, std::vector<std::string>& turned) {
  Faults faults;
  faults.replicas = 1 + static_cast<int>(random.below(3));
  const double share = random.chance(0.25) ? 0 : random.uniform(0.05, 0.6);
  for (const Dial& dial : dials()) {
    SeededRandom own = random.fork();
    if (!own.chance(share) || without.contains(dial.name)) continue;
    dial.turn(faults, own);
    turned.emplace_back(dial.name);
  }
  return faults;
}

}  // namespace drover::torture
