#include "sim/bmc.h"

namespace drover::sim {

Bmc::Bmc(const Faults& faults, EventQueue& queue, DataCenter& world, SeededRandom random)
    : faults_(faults), queue_(queue), world_(world), random_(random) {}

Result<std::size_t> Bmc::reach(const std::string& node) {
  const std::size_t index = world_.find_node(node);
  if (index == kNone) return Error{ErrorClass::Invalid, "node " + node + " has no management controller"};
  if (faults_.power_fails > 0 && random_.chance(faults_.power_fails)) {
    return Error{ErrorClass::Retryable, "the management controller of node " + node + " does not answer"};
  }
  return index;
}

Result<PowerAnswer> Bmc::state(const NodeDriver& target, std::stop_token /*stop*/) {
  const auto index = reach(target.node->name);
  if (!index) return index.error();
  switch (world_.nodes()[*index].state) {
    case PowerState::On:
    case PowerState::ShuttingDown:
    case PowerState::Booting: return PowerAnswer{.state = Powered::On};
    case PowerState::Off: return PowerAnswer{.state = Powered::Off};
    case PowerState::Dead: break;
  }
  return PowerAnswer{};
}

Status Bmc::switch_to(const NodeDriver& target, PowerRequest request, std::stop_token /*stop*/) {
  const bool on = request == PowerRequest::On;
  const auto index = reach(target.node->name);
  if (!index) return index.error();
  if (faults_.power_lies > 0 && random_.chance(faults_.power_lies)) return ok();
  const auto obey = [this, node = *index, on] { on ? world_.power_on(node) : world_.power_off(node); };
  const std::uint64_t order = ++orders_[*index];
  if (faults_.power_hangs > 0 && random_.chance(faults_.power_hangs)) {
    // A management controller takes orders one after another: one that hangs is overtaken by none, only replaced by the next.
    queue_.after(faults_.power_hang, [this, node = *index, order, obey] {
      if (orders_[node] == order) obey();
    });
  } else {
    obey();
  }
  return ok();
}

}  // namespace drover::sim
