// Invariant 4: reserve capacity stays on. Judged when a node is put to retire or switched off, by what the replica's view shows at
// that moment, as core/reserve.h words it; and of a zone one node at least stays, and so many that one more may fail before the
// node controller takes the zone for broken (more than two, and 55 % of its nodes).
#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "torture_cases/oracles/oracle.h"

namespace drover::torture {
namespace {

struct Room {
  double cpu = 0;  // thousandths
  double memory = 0;
  void add(const Resources& resources, double sign = 1) {
    cpu += sign * static_cast<double>(amount(resources, kCpu));
    memory += sign * static_cast<double>(amount(resources, kMemory));
  }
};

bool rests(const Node& node) {
  return node.marks.life != NodeLife::Active;
}

bool serves(const Node& node) {
  return !rests(node) && node.ready && !node.unschedulable && node.labels.value_or(label::kSchedulable, "") == "true";
}

// In service, or Empty and free, so that it serves again at once.
bool is_on(const Node& node) {
  if (serves(node)) return true;
  return node.marks.life == NodeLife::Empty && node.ready && node.labels.find("drover.dev/hands-off") == nullptr &&
         node.labels.value_or(label::kSchedulable, "") == "true";
}

bool leaves(NodeLife life) {
  return life == NodeLife::Retiring || life == NodeLife::PoweringOff;
}

class ReserveStays : public Oracle {
 public:
  explicit ReserveStays(const Ground& ground) : Oracle("ReserveStays", ground) {}

  void decided(const sim::Simulation& sim, const sim::Replica& by, const Effect& effect) override {
    const auto* mark = std::get_if<MarkNode>(&effect.body);
    if (mark == nullptr || !leaves(mark->marks.life)) return;
    for (const MarkNode* other : ground_.marks_of(by)) {
      if (leaves(other->marks.life) && other->node != mark->node) {
        complain(sim, "nodes " + other->node + " and " + mark->node + " are put to rest at once, neither seeing the other");
      }
    }
    const Policy* policy = by.view().policy(mark->policy);
    if (policy == nullptr) return complain(sim, "node " + mark->node + " is put to rest for a policy that is not there");
    judge_room(sim, by.view(), *mark, std::get<ConsolidationSettings>(policy->spec.settings));
    judge_largest(sim, by.view(), *mark);
    judge_zone(sim, by.view(), *mark, std::get<ConsolidationSettings>(policy->spec.settings));
  }

 private:
  void judge_room(const sim::Simulation& sim, const ClusterView& view, const MarkNode& mark,
                  const ConsolidationSettings& settings) {
    Room room;
    Room in_use;
    Room largest;
    for (const auto& [key, node] : view.nodes) {
      const bool stays = is_on(*node) && node->name != mark.node;
      const bool vms_leave = rests(*node) || node->name == mark.node;
      if (stays) {
        room.add(node->allocatable);
        if (const auto used = view.requests_by_node.find(node->name); used != view.requests_by_node.end())
          room.add(used->second, -1);
        largest.cpu = std::max(largest.cpu, static_cast<double>(amount(node->allocatable, kCpu)));
        largest.memory = std::max(largest.memory, static_cast<double>(amount(node->allocatable, kMemory)));
      }
      for (const auto& [pod_key, pod] : view.pods) {
        if (pod->node != node->name || pod->is_over() || pod->owner == PodOwner::Node) continue;
        in_use.add(pod->requests);
        if (!pod->is_launcher()) continue;
        if (vms_leave) room.add(pod->requests, -1);
      }
    }
    const double share = settings.reserve_percent.value_or(0) / 100;
    const auto nodes = static_cast<double>(settings.reserve_nodes);
    const Room asked = settings.reserve_percent ? Room{in_use.cpu * share, in_use.memory * share}
                                                : Room{largest.cpu * nodes, largest.memory * nodes};
    if (room.cpu + 1 < asked.cpu || room.memory + 1 < asked.memory) {
      complain(sim, "without node " + mark.node + " the reserve is not there: " + std::to_string(room.cpu) + "m and " +
                        std::to_string(room.memory) + " bytes are left, " + std::to_string(asked.cpu) + "m and " +
                        std::to_string(asked.memory) + " bytes are asked for");
    }
  }

