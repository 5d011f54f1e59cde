// Pool: values that are equal share one. hash_of(value) is the same for equal values; what is left out of it only costs a
// comparison. Keeps no value alive by itself. Thread safety: none.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

namespace drover {

template <typename T>
class Pool {
 public:
  [[nodiscard]] std::shared_ptr<const T> intern(T value) {
    const std::uint64_t hash = hash_of(value);
    const auto [begin, end] = entries_.equal_range(hash);
    for (auto at = begin; at != end; ++at) {
      if (auto shared = at->second.lock(); shared != nullptr && *shared == value) return shared;
    }
    if (entries_.size() >= sweep_at_) sweep();
    auto shared = std::make_shared<const T>(std::move(value));
    entries_.emplace(hash, shared);
    return shared;
  }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }  // with the entries that nobody uses any more

 private:
  static constexpr std::size_t kLeast = 64;

  void sweep() {
    std::erase_if(entries_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max(kLeast, 2 * entries_.size());
  }

  std::unordered_multimap<std::uint64_t, std::weak_ptr<const T>> entries_;
  std::size_t sweep_at_ = kLeast;
};

}  // namespace drover
