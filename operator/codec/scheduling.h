// What the spec of a pod asks of its node, and a pool in which pods that ask the same share one value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "model/pod.h"

namespace drover {

class JsonValue;

// Fields of a PodSpec that make up a Scheduling; others are ignored (false).
[[nodiscard]] bool read_scheduling_field(std::string_view key, JsonValue value, Scheduling& into);

// Keeps no value alive by itself. Thread safety: none.
class SchedulingPool {
 public:
  [[nodiscard]] std::shared_ptr<const Scheduling> intern(Scheduling scheduling);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }  // with the entries that nobody uses any more

 private:
  void sweep();
  std::unordered_multimap<std::uint64_t, std::weak_ptr<const Scheduling>> entries_;
  std::size_t sweep_at_ = 64;
};

}  // namespace drover
