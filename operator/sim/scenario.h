// Scenario: a data centre to simulate: its nodes, its VMs and what they want, the times of everything. Read from YAML by
// scenario_file.h, made from a snapshot, or put together by a test.
//
// Units: cores, bytes, bytes per second, watts, joules. Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/cluster_view.h"
#include "model/kind.h"
#include "model/power.h"
#include "model/use.h"
#include "sim/demand.h"

namespace drover::sim {

// A VM of a cluster that was captured in a snapshot, with its launcher pod.
struct CapturedVm {
  Vm vm;
  Pod launcher;
  bool measured = true;  // otherwise the simulated Prometheus has no figures of it either
};

struct NodeGroup {
  std::string name = "node";  // node-1 ... node-N, with leading zeros
  std::size_t count = 1;
  double cores = 16;
  std::int64_t memory_bytes = std::int64_t{64} << 30;
  std::int64_t pods = 110;
  double link_bytes_per_second = 1.25e9;  // 10 Gbit/s, shared by all copies to and from the node
  std::vector<std::string> zones{"a"};    // in turn
  Labels labels;
  PowerModel power;
  // Of a captured cluster: the node as it was (a group of one), and what pods that are no launchers hold of it.
  std::shared_ptr<const Node> captured;
  std::int64_t other_cpu_milli = 0;
  std::int64_t other_memory_bytes = 0;
  std::int64_t other_pods = 0;
};

struct VmGroup {
  std::string name = "vm";  // vm-1 ... vm-N
  std::string ns = "vms";
  std::size_t count = 1;  // that are there from the beginning
  std::int64_t vcpus = 2;
  std::int64_t memory_bytes = std::int64_t{4} << 30;
  std::int64_t cpu_request_milli = 200;              // KubeVirt's default: a tenth of the vCPUs
  std::int64_t memory_overhead_bytes = 256LL << 20;  // of the launcher pod, beside the guest's memory
  double memory_use = 0.8;                           // share of the memory in use, where no trace tells
  double dirty_bytes_per_second = 10e6;              // at full use of the vCPUs; less in proportion, at least a tenth
  bool live_migratable = true;
  bool restarts = true;  // runStrategy Always: a VM whose node fails is started anew
  Labels labels;
  DemandPattern demand = ConstantDemand{};
  // Arrivals besides `count`, and ends.
  double arrivals_per_hour = 0;                // Poisson
  std::vector<Duration> arrives_at;            // listed: since the start
  std::optional<Duration> lifetime;            // mean of an exponential distribution, for all VMs of the group; empty: they stay
  std::vector<Duration> ends_at;               // VM number i of the group ends then; beyond the list: by lifetime
  std::shared_ptr<const CapturedVm> captured;  // a group of one
};

// What the simulated KubeVirt and its surroundings need for each step of a VM's life.
struct Timing {
  Duration vm_start = seconds{10};         // from bound to Running
  Duration target_pod = seconds{3};        // from bound to Scheduled
  Duration target_prepare = seconds{1};    // PreparingTarget to TargetReady, and TargetReady to Running
  Duration controller = milliseconds{50};  // KubeVirt, the scheduler: until they notice
  Duration call = milliseconds{20};        // a call to the API server or to Prometheus, there and back
  Duration node_lost = seconds{40};        // until a dead node is not Ready
  Duration pods_lost = minutes{5};         // until KubeVirt gives up the VMs of a node that is not Ready
};

struct MetricsSettings {
  Duration resolution{};  // between two scrapes; zero: the truth at every moment
  Duration delay{};       // until a scrape can be read; without a resolution, what Drover takes it to be
};

struct CapturedSignal {
  Signal signal;
  SignalTable table;
};

struct Scenario {
  std::string name = "scenario";
  Instant start = Instant{hours{24 * 20458}};  // 2026-01-05T00:00:00Z, a Monday
  Duration duration = hours{24};
  Duration step = minutes{5};  // of demand
  std::vector<NodeGroup> nodes;
  std::vector<VmGroup> vms;
  std::vector<Namespace> namespaces;  // those of VM groups that are not named here are made without labels
  std::vector<std::string> policy_files;
  bool enforce = false;  // policies that only recommend act
  KubeVirt kubevirt;
  double copy_cpu = 0.1;  // CPU that a copy takes at both ends, as a share of the VM's vCPUs
  MetricsSettings metrics;
  Timing timing;
  // Of a captured cluster: everything else that was there, and what signals said, and say still.
  std::vector<std::pair<Kind, Object>> objects;
  std::vector<CapturedSignal> signals;

  Scenario();
};

// Why it can't be simulated, or "": no nodes, a VM that fits on no empty node, nothing to do.
[[nodiscard]] std::string problem_of(const Scenario& scenario);

}  // namespace drover::sim
