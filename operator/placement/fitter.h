// Fitter: finds room for the VMs in the pool of a packing, within the bound on moves. The repair of the genetic search.
//
// A VM goes to the node where it leaves least room unused. Where it fits nowhere, it takes the place of one or two VMs that are
// worth less than it is, which go into the pool and look for room in turn (ejection chains); what has just come may not be ejected
// for a while (tabu), so that the search leaves a dead end instead of going in circles. After consistent neighbourhood search for
// vector packing (Buljubasic and Vasquez 2016).
//
// Thread safety: none.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/random.h"
#include "placement/packing.h"

namespace drover::placement {

class Fitter {
 public:
  // `out_of_time` is asked now and then; once it says true, the fitter gives up soon.
  Fitter(Packing& packing, SeededRandom& random, const std::function<bool()>& out_of_time);

  // Until the pool is empty (true), or its weight has not shrunk for `patience` ejections: then the packing is left as it was with
  // the lightest pool.
  [[nodiscard]] bool empty_pool(int patience);

  // What fits as it is, the heaviest first.
  void insert_what_fits();

  // Moved VMs whose home has room for them go back: fewer moves.
  void send_home();

  // What moving one more VM from its home is worth, and room of one resource without the other, in VMs' weight.
  void set_costs(double move, double skew) {
    move_cost_ = move;
    skew_cost_ = skew;
  }

  // Done so far: nodes and pairs of VMs looked at, and VMs whose place was written down.
  [[nodiscard]] std::int64_t work() const { return work_; }

  // The VM, in the pool now, may not come back to that node for a while: its move was in the way of others.
  void forbid(int vm, int node);

 private:
  struct Ejection {
    int vm = -1;
    int node = -1;
    int first = -1;
    int second = -1;
    double cost = 0;
  };

  [[nodiscard]] bool insert(int vm);
  [[nodiscard]] Ejection best_ejection(int vm);
  void consider(int vm, int node, Ejection& best);
  void carry_out(const Ejection& ejection);
  [[nodiscard]] bool may_leave(int vm) const { return tabu_[static_cast<std::size_t>(vm)] <= now_; }
  [[nodiscard]] bool barred(int vm, int node) const { return barred_[static_cast<std::size_t>(vm)] == node && !may_leave(vm); }

  Packing& packing_;
  SeededRandom& random_;
  const std::function<bool()>& out_of_time_;
  std::vector<std::int64_t> tabu_;
  std::vector<int> barred_;  // node that the VM must not go to while it is tabu, or -1
  std::int64_t now_ = 0;
  std::int64_t work_ = 0;
  double move_cost_ = 0.04;
  double skew_cost_ = 2;
};

}  // namespace drover::placement
