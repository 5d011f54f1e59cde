// FrozenView: what a view shows at one moment, to be looked at beside the loop, which goes on with the view itself. The objects are
// immutable and shared; freezing costs a reference to each, and what takes time, the tables and indexes, is made when it is thawed.
//
// Thread safety: none, but it shares nothing that changes with the view that it was taken of.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "model/cluster_view.h"

namespace drover {

class FrozenView {
 public:
  explicit FrozenView(const ClusterView& view);

  // The same view, of its own. For tests.
  [[nodiscard]] ClusterView thaw() const;
  // Makes of a view that was thawed earlier the same: what both show stays, so that it takes little time where little has changed.
  void thaw_into(ClusterView& view) const;

 private:
  template <typename T>
  using Objects = std::vector<std::shared_ptr<const T>>;

  template <typename T>
  using Keyed = std::vector<std::pair<ObjectKey, std::shared_ptr<const T>>>;

  ClusterView small_;  // what is copied, tables and all
  Objects<Vm> vms_;    // by key, and so are the others
  Objects<Pod> pods_;
  Objects<Migration> migrations_;
  Keyed<VolumeClaim> claims_;
  Keyed<Volume> volumes_;
};

}  // namespace drover
