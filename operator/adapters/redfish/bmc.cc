#include "adapters/redfish/bmc.h"

#include <algorithm>

namespace drover::redfish {
namespace {

constexpr Duration kFirstRest = seconds{5};
constexpr Duration kLongestRest = minutes{1};

}  // namespace

std::unique_ptr<Bmc::Turn> Bmc::take_turn(Duration within, std::stop_token stop) {
  MutexLock lock(mutex_);
  const bool free = changed_.wait_for(lock, std::move(stop), within, [&]() DROVER_REQUIRES(mutex_) { return !taken_; });
  if (!free) return nullptr;
  taken_ = true;
  return std::make_unique<Turn>(*this);
}

void Bmc::give_back() {
  {
    const MutexLock lock(mutex_);
    taken_ = false;
  }
  changed_.notify_one();
}

Known& Bmc::Turn::known(const std::string& node, Duration forget_after) {
  const Duration now = bmc_->clock_.monotonic();
  std::erase_if(bmc_->known_, [&](const auto& entry) { return now - entry.second.asked >= forget_after; });
  Kept& kept = bmc_->known_[node];
  kept.asked = now;
  return kept.known;
}

std::optional<Error> Bmc::Turn::rests() const {
  if (bmc_->silent_times_ == 0 || bmc_->clock_.monotonic() >= bmc_->not_before_) return std::nullopt;
  Error error = bmc_->last_error_;
  error.retry_after = bmc_->not_before_ - bmc_->clock_.monotonic();
  return error;
}

void Bmc::Turn::silent(const Error& error) {
  const Duration rest = kFirstRest * (1 << std::min(bmc_->silent_times_, 10));
  ++bmc_->silent_times_;
  bmc_->not_before_ =
      bmc_->clock_.monotonic() + std::max(error.retry_after.value_or(Duration::zero()), std::min(rest, kLongestRest));
  bmc_->last_error_ = error;
}

}  // namespace drover::redfish
