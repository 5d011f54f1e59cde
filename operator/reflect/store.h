// Store: the only writer of the ClusterView.
//
// A list is gathered aside and put in the place of the shown objects at once when it is complete, so the view is never half
// filled: until the first list of a kind is there its table is empty, and while a later one runs the old objects stay. Indexes
// follow each change.
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
  // Synced once each of these kinds has been listed whole; of those that may stay unknown (model/kind.h) it is enough that the
  // server has refused the list. The view says which of them are known.
  explicit Store(std::set<Kind> required);

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
  bool put(Object object);
  bool remove(Kind kind, const ObjectKey& key);
  bool show_list(Kind kind, std::vector<Object> list);
  bool show_kubevirt();
  bool note_problem(Kind kind, const Error& error);
  bool set_known(Kind kind, bool known);
  [[nodiscard]] std::set<ObjectKey> shown(Kind kind) const;
  // An object of a list that is equal to the shown one gives its memory back at once.
  void share_with_shown(Object& object) const;

  ClusterView view_;
  Table<KubeVirt> kubevirts_;
  std::set<Kind> unsynced_;
  std::map<Kind, std::vector<Object>> listing_;  // the lists that are not complete yet
};

}  // namespace drover::reflect
