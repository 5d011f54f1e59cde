// Bmc: the management controllers of the simulated machines, which answer as a power driver does. All kinds of drivers come down to
// them here.
//
// Thread safety: none.
#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "ports/power_driver.h"
#include "sim/data_center.h"

namespace drover::sim {

class Bmc final : public PowerDriver {
 public:
  Bmc(const Faults& faults, EventQueue& queue, DataCenter& world, SeededRandom random);

  // Of a machine that has failed nothing is known.
  [[nodiscard]] Result<PowerAnswer> state(const NodeDriver& target, std::stop_token stop) override;
  [[nodiscard]] Status switch_to(const NodeDriver& target, PowerRequest request, std::stop_token stop) override;
  // The node's controller answers nothing until then.
  void die_until(std::size_t node, Instant when) { dead_until_[node] = when; }

 private:
  // The machine's index; an error when it is not there, or its controller does not answer.
  [[nodiscard]] Result<std::size_t> reach(const std::string& node);
  [[nodiscard]] bool has_a_session(std::size_t node);
  [[nodiscard]] Status give(std::size_t node, PowerRequest request);

  const Faults& faults_;
  EventQueue& queue_;
  DataCenter& world_;
  SeededRandom random_;
  std::map<std::size_t, std::uint64_t> orders_;  // node -> how many it was given
  std::map<std::size_t, Instant> dead_until_;
  std::map<std::size_t, std::vector<Instant>> calls_;  // node -> those of the last minute
};

}  // namespace drover::sim
