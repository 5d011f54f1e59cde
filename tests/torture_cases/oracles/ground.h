// Ground: what several oracles need to know of the true course of a run: its moves from beginning to end, what is on its way from a
// core to the API server, and whether faults still happen. Kept by the judge, before the oracles are asked.
//
// Thread safety: none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/simulation.h"

namespace drover::torture {

// When the parts of a run begin.
struct Phases {
  Instant calm;                          // no fault, nobody interferes, demand is steady from here on
  Instant still;                         // and here everything has settled
  std::optional<Instant> policies_gone;  // all of them are deleted then; empty: they stay
};

struct TrueMove {
  ObjectKey vm;
  std::string vm_uid;
  std::string source;  // as asked for
  std::string target;
  Instant created{};
  std::optional<Instant> ended;
  bool succeeded = false;
};

// A create or a mark that left a core and has not reached the API server.
struct OnItsWay {
  int replica = 0;
  std::uint64_t life = 0;
  std::uint64_t term = 0;
  Effect effect;
};

class Ground {
 public:
  explicit Ground(Phases phases) : phases_(phases) {}

  void decided(const sim::Replica& by, const Effect& effect);
  void carried_out(const sim::Replica& by, const Effect& effect);
  void after_event(const sim::Simulation& sim);

  [[nodiscard]] const Phases& phases() const { return phases_; }
  // All moves that there ever were, as sim::DataCenter::moves().
  [[nodiscard]] const std::vector<TrueMove>& moves() const { return moves_; }
  // The first move that the last event made; moves().size() if it made none.
  [[nodiscard]] std::size_t first_new_move() const { return first_new_; }
  // Of this process, since it leads: of what it asked for when it led before it knows as little as of another's.
  [[nodiscard]] std::vector<const CreateMigration*> creates_of(const sim::Replica& replica) const;
  [[nodiscard]] std::vector<const MarkNode*> marks_of(const sim::Replica& replica) const;

 private:
  void drop_arrived(const ClusterView& view);

  Phases phases_;
  std::vector<TrueMove> moves_;
  std::size_t first_new_ = 0;
  std::vector<std::size_t> open_;
  std::vector<OnItsWay> on_its_way_;
};

// Whether the replica sees the cluster as it is: everything but the policies' status.
[[nodiscard]] bool up_to_date(const sim::Simulation& sim, const sim::Replica& replica);

// Migrations that are not over, as the API server has them.
[[nodiscard]] std::vector<const Migration*> in_flight(const sim::Simulation& sim);

// The policies that bound the VM: valid, not suspended, and selecting it.
[[nodiscard]] bool selects(const sim::Simulation& sim, const Policy& policy, const Vm& vm);
[[nodiscard]] std::vector<const Policy*> bounds_of(const sim::Simulation& sim, const Vm& vm);

// Whether a window of the form "M */H * * *" in UTC, the only one that cases have, is open.
[[nodiscard]] bool is_open_at(const Window& window, Instant t);

// A consolidation policy that may put nodes to rest.
[[nodiscard]] bool governs_nodes(const Policy& policy);

}  // namespace drover::torture
