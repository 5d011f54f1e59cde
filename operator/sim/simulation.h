// Simulation: a data centre and the operators that run it, from begin() to the end, event by event. The same scenario, policies,
// options and seed give the same run, byte for byte, but for the time that it takes.
//
// Whoever wants to look on is an Observer: oracles, the demo, tests.
//
// Thread safety: none.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/policy_report.h"
#include "sim/bmc.h"
#include "sim/candidate.h"
#include "sim/connection.h"
#include "sim/data_center.h"
#include "sim/effect_driver.h"
#include "sim/kube_server.h"
#include "sim/metrics.h"
#include "sim/replica.h"
#include "sim/report.h"

namespace drover::sim {

struct SimulationOptions {
  std::uint64_t seed = 1;
  Faults faults;
  CoreOptions core{.signals = offer_anything()};                       // nobody's credentials are used
  std::vector<Policy> policies;                                        // with a uid each; see load_policies
  std::vector<PowerProfile> profiles;                                  // besides those of the scenario's node groups
  std::function<Result<TimeZone>(const std::string& name)> time_zone;  // empty: UTC alone is known
};

class Simulation;

// Told of everything, in order. It must not change the simulation.
class Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;

  // A core was shown replica.view() and answered.
  virtual void after_step(const Simulation& /*simulation*/, const Replica& /*replica*/, const StepResult& /*result*/) {}
  // A call that may change something is about to be made for the effect.
  virtual void before_call(const Simulation& /*simulation*/, const Replica& /*replica*/, const Effect& /*effect*/) {}
  // What came of an effect other than a sample is known, and its core is about to be told.
  virtual void after_effect(const Simulation& /*simulation*/, const Replica& /*replica*/, const Effect& /*effect*/,
                            const Result<std::string>& /*outcome*/) {}
  // An event of the queue is over.
  virtual void after_event(const Simulation& /*simulation*/) {}
};

class Simulation {
 public:
  Simulation(Scenario scenario, SimulationOptions options);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  void observe(Observer& observer) { observers_.push_back(&observer); }

  // Everything is there, and the first replica leads.
  void begin();
  // The next event, if it lies before the end; false: the run is over, and the books are closed.
  bool run_next();
  // Events up to then, or the end.
  void run_until(Instant when);
  // To the end.
  void run();

  [[nodiscard]] Instant now() const { return queue_.now(); }
  [[nodiscard]] Instant end() const { return scenario_.start + scenario_.duration; }
  [[nodiscard]] std::uint64_t events() const { return queue_.done(); }
  [[nodiscard]] const Scenario& scenario() const { return scenario_; }
  [[nodiscard]] const SimulationOptions& options() const { return options_; }
  [[nodiscard]] const DataCenter& world() const { return world_; }
  [[nodiscard]] const Api& api() const { return api_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Replica>>& replicas() const { return replicas_; }
  // Whether its operators could act on the policy now, and why not: as `drover plan` says it, also of a signal that this world has
  // no figures of.
  [[nodiscard]] Readiness readiness_of(const Policy& policy);
  // Up to now.
  [[nodiscard]] Report report();

  // Whether the API server has it that the replica leads, now.
  [[nodiscard]] bool holds_lease(const Replica& replica) const;

  // For tests and fault plans: what happens to the world from outside.
  [[nodiscard]] EventQueue& queue() { return queue_; }
  [[nodiscard]] DataCenter& world() { return world_; }
  [[nodiscard]] Api& api() { return api_; }
  [[nodiscard]] Replica& replica(std::size_t index) { return *replicas_.at(index); }
  [[nodiscard]] Faults& faults() { return options_.faults; }
  // From now on nothing goes wrong any more; what went wrong already takes its course.
  void end_faults();

 private:
  void load_time_zones();
  void stepped(const Replica& replica, const StepResult& result);
  void restarted(const Replica& replica);
  void begin_elections();
  void end_elections();
  void end_vm_with_move(const Effect& effect);
  // The one that leads; when none does, the first.
  [[nodiscard]] Replica& leader();
  void plan_faults();
  void plan_fault(double per_hour, std::function<void()> happen);

  Scenario scenario_;
  SimulationOptions options_;
  SeededRandom random_;
  EventQueue queue_;
  Api api_;
  DataCenter world_;
  Metrics metrics_;
  Bmc bmc_;
  PowerDrivers drivers_;
  KubeServer server_;
  Connection connection_;
  EffectDriver effects_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  std::vector<std::unique_ptr<Candidate>> candidates_;  // by replica
  const Replica* leads_for_good_ = nullptr;             // once elections are over
  std::vector<Observer*> observers_;
  SeededRandom fault_random_;
  std::uint64_t hash_;
  std::string first_decisions_hash_;
  std::size_t violations_ = 0;
  std::size_t decisions_ = 0;
  bool over_ = false;
  bool faults_over_ = false;
};

}  // namespace drover::sim
