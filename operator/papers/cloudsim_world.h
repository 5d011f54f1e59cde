// CloudSimWorld: a data centre under the rules of CloudSim 4.0's PlanetLab example (Beloglazov and Buyya 2012), to the printed
// digit, so that a policy can be measured beside that program's published rows.
//
// 800 hosts of two cores, ProLiant ML110 G4 (2 x 1860 MIPS) and G5 (2 x 2660) in turn, 4,096 MB each; power by SPECpower's tables,
// none while no VM uses the host. VMs of 2500, 2000, 1000 and 500 MIPS with 870, 1740, 1740 and 613 MB, by quarter of the list;
// their use of CPU is a trace of 288 samples, joined by straight lines. Time advances only at updates; between two of them
// allocation stands still. What is odd is CloudSim's: a VM without demand at an update is completed and removed; a VM that arrives
// gets a tenth of its demand while it is copied, one that leaves nine tenths; a copy takes memory over half the line; memory counts
// at boot only; the first and the last 300 seconds are not metered. Two of these can be turned off (CloudSimRules).
//
// CPU in MIPS, memory in MB, time in seconds, energy in joules. Deterministic; compiled without fused multiply-add, because a
// policy that reacts to the last digit drifts apart from the published rows. Thread safety: none.
#pragma once

#include <array>
#include <vector>

#include "base/index.h"
#include "model/power.h"
#include "papers/planetlab_trace.h"

namespace drover::papers {

inline constexpr int kHosts = 800;
inline constexpr double kHostMemory = 4096;
inline constexpr double kFrameSeconds = 300;

struct Rules {
  bool completes_idle_vms = true;  // a VM without demand at an update is gone for good
  bool memory_always = false;      // later moves honour memory too, at both ends
};

struct HostMove {
  int vm;
  int host;
};

// What CloudSim prints, and what it leaves out: overload alone and unserved demand.
struct Meters {
  double joules = 0;
  double active_seconds = 0;      // of hosts with load
  double violated_seconds = 0;    // in which a host gave less than was asked, moves included (SLATAH)
  double overloaded_seconds = 0;  // in which the VMs that run there asked for more than the host has
  double lost_by_moves = 0;       // MIPS-seconds that leaving VMs asked for and did not get (PDM)
  double asked = 0;               // MIPS-seconds
  double served = 0;

  [[nodiscard]] double kwh() const { return joules / 3.6e6; }
  [[nodiscard]] double slatah() const { return violated_seconds / active_seconds; }
  [[nodiscard]] double overload() const { return overloaded_seconds / active_seconds; }
  [[nodiscard]] double pdm() const { return lost_by_moves / asked; }
  [[nodiscard]] double slav() const { return slatah() * pdm(); }
  [[nodiscard]] double unserved() const { return (asked - served) / asked; }
};

class World {
 public:
  World(const UseTraces& traces, Rules rules);

  [[nodiscard]] int vm_count() const { return static_cast<int>(mips_.size()); }
  [[nodiscard]] const Rules& rules() const { return rules_; }
  [[nodiscard]] static double core(int host) { return host % 2 == 1 ? 2660 : 1860; }
  [[nodiscard]] static double capacity(int host) { return 2 * core(host); }
  [[nodiscard]] static const std::array<double, 11>& watts(int host);
  [[nodiscard]] static double power(int host, double utilization);

  [[nodiscard]] double mips(int vm) const { return mips_[index(vm)]; }
  [[nodiscard]] double memory(int vm) const { return memory_[index(vm)]; }
  [[nodiscard]] double copy_seconds(int vm) const;
  [[nodiscard]] double use(int vm, double time) const;                      // 0..1
  [[nodiscard]] double sample(int vm, int frame) const;                     // the trace's own figure, 0..1
  [[nodiscard]] double demand(int vm) const { return demand_[index(vm)]; }  // MIPS, at the newest update
  [[nodiscard]] int host_of(int vm) const { return host_of_[index(vm)]; }   // -1: completed
  [[nodiscard]] const std::vector<int>& vms_on(int host) const { return on_[index(host)]; }
  [[nodiscard]] double used(int host) const { return used_[index(host)]; }  // MIPS allocated at the newest update

  void boot(int vm, int host);
  void advance(double time);
  // Starts all of the moves at once and advances to the end of the longest copy.
  void carry_out(const std::vector<HostMove>& moves);

  [[nodiscard]] const Meters& meters() const { return meters_; }

 private:
  [[nodiscard]] bool arriving(int vm, int host) const;
  void allocate(int host);
  void meter_services(double seconds);
  void remove_completed();
  void finish(const HostMove& move);

  const UseTraces& traces_;
  Rules rules_;
  std::vector<double> mips_, memory_;
  std::vector<std::vector<int>> on_;        // VMs by host, arriving ones too, in order of arrival
  std::vector<std::vector<int>> arriving_;  // of those, the ones that are being copied to it
  std::vector<int> host_of_;
  std::vector<char> moving_;
  std::vector<double> demand_, asked_, served_;
  std::vector<char> degraded_;  // it was leaving at the newest update
  std::vector<double> used_, requested_;
  double now_ = 0;
  bool started_ = false;
  Meters meters_;
};

}  // namespace drover::papers
