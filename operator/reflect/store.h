// Store: the only writer of the ClusterView.
//
// A list fills a side table that replaces the shown one whole, so the view is never half filled: until the first list of a
// kind is complete its table is empty, and while a later one runs the old objects stay. Indexes follow each change.
//
// Thread safety: none; the loop thread owns it.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "model/cluster_view.h"
#include "reflect/delta.h"

namespace drover::reflect {

class Store {
 public:
  // Synced once each of these kinds has been listed whole.
  explicit Store(std::set<Kind> required);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // True when the view is not what it was: an object equal to the one shown changes nothing.
  bool apply(Delta delta);

  // Puts in a time zone that a policy names.
  void set_time_zone(TimeZone zone);
  // Zones that policies name and the view lacks.
  [[nodiscard]] std::set<std::string> missing_time_zones() const;

  [[nodiscard]] const ClusterView& view() const { return view_; }
  [[nodiscard]] bool synced() const { return unsynced_.empty(); }
  [[nodiscard]] const std::set<Kind>& unsynced() const { return unsynced_; }

 private:
  struct Side;  // the lists in the making

  ClusterView view_;
  std::set<Kind> unsynced_;
  std::map<ObjectKey, std::shared_ptr<const KubeVirt>> kubevirts_;
  std::unique_ptr<Side> side_;
};

}  // namespace drover::reflect
