#include "sim/waiting_vms.h"

#include <algorithm>
#include <iterator>

namespace drover::sim {

void WaitingVms::add(std::size_t vm, const Requests& requests) {
  const Size size{requests.cpu_milli, requests.memory_bytes};
  by_size_[size].insert(vm);
  sizes_.emplace(vm, size);
  new_.push_back(vm);
}

void WaitingVms::remove(std::size_t vm) {
  const auto at = sizes_.find(vm);
  if (at == sizes_.end()) return;
  const auto queue = by_size_.find(at->second);
  queue->second.erase(vm);
  if (queue->second.empty()) by_size_.erase(queue);
  sizes_.erase(at);
}

std::vector<std::size_t> WaitingVms::offer(const std::function<bool(std::size_t vm)>& place) {
  std::set<std::pair<std::size_t, Size>> first;  // of each size that may yet find a place
  for (const auto& [size, queue] : by_size_) first.emplace(*queue.begin(), size);
  std::vector<Size> failed;
  const auto is_hopeless = [&](const Size& size) {
    return std::any_of(failed.begin(), failed.end(),
                       [&](const Size& other) { return size.first >= other.first && size.second >= other.second; });
  };
  while (!first.empty()) {
    const auto [vm, size] = *first.begin();
    first.erase(first.begin());
    if (is_hopeless(size)) continue;
    if (!place(vm)) {
      failed.push_back(size);
    } else if (const auto queue = by_size_.find(size); queue != by_size_.end()) {
      first.emplace(*queue->second.begin(), size);
    }
  }
  std::vector<std::size_t> still;
  std::copy_if(new_.begin(), new_.end(), std::back_inserter(still), [&](std::size_t vm) { return sizes_.contains(vm); });
  new_.clear();
  return still;
}

}  // namespace drover::sim
