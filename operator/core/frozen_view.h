// FrozenView: what a view shows at one moment, to be looked at beside the loop, which goes on with the view itself. The objects are
// immutable and shared; freezing costs a reference to each, or to those that have changed since an earlier freezing, and what takes
// time, the tables and indexes, is made when it is thawed.
//
// Thread safety: none, but it shares nothing that changes with the view that it was taken of.
#pragma once

#include <memory>
#include <vector>

#include "model/cluster_view.h"

namespace drover {

// Up to where a view was followed; by default it was not at all.
struct ViewMarks {
  RecentChanges::Mark vms, pods, migrations, volume_claims, volumes;
};

// A view that was thawed, and what it is known by to the one that was frozen.
struct ThawedView {
  ClusterView view;
  ViewMarks marks;
};

class FrozenView {
 public:
  explicit FrozenView(const ClusterView& view) : FrozenView(view, {}) {}
  // Only a view with these marks can be made the same; where too much has changed since, any can.
  FrozenView(const ClusterView& view, const ViewMarks& since);

  // The same view, of its own. For tests.
  [[nodiscard]] ClusterView thaw() const;
  // Makes of a view that was thawed earlier the same: what both show stays, so that it takes little time where little has changed.
  // Precondition: it has the marks that this was made with, if any.
  void thaw_into(ThawedView& thawed) const;

 private:
  // All objects of a table by key, or those that have changed: null are those that are gone.
  template <typename T>
  struct Part {
    Part(const Table<T>& table, const RecentChanges& changes, const RecentChanges::Mark& since);
    void show_in(ClusterView& view, Table<T>& table, const RecentChanges::Mark& shown) const;

    RecentChanges::Mark since;  // of no table: all objects
    RecentChanges::Mark now;

   private:
    [[nodiscard]] const ObjectKey& key(std::size_t i) const;
    void show_all(ClusterView& view, Table<T>& table) const;

    std::vector<ObjectKey> keys_;  // where the objects do not tell them
    std::vector<std::shared_ptr<const T>> objects_;
  };

  ClusterView small_;  // what is copied, tables and all
  Part<Vm> vms_;
  Part<Pod> pods_;
  Part<Migration> migrations_;
  Part<VolumeClaim> volume_claims_;
  Part<Volume> volumes_;
};

}  // namespace drover
