// Plan: the moves under way and those just decided, counted together, so that every limit is checked against the plan in the
// making and not against a cluster that no longer is.
//
// A pure value; copies are cheap enough to try things out.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/cluster_view.h"

namespace drover {

// One move that is under way or decided.
struct PlannedMove {
  ObjectKey vm;
  std::string source;
  std::string target;  // empty when nobody named one (another mover's migration before its pod is bound)
  bool ours = false;
  PolicyRef policy;         // when ours
  bool room_taken = false;  // its target pod is bound, so the view's requests_by_node has it already
  bool queued = false;      // another's, which KubeVirt does not run yet: it holds its VM, but uses no limit up
};

class Plan {
 public:
  Plan() = default;  // nothing moves
  // The migrations in flight in the view, ours and others'.
  explicit Plan(const ClusterView& view);

  // A decided or still unseen move; nothing happens when the VM is in the plan already.
  void add(PlannedMove move);

  [[nodiscard]] bool moves(const ObjectKey& vm) const { return moves_.contains(vm); }
  [[nodiscard]] const PlannedMove* find(const ObjectKey& vm) const;
  [[nodiscard]] const std::map<ObjectKey, PlannedMove>& all() const { return moves_; }
  // Of those that are not queued.
  [[nodiscard]] std::int64_t total() const { return total_; }
  [[nodiscard]] std::int64_t outbound(const std::string& node) const;
  [[nodiscard]] std::int64_t inbound(const std::string& node) const;

 private:
  std::map<ObjectKey, PlannedMove> moves_;
  std::int64_t total_ = 0;
  std::map<std::string, std::int64_t> outbound_;
  std::map<std::string, std::int64_t> inbound_;
};

}  // namespace drover