  // A node that alone has room for one of the largest VMs stays, unless no other could ever take that VM.
  void judge_largest(const sim::Simulation& sim, const ClusterView& view, const MarkNode& mark) {
    const auto room_of = [&](const Node& node) {
      Room room;
      room.add(node.allocatable);
      if (const auto used = view.requests_by_node.find(node.name); used != view.requests_by_node.end()) room.add(used->second, -1);
      return room;
    };
    const auto fits = [](const Pod& pod, const Room& room) {
      Room size;
      size.add(pod.requests);
      return size.cpu <= room.cpu && size.memory <= room.memory;
    };
    const Node* leaving = view.node(mark.node);
    if (leaving == nullptr || !is_on(*leaving)) return;
    std::vector<const Pod*> vms;
    for (const auto& [key, pod] : view.pods) {
      if (pod->is_launcher() && !pod->node.empty() && !pod->is_over()) vms.push_back(pod.get());
    }
    const auto exceeds = [](const Pod& a, const Pod& b) {
      const auto of = [](const Pod& pod) { return std::pair(amount(pod.requests, kCpu), amount(pod.requests, kMemory)); };
      return of(a) != of(b) && of(a).first >= of(b).first && of(a).second >= of(b).second;
    };
    for (const Pod* pod : vms) {
      const bool is_largest = std::none_of(vms.begin(), vms.end(), [&](const Pod* other) { return exceeds(*other, *pod); });
      if (!is_largest || !fits(*pod, room_of(*leaving))) continue;
      bool stays = false;
      bool could = false;
      for (const auto& [node_key, node] : view.nodes) {
        if (node->name == mark.node) continue;
        stays = stays || (is_on(*node) && fits(*pod, room_of(*node)));
        could = could || (node->marks.life == NodeLife::Asleep && fits(*pod, room_of(*node)));
      }
      if (could && !stays) complain(sim, "without node " + mark.node + " no node in service has room for " + to_string(pod->key));
    }
  }

  // So many of a zone are off at most; of all zones together as many more as the reserve keeps on may rest.
  void judge_zone(const sim::Simulation& sim, const ClusterView& view, const MarkNode& mark,
                  const ConsolidationSettings& settings) {
    const bool retires = mark.marks.life == NodeLife::Retiring;
    const Node* leaving = view.node(mark.node);
    if (leaving == nullptr) return complain(sim, "node " + mark.node + " is put to rest, and is not there");
    struct Count {
      int nodes = 0, resting = 0, off = 0, down = 0, out = 0;
    };
    std::map<std::string, Count> zones;
    for (const auto& [key, node] : view.nodes) {
      Count& count = zones[std::string(node->labels.value_or(label::kZone, ""))];
      const bool leaves = node->name == mark.node;
      const bool off = node->marks.life > NodeLife::Empty || (leaves && !retires);
      ++count.nodes;
      count.resting += rests(*node) || leaves ? 1 : 0;
      count.off += off ? 1 : 0;
      count.down += !off && !node->ready ? 1 : 0;
      count.out += rests(*node) || leaves || !node->ready ? 1 : 0;
    }
    const auto broken = [](int off, const Count& zone) {
      const int lost = off + zone.down + 1;
      return lost > 2 && 20 * lost >= 11 * zone.nodes;
    };
    const std::string name(leaving->labels.value_or(label::kZone, ""));
    if (!retires) {
      if (broken(zones[name].off, zones[name])) complain(sim, "with node " + mark.node + " too many of its zone are off");
      return;
    }
    auto beyond = settings.reserve_percent || !settings.power_down.enabled ? 0 : -settings.reserve_nodes;
    for (const auto& [zone, count] : zones) {
      int off = count.resting;
      while (off > 0 && broken(off, count)) --off;
      if (zone == name || count.resting > off) beyond += count.resting - off;
    }
    const Count& own = zones[name];
    if (own.out >= own.nodes || (broken(own.resting, own) && beyond > 0)) {
      complain(sim, "node " + mark.node + " is put to rest, and then " + std::to_string(own.resting) + " of the " +
                        std::to_string(own.nodes) + " nodes of zone " + name + " would be out of service");
    }
  }
};

}  // namespace

std::unique_ptr<Oracle> reserve_stays(const Ground& ground) {
  return std::make_unique<ReserveStays>(ground);
}

}  // namespace drover::torture
