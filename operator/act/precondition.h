// Whether the world still is as an effect supposes: asked just before the call that changes it, of objects that were just read,
// because the view that the decision was made on may lag by a moment. Conflict, with the reason, when it is not. Pure.
#pragma once

#include "core/effect.h"
#include "model/pod.h"
#include "model/vm.h"

namespace drover {

// `vm` is null when there is none of that name; so for nodes.
[[nodiscard]] Status still_holds(const CreateMigration& effect, const Vm* vm);
// The uid of an object that bears the migration's name, if it is this very move: created by an earlier try, or by the leader before
// us.
[[nodiscard]] Result<std::string> same_move(const CreateMigration& effect, const Migration& there);

// Whether the marks are there already, by an earlier try. (Whose cordon it is follows from what was there then.)
[[nodiscard]] bool is_marked(const MarkNode& effect, const Node& node);
[[nodiscard]] Status still_holds(const MarkNode& effect, const Node* node);

[[nodiscard]] Status still_holds(const EvictPod& effect, const Node* node);
// It is on that node, and for a reason of its own (Pod::is_workload).
[[nodiscard]] Status may_be_evicted(const EvictPod& effect, const Pod& pod);

[[nodiscard]] Status still_holds(const SwitchPower& effect, const Node* node);
// Of an order to switch off: among the pods on the node is no launcher, live or terminating, and none that is there for a reason of
// its own (Pod::is_workload).
[[nodiscard]] Status carries_nothing(const SwitchPower& effect, const std::vector<const Pod*>& pods);

}  // namespace drover
