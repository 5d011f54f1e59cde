#include "papers/cloudsim_drover.h"

#include <algorithm>
#include <cstdio>

#include "base/check.h"
#include "base/index.h"
#include "books/power_floor.h"

namespace drover::papers {
namespace {

constexpr double kMegabyte = 1 << 20;

std::string numbered(const char* prefix, int i) {
  char text[16];
  std::snprintf(text, sizeof text, "%s%05d", prefix, i);
  return text;
}

class Harness {
 public:
  Harness(World& world, Strategy& strategy, Samples samples) : world_(world), strategy_(strategy), samples_(samples) {
    for (int host = 0; host < kHosts; ++host) {
      PoolNode node;
      node.name = numbered("host-", host);
      node.capacity = {World::capacity(host), kHostMemory * kMegabyte};
      node.power.watts = World::watts(host);
      node.since = Instant{} - hours{24};
      node.power.standby_watts = 0;
      node.power.boot = node.power.shutdown = Duration{0};
      node.power.boot_joules = node.power.shutdown_joules = 0;
      pool_.nodes.push_back(std::move(node));
    }
    for (int vm = 0; vm < world.vm_count(); ++vm) {
      const std::string name = numbered("vm-", vm);
      PoolVm v;
      v.key = {"planetlab", name};
      v.uid = name;
      v.most = {world.mips(vm), world.memory(vm) * kMegabyte};
      v.copy_seconds = world.copy_seconds(vm);
      all_.push_back(std::move(v));
    }
  }

  void boot() {
    pool_.vms = all_;
    for (PoolVm& vm : pool_.vms) {
      vm.measured = false;
      vm.demand = vm.reserved = vm.most;
    }
    for (int vm = 0; vm < world_.vm_count(); ++vm) {
      const int host = strategy_.place(pool_, vm);
      DROVER_CHECK(host >= 0 && host < kHosts);
      pool_.vms[index(vm)].node = host;
      world_.boot(vm, host);
    }
  }

  [[nodiscard]] std::vector<HostMove> frame(int frame) {
    show(frame);
    const Advice advice = strategy_.advise(pool_);
    for (const NodeOrder& order : advice.orders) {
      NodeLife& life = pool_.nodes[index(order.node)].life;
      if (order.act == NodeOrder::Act::Wake || order.act == NodeOrder::Act::TakeBack) life = NodeLife::Active;
      if (order.act == NodeOrder::Act::Retire) life = NodeLife::Retiring;
    }
    std::vector<HostMove> moves;
    for (const Relocation& move : advice.moves) {
      DROVER_CHECK(pool_.nodes[index(move.target)].life == NodeLife::Active);
      moves.push_back({ids_[index(move.vm)], move.target});
    }
    check_memory(moves);
    return moves;
  }

  [[nodiscard]] double floor_watts_now() const {
    const bool memory = world_.rules().memory_always;  // otherwise it does not bind
    std::vector<FloorNode> nodes;
    for (const PoolNode& node : pool_.nodes)
      nodes.push_back({.room = {.cpu = node.capacity.cpu, .memory = memory ? node.capacity.memory : 0}, .power = &node.power});
    Takings all;
    for (int vm = 0; vm < world_.vm_count(); ++vm) {
      if (world_.host_of(vm) < 0) continue;
      all.cpu += world_.demand(vm);
      all.memory += world_.memory(vm) * kMegabyte;
    }
    return floor_watts(nodes, all);
  }

 private:
  void show(int frame) {
    pool_.now = Instant{} + seconds{300} * frame;
    pool_.sample_age = samples_ == Samples::Past ? Duration{seconds{300}} : Duration{0};
    pool_.vms.clear();
    ids_.clear();
    for (int vm = 0; vm < world_.vm_count(); ++vm) {
      if (world_.host_of(vm) < 0) continue;
      PoolVm shown = all_[index(vm)];
      shown.node = world_.host_of(vm);
      const double share = samples_ == Samples::Past ? world_.sample(vm, frame - 1) : world_.demand(vm) / world_.mips(vm);
      shown.demand = {share * world_.mips(vm), shown.most.memory};
      shown.reserved = {0, world_.rules().memory_always ? shown.most.memory : 0};
      pool_.vms.push_back(std::move(shown));
      ids_.push_back(vm);
    }
    for (int host = 0; host < kHosts; ++host) {
      NodeLife& life = pool_.nodes[index(host)].life;
      if (world_.vms_on(host).empty()) {
        life = NodeLife::Asleep;
      } else if (life == NodeLife::Asleep) {
        life = NodeLife::Active;
      }
    }
  }

  void check_memory(const std::vector<HostMove>& moves) const {
    if (!world_.rules().memory_always) return;
    std::vector<double> memory(kHosts, 0);
    for (int host = 0; host < kHosts; ++host) {
      for (const int vm : world_.vms_on(host)) memory[index(host)] += world_.memory(vm);
    }
    for (const HostMove& move : moves) {
      memory[index(move.host)] += world_.memory(move.vm);
      DROVER_CHECK(memory[index(move.host)] <= kHostMemory);
    }
  }

  World& world_;
  Strategy& strategy_;
  Samples samples_;
  std::vector<PoolVm> all_;
  std::vector<int> ids_;  // of the pool's VMs
  Pool pool_;
};

}  // namespace

int number_of(const PoolVm& vm) {
  return std::stoi(vm.uid.substr(vm.uid.find('-') + 1));
}

DroverRun run_strategy(World& world, Strategy& strategy, Samples samples) {
  Harness harness(world, strategy, samples);
  harness.boot();
  DroverRun run;
  constexpr int kLast = kFrames - 1;
  for (int frame = 1; frame <= kLast; ++frame) {
    world.advance(kFrameSeconds * frame + .1);
    if (frame < kLast) {
      run.floor_joules += harness.floor_watts_now() * kFrameSeconds;
    }
    const auto moves = harness.frame(frame);
    run.moves += static_cast<long>(moves.size());
    if (frame == 1) run.boot_moves = static_cast<long>(moves.size());
    world.carry_out(moves);
    int hosts = 0;
    for (int host = 0; host < kHosts; ++host) hosts += world.vms_on(host).empty() ? 0 : 1;
    run.mean_hosts += static_cast<double>(hosts) / kLast;
  }
  run.meters = world.meters();
  return run;
}

}  // namespace drover::papers
