// WaitingVms: the VMs that wait for a node, in order of arrival, kept by what they ask for: of a size that found no place no other
// VM needs to be tried, and none that asks for more. So a look at the queue costs as many tries as VMs are placed, and one a size,
// however many wait.
//
// Thread safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "sim/objects.h"

namespace drover::sim {

class WaitingVms {
 public:
  // VMs are numbered in order of arrival.
  void add(std::size_t vm, const Requests& requests);
  void remove(std::size_t vm);  // nothing, if it does not wait

  // Offers them to `place`, which answers whether it has placed a VM, and then has removed it. What it can't place it can't either
  // of a size as large in both. The answer: those that were offered for the first time and still wait, in order.
  [[nodiscard]] std::vector<std::size_t> offer(const std::function<bool(std::size_t vm)>& place);

 private:
  using Size = std::pair<std::int64_t, std::int64_t>;  // CPU, memory

  std::map<Size, std::set<std::size_t>> by_size_;
  std::map<std::size_t, Size> sizes_;
  std::vector<std::size_t> new_;
};

}  // namespace drover::sim
