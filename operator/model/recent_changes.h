// RecentChanges: the keys of a table's objects that came, went or were replaced lately, so that who follows the table from time to
// time need not go through all of it.
//
// A copy is another table's from then on, and begins anew: no mark of the one is taken for one of the other.
//
// Thread safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "model/object.h"

namespace drover {

class RecentChanges {
 public:
  // Up to where somebody has followed; made by none, it is of no table.
  struct Mark {
    std::shared_ptr<const int> table;  // shared, so that no other can be given its address
    std::uint64_t count = 0;
  };

  RecentChanges() = default;
  RecentChanges(const RecentChanges& /*other*/) {}
  RecentChanges& operator=(const RecentChanges& other) {
    if (this != &other) *this = RecentChanges();
    return *this;
  }
  RecentChanges(RecentChanges&&) = default;
  RecentChanges& operator=(RecentChanges&&) = default;
  ~RecentChanges() = default;

  void note(const ObjectKey& key);
  [[nodiscard]] Mark latest() const;
  // The keys noted since, each once and in order; nothing when they are too many to be kept, or the mark is another table's.
  [[nodiscard]] std::optional<std::vector<ObjectKey>> since(const Mark& mark) const;

 private:
  static constexpr std::size_t kKept = 1024;  // at least, and at most twice as many

  mutable std::shared_ptr<const int> table_;  // names it; made when it is first asked for
  mutable bool marked_ = false;               // after the newest key was noted
  std::vector<ObjectKey> keys_;               // in the order in which they were noted
  std::uint64_t dropped_ = 0;                 // before these
};

}  // namespace drover
