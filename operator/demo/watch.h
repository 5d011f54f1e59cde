// DemoWatch: looks on at a simulation and keeps the day that the demo shows.
//
// Thread safety: none; it lives on the simulation's thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "demo/day.h"
#include "demo/metrics.h"
#include "ports/telemetry.h"
#include "sim/simulation.h"

namespace drover {

class DemoWatch final : public sim::Observer {
 public:
  // The simulation has not begun; both must outlive this. What the operator counts and measures goes to the telemetry under the
  // same names; what only the simulation knows, such as energy, at each look().
  DemoWatch(const sim::Simulation& simulation, Telemetry& telemetry);

  void after_step(const sim::Simulation& simulation, const sim::Replica& replica, const StepResult& result) override;
  void after_effect(const sim::Simulation& simulation, const sim::Replica& replica, const Effect& effect,
                    const Result<std::string>& outcome) override;
  void after_event(const sim::Simulation& simulation) override;

  // Brings nodes and figures up to now.
  void look(sim::Simulation& simulation);
  // look(), and a sample of the day's course.
  void sample(sim::Simulation& simulation);

  [[nodiscard]] const DemoDay& day() const { return day_; }
  [[nodiscard]] DemoDay& day() { return day_; }

 private:
  void begin_move(const sim::Simulation& simulation, const CreateMigration& effect);
  void change_life(const sim::Simulation& simulation, const MarkNode& effect);

  Telemetry& telemetry_;
  std::set<std::string> quarantined_;  // nodes, as last told
  DemoMetrics metrics_;
  DemoDay day_;
  std::map<ObjectKey, bool> relief_;                            // by VM: whether its newest move was decided for relief
  std::map<std::string, NodeLife> lives_;                       // those that are not Active
  std::vector<std::pair<std::size_t, std::size_t>> under_way_;  // indexes of the day's and the world's move
  std::set<std::size_t> known_;                                 // moves of the world
};

}  // namespace drover
