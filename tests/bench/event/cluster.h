// Cluster: a made cluster as the operator's watches show it, and what happens in it, one event at a time. What the watchers would
// tell of each event is gathered until it is taken. Drover's own effects are carried out on it.
//
// All draws come from the seed. Thread safety: none.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "core/effect.h"
#include "model/use.h"
#include "sim/api.h"
#include "sim/scenario.h"

namespace drover::bench {

using Deltas = std::vector<reflect::Delta>;

struct Sizes {
  std::size_t nodes = 1000;
  std::size_t vms = 15'000;
  std::size_t other_pods_per_node = 5;
  std::size_t namespaces = 50;
};

class Cluster {
 public:
  Cluster(const Sizes& sizes, const std::vector<Policy>& policies, std::uint64_t seed, Instant now);

  [[nodiscard]] const ClusterView& view() const { return api_.view(); }
  // Everything, as complete lists of every kind.
  [[nodiscard]] Deltas lists() const { return sim::lists_of(api_.view()); }
  // What the watchers have to tell since the last call.
  [[nodiscard]] Deltas take() { return std::exchange(told_, {}); }

  // What others do.
  void change_vm();
  void change_launcher();
  void change_node();
  void change_policy();
  void start_vm(Instant now);
  void end_vm();
  // A migration under way comes to its next phase, be it Drover's or somebody else's; one of somebody else's begins if there is
  // none.
  void advance_migration(Instant now);

  // What Drover does, and the API server's answer.
  std::string carry_out(const EffectBody& effect, Instant now);

  // Some VMs begin and some cease to be busy with each sample.
  [[nodiscard]] SignalTable signal(Instant now);
  [[nodiscard]] UseTable use(Instant now);

 private:
  // What a VM uses, which no object tells.
  struct Guest {
    ObjectKey key;
    double share = 0;  // of its vCPUs
    bool busy = false;
  };

  void add_node();
  [[nodiscard]] Pod launcher(const Vm& vm, const std::string& node);
  std::size_t any_guest() { return random_.below(guests_.size()); }
  std::string any_node();
  [[nodiscard]] bool on_hot_node(std::size_t guest) const;
  void begin_move(Migration migration, Instant now);
  void end_move(const Migration& migration, Instant now);

  Sizes sizes_;
  SeededRandom random_;
  sim::Api api_;
  Deltas told_;
  sim::NodeGroup node_group_;
  sim::VmGroup vm_group_;
  std::vector<Guest> guests_;
  std::deque<std::size_t> busy_;
  std::vector<ObjectKey> under_way_;  // migrations
  std::deque<ObjectKey> over_;        // migrations that have ended and are still shown
  std::size_t nodes_made_ = 0;
  std::size_t vms_made_ = 0;
  std::size_t pods_made_ = 0;
  std::size_t migrations_made_ = 0;
};

}  // namespace drover::bench
