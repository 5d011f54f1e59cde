// EffectDriver: carries effects out in virtual time, with the machines of act/ (act/effect_run.h) in the order of its lanes, for
// every operator of the simulation. Their calls go over a Connection.
//
// Thread safety: none.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "act/effect_run.h"
#include "act/lanes.h"
#include "ports/metric_source.h"
#include "ports/power_driver.h"
#include "sim/connection.h"
#include "sim/replica.h"
#include "sim/scenario.h"

namespace drover::sim {

class EffectDriver {
 public:
  // Who looks on. The world is as it is just after.
  struct Watched {
    // A call that may change something is about to be made.
    std::function<void(const Replica&, const Effect&)> asked;
    // What came of an effect other than a sample is known, and the core is about to be told.
    std::function<void(const Replica&, const Effect&, const Result<std::string>&)> done;
  };

  EffectDriver(const Scenario& scenario, const Faults& faults, EventQueue& queue, Connection& connection, MetricSource& metrics,
               const PowerDrivers& drivers, SeededRandom random, Watched watched);

  void dispatch(Replica& from, std::vector<Effect> effects);

 private:
  // An effect that is being carried out, in the name of one life of a replica.
  struct Run {
    Replica& from;
    std::uint64_t life = 0;
    std::uint64_t term = 0;
    Effect effect;
    std::unique_ptr<EffectRun> machine;
  };
  using Shared = std::shared_ptr<Run>;
  // Of one life of a replica: what went before died with it.
  struct LifeLanes {
    std::uint64_t life = 0;
    Lanes lanes;
    std::map<EffectId, std::uint64_t> terms;  // in which those that wait were asked for
    std::deque<Shared> rested;                // those that have paused, and wait for a worker
  };

  [[nodiscard]] LifeLanes& lanes_of(const Replica& replica);
  void begin_next(Replica& replica);
  void begin(Replica& from, Effect effect);
  void ask(const Shared& run);
  [[nodiscard]] Duration round_time();
  // Until a management controller answers.
  [[nodiscard]] Duration power_time();
  void go_on(const Shared& run);
  void rest(const Shared& run, Duration length);
  // One that has paused and whose crew has a worker again, or null.
  [[nodiscard]] Shared next_rested(const Replica& replica);
  void make(const Shared& run, Call call);
  void order(const Shared& run, const PowerOrder& order);
  // Whether its process goes down now.
  [[nodiscard]] bool crashes(const Run& run);
  // In the process that it belongs to, if that is there still.
  void when_it_runs(const Shared& run, std::function<void()> action);
  void hear(const Shared& run, bool of_a_change, Result<std::string> answer);
  void end(const Shared& run, Event event);

  const Scenario& scenario_;
  const Faults& faults_;
  EventQueue& queue_;
  Connection& connection_;
  MetricSource& metrics_;
  const PowerDrivers& drivers_;
  SeededRandom random_;
  Watched watched_;
  std::map<int, LifeLanes> lanes_;  // by number of the replica
};

}  // namespace drover::sim
