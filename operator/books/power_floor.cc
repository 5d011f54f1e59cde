#include "books/power_floor.h"

#include <algorithm>
#include <limits>

namespace drover {
namespace {

// Watts besides what all nodes draw in standby, if nothing but this resource ran out.
double idle_floor(const std::vector<FloorNode>& nodes, double Takings::*resource, double wanted) {
  std::vector<const FloorNode*> cheapest;
  for (const FloorNode& node : nodes) {
    if (node.room.*resource > 0) cheapest.push_back(&node);
  }
  const auto cost = [](const FloorNode& node) { return std::max(0.0, node.power->idle_watts() - node.power->standby_watts); };
  std::sort(cheapest.begin(), cheapest.end(),
            [&](const auto* a, const auto* b) { return cost(*a) * b->room.*resource < cost(*b) * a->room.*resource; });
  double watts = 0;
  for (const FloorNode* node : cheapest) {
    if (wanted <= 0) break;
    watts += cost(*node) * std::min(1.0, wanted / (node->room.*resource));
    wanted -= node->room.*resource;
  }
  return watts;
}

// The least that a CPU in use adds to the idle power of its node: where the curve rises least from its beginning.
double watts_per_cpu(const FloorNode& node) {
  double least = std::numeric_limits<double>::infinity();
  const auto& watts = node.power->watts;
  for (std::size_t i = 1; i < watts.size(); ++i) {
    const double cpu = node.room.cpu * static_cast<double>(i) / static_cast<double>(watts.size() - 1);
    if (cpu > 0) least = std::min(least, (watts[i] - watts.front()) / cpu);
  }
  for (const FrequencyStep& step : node.power->frequency_steps) {
    const double cpu = node.room.cpu * step.speed;
    if (cpu > 0) least = std::min(least, (step.max_watts - node.power->idle_watts()) / cpu);
  }
  return least;
}

}  // namespace

double floor_watts(const std::vector<FloorNode>& nodes, const Takings& wanted) {
  double standby = 0;
  double room = 0;
  double slope = std::numeric_limits<double>::infinity();
  for (const FloorNode& node : nodes) {
    standby += std::min(node.power->standby_watts, node.power->idle_watts());
    room += node.room.cpu;
    slope = std::min(slope, watts_per_cpu(node));
  }
  const double on = std::max({idle_floor(nodes, &Takings::cpu, wanted.cpu), idle_floor(nodes, &Takings::memory, wanted.memory),
                              idle_floor(nodes, &Takings::pods, wanted.pods)});
  return standby + on +
         (wanted.cpu > 0 && slope < std::numeric_limits<double>::infinity() ? std::max(0.0, slope) * std::min(wanted.cpu, room)
                                                                            : 0);
}

}  // namespace drover
