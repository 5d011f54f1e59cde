// Executor: carries the core's effects out on the simulated world, as act/executor.h does on a real one: with the same
// preconditions and the same classes of errors, each effect some time after it was asked for, each answer some time after that.
//
// Thread safety: none.
#pragma once

#include <functional>
#include <string>

#include "core/effect.h"
#include "ports/power_driver.h"
#include "sim/data_center.h"
#include "sim/metrics.h"
#include "sim/replica.h"

namespace drover::sim {

class Executor {
 public:
  // Told of every effect that was carried out, or refused, and of news for owners.
  using Done = std::function<void(const Replica&, const Effect&, const Result<std::string>&)>;

  Executor(const Scenario& scenario, const Faults& faults, EventQueue& queue, Api& api, DataCenter& world, Metrics& metrics,
           const PowerDrivers& drivers, SeededRandom random, Done done);

  void dispatch(Replica& from, std::vector<Effect> effects);
  // The API server answers no call until then.
  void pause_until(Instant until) { paused_until_ = std::max(paused_until_, until); }

 private:
  void begin(Replica& from, const Effect& effect, std::uint64_t life);
  void answer(Replica& to, const Effect& effect, std::uint64_t life, Event event, Duration after);
  [[nodiscard]] bool crashes(Replica& replica);
  [[nodiscard]] std::optional<Error> refused_by_server();
  [[nodiscard]] Result<Powered> sample(const SamplePower& effect);
  Result<std::string> perform(const Effect& effect);
  Result<std::string> perform(const CreateMigration& effect);
  Result<std::string> perform(const CancelMigration& effect);
  Result<std::string> perform(const WriteStatus& effect);
  Result<std::string> perform(const MarkNode& effect);
  Result<std::string> perform(const SwitchPower& effect);

  const Scenario& scenario_;
  const Faults& faults_;
  EventQueue& queue_;
  Api& api_;
  DataCenter& world_;
  Metrics& metrics_;
  const PowerDrivers& drivers_;
  SeededRandom random_;
  Done done_;
  Instant paused_until_{};
};

}  // namespace drover::sim
