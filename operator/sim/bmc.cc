#include "sim/bmc.h"

#include <algorithm>

namespace drover::sim {
namespace {

Error retryable(std::string message) {
  return {ErrorClass::Retryable, std::move(message)};
}

}  // namespace

Bmc::Bmc(const Faults& faults, EventQueue& queue, DataCenter& world, SeededRandom random)
    : faults_(faults), queue_(queue), world_(world), random_(random) {}

Result<std::size_t> Bmc::reach(const std::string& node) {
  const std::size_t index = world_.find_node(node);
  if (index == kNone) return Error{ErrorClass::Invalid, "node " + node + " has no management controller"};
  const auto dead = dead_until_.find(index);
  const bool is_dead = dead != dead_until_.end() && queue_.now() < dead->second;
  if (is_dead || (faults_.power_fails > 0 && random_.chance(faults_.power_fails))) {
    return retryable("the management controller of node " + node + " does not answer");
  }
  if (!has_a_session(index)) return retryable("the management controller of node " + node + " has no session left");
  return index;
}

// Sessions that nobody closes end by themselves after a minute.
bool Bmc::has_a_session(std::size_t node) {
  if (faults_.power_sessions <= 0) return true;
  std::vector<Instant>& calls = calls_[node];
  std::erase_if(calls, [&](Instant call) { return queue_.now() - call >= minutes{1}; });
  if (static_cast<std::int64_t>(calls.size()) >= faults_.power_sessions) return false;
  calls.push_back(queue_.now());
  return true;
}

Result<PowerAnswer> Bmc::state(const NodeDriver& target, std::stop_token /*stop*/) {
  const auto index = reach(target.node->name);
  if (!index) return index.error();
  const SimNode& node = world_.nodes()[*index];
  const bool stale = queue_.now() - node.since < faults_.power_stale;
  switch (node.state) {
    case PowerState::On:
    case PowerState::ShuttingDown: return PowerAnswer{.state = Powered::On};
    case PowerState::Booting: return PowerAnswer{.state = stale ? Powered::Off : Powered::On};
    case PowerState::Off: return PowerAnswer{.state = stale ? Powered::On : Powered::Off};
    case PowerState::Dead: break;
  }
  return PowerAnswer{};
}

Status Bmc::switch_to(const NodeDriver& target, PowerRequest request, std::stop_token /*stop*/) {
  const auto index = reach(target.node->name);
  if (!index) return index.error();
  if (faults_.power_lies > 0 && random_.chance(faults_.power_lies)) return ok();
  if (request == PowerRequest::GracefulOff && faults_.ignores_shutdown > 0 && random_.chance(faults_.ignores_shutdown)) {
    if (random_.chance(0.5)) return ok();
    return retryable("the system of node " + target.node->name + " refuses to shut down");
  }
  if (faults_.power_errors > 0 && random_.chance(faults_.power_errors)) {
    const bool done = random_.chance(0.5);
    if (done) (void)give(*index, request);
    return retryable("the management controller of node " + target.node->name + " answered 500");
  }
  return give(*index, request);
}

Status Bmc::give(std::size_t index, PowerRequest request) {
  const bool on = request == PowerRequest::On;
  const auto obey = [this, node = index, on] { on ? world_.power_on(node) : world_.power_off(node); };
  const std::uint64_t order = ++orders_[index];
  if (faults_.power_hangs > 0 && random_.chance(faults_.power_hangs)) {
    // A management controller takes orders one after another: one that hangs is overtaken by none, only replaced by the next.
    queue_.after(faults_.power_hang, [this, node = index, order, obey] {
      if (orders_[node] == order) obey();
    });
  } else {
    obey();
  }
  return ok();
}

}  // namespace drover::sim
