// Invariant 7: every cordon of ours is undone or accounted for: a mark belongs to a policy that consolidates, or is taken back
// within a time; a mark of a node at rest is not written without a cordon, and the cordon goes with the mark; what others cordoned
// stays theirs; and a node goes from one mark to another only as a mark supposed that was asked for, so that none is written over
// one that its writer has not seen.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "torture_cases/oracles/oracle.h"

namespace drover::torture {
namespace {

// A node may be on its way down when its policy goes, has to be woken then, and an order is given again after five minutes; with
// faults about, one thing after another may go wrong.
constexpr Duration kReleased = hours{2};

class MarksAccountedFor : public Oracle {
 public:
  explicit MarksAccountedFor(const Ground& ground) : Oracle("MarksAccountedFor", ground) {}

  void decided(const sim::Simulation& /*sim*/, const sim::Replica& /*by*/, const Effect& effect) override {
    if (const auto* mark = std::get_if<MarkNode>(&effect.body)) supposed_.emplace(mark->node, mark->before, mark->marks.life);
  }
  void after_event(const sim::Simulation& sim) override {
    for (const auto& [key, node] : sim.api().view().nodes) {
      auto& known = nodes_[node->name];
      if (known.object != node) look(sim, *node, known);
      known.object = node;
      if (known.stray_since) judge_stray(sim, *node, known);
      if (node->marks.life != NodeLife::Active && !known.stray_since && !owned(sim, *node)) known.stray_since = sim.now();
    }
  }

 private:
  struct Known {
    std::shared_ptr<const Node> object;
    std::optional<Instant> stray_since;  // marked, and nobody's
  };

  static bool owned(const sim::Simulation& sim, const Node& node) {
    if (node.marks.life == NodeLife::Quarantined) return true;  // a person takes it out
    const auto& policies = sim.api().view().policies;
    return std::any_of(policies.begin(), policies.end(), [&](const auto& entry) {
      return entry.second->ref.uid == node.marks.policy_uid && governs_nodes(*entry.second);
    });
  }

  void look(const sim::Simulation& sim, const Node& node, const Known& known) {
    if (has_old_taint(node)) complain(sim, "node " + node.name + " has a taint of Drover's, which keeps virt-handler from it");
    const bool written = known.object != nullptr && known.object->marks != node.marks;
    const bool rests = node.marks.life != NodeLife::Active && node.marks.life != NodeLife::Waking;
    if (written && rests && !node.unschedulable) {
      complain(sim, "node " + node.name + " is marked " + std::string(to_string(node.marks.life)) + " and not cordoned");
    }
    if (node.marks.life == NodeLife::Active && node.marks.cordoned) {
      complain(sim, "node " + node.name + " is Active and still bears Drover's cordon");
    }
    if (known.object == nullptr) return;
    const Node& before = *known.object;
    const NodeLife was = before.marks.life;
    const NodeLife is = node.marks.life;
    const auto supposed = supposed_.find({node.name, was, is});
    if (was != is && supposed != supposed_.end()) supposed_.erase(supposed);
    if (was != is && supposed == supposed_.end()) {
      complain(sim, "node " + node.name + " was " + std::string(to_string(was)) + " and is " + std::string(to_string(is)) +
                        ", though no mark supposed that");
    }
    const bool theirs = before.unschedulable && !before.marks.cordoned;
    if (theirs && !node.unschedulable && node.marks != before.marks) {
      complain(sim, "somebody else's cordon of node " + node.name + " was taken away with Drover's marks");
    }
  }

  void judge_stray(const sim::Simulation& sim, const Node& node, Known& known) {
    if (node.marks.life == NodeLife::Active || owned(sim, node)) return known.stray_since.reset();
    if (sim.now() - *known.stray_since <= kReleased) return;
    complain(sim, "node " + node.name + " has been " + std::string(to_string(node.marks.life)) + " for " + to_string(kReleased) +
                      " without a policy that consolidates");
  }

  std::map<std::string, Known> nodes_;
  std::multiset<std::tuple<std::string, NodeLife, NodeLife>> supposed_;  // node, from, to: once for each mark that was not seen yet
};

}  // namespace

std::unique_ptr<Oracle> marks_accounted_for(const Ground& ground) {
  return std::make_unique<MarksAccountedFor>(ground);
}

}  // namespace drover::torture
