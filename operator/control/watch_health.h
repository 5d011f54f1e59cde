// What is wrong with the watches, for /readyz and the log: which resource can't be read, and why. A missing right (RBAC) shows here
// first.
//
// Thread safety: none; the loop thread owns it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "reflect/delta.h"

namespace drover {

class WatchHealth {
 public:
  // Notes what the delta says about its watch. True when that is news: another problem than before, or its end.
  bool note(const reflect::Delta& delta);

  [[nodiscard]] const std::map<Kind, Error>& problems() const { return problems_; }
  // A resource that may not be read: what Drover sees of it is no longer true, and waiting does not help. Not one that may
  // stay unknown (model/kind.h).
  [[nodiscard]] bool denied() const;

 private:
  std::map<Kind, Error> problems_;
};

}  // namespace drover
