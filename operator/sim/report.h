// Report: what a run came to, as `drover simulate` prints it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "books/books.h"
#include "core/step.h"
#include "sim/data_center.h"

namespace drover::sim {

class Simulation;

struct Report {
  std::string scenario;
  std::uint64_t seed = 0;
  std::string policy;  // the names of the policies, "none" without
  Duration simulated{};
  std::size_t nodes = 0;
  std::size_t vms = 0;  // that ever were
  Totals totals;
  DataCenterCounts counts;
  double migration_seconds = 0;  // estimated, as the next
  double downtime_seconds = 0;
  double floor_joules = 0;  // DataCenter::floor_joules
  std::size_t decisions = 0;
  std::size_t invariant_violations = 0;
  std::uint64_t events = 0;
  std::string decisions_hash;
  std::string first_decisions_hash;  // Core::first_decisions_hash
  std::vector<std::string> notes;    // what the policies say at the end: of their rounds, and why VMs stay where they are
  double wall_seconds = 0;           // the caller's to fill in
};

[[nodiscard]] Report make_report(const Simulation& simulation, std::uint64_t hash, std::size_t violations, std::size_t decisions);

[[nodiscard]] std::vector<std::string> notes_of(const Core& core, const ClusterView& view);

// One JSON object on one line, with a newline. The same report gives the same bytes.
[[nodiscard]] std::string json_of(const Report& report);
// For people; with the notes.
[[nodiscard]] std::string table_of(const Report& report);

}  // namespace drover::sim
