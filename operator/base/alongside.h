// Alongside: looks up keys in a sorted map, each of them no smaller than the last. Whoever goes through one table in order finds
// what another knows of each key without searching for it.
//
// The map must outlive it and not change. Thread safety: none.
#pragma once

#include <iterator>

#include "base/check.h"

namespace drover {

template <typename Map>
class Alongside {
 public:
  explicit Alongside(const Map& map) : begin_(map.begin()), at_(begin_), end_(map.end()) {}

  // Null when the map has no such key.
  [[nodiscard]] const typename Map::mapped_type* find(const typename Map::key_type& key) {
    DROVER_CHECK(at_ == begin_ || std::prev(at_)->first < key);  // what was passed is not asked for any more
    while (at_ != end_ && at_->first < key) ++at_;
    return at_ != end_ && at_->first == key ? &at_->second : nullptr;
  }

 private:
  typename Map::const_iterator begin_, at_, end_;
};

}  // namespace drover
