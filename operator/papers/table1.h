// Table 1 of "Energy Efficient Security Preserving VM Live Migration In Data Centers For Cloud Computing" (Korir, Ren, Cheruiyot),
// as a world in which any Strategy can be tried. The paper leaves the power model, the sizes of the VMs, their work and the frame
// out; these are the ones of Beloglazov and Buyya (CCGrid 2010, FGCS 28(5) 2012 section 6), whose figures its rows repeat.
//
// 100 hosts of one core with 1000, 2000 or 3000 MIPS and 8 GB; 290 VMs of 250, 500, 750 or 1000 MIPS and 128 MB, each with 150,000
// million instructions to do. In each frame of 5 s a VM wants a share of its MIPS drawn evenly from 0..1, the same in every run of
// a seed whatever the strategy does. A host serves what is wanted up to its MIPS, and beyond that each VM the same share of it;
// what a VM does not get is lost, like a request that nobody answers, unless the setup says otherwise. A host draws 175 W + 75 W
// times its use, and nothing while no VM is on it; switching and moving cost neither time nor energy. A strategy decides between
// two frames and knows what was wanted in the frame before.
//
// The 290 VMs fill nine tenths of the hosts. One for which no host has room by the MIPS it may use is deployed on the host with the
// most left.
//
// Pure but for the strategy. Units: MIPS, seconds, kWh. Thread safety: none.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "consolidate/pool.h"
#include "consolidate/strategy.h"

namespace drover::papers {

struct Table1Setup {
  std::uint64_t seed = 1;
  int hosts = 100;
  int vms = 290;
  Duration frame = seconds{5};
  double work = 150'000;           // million instructions of each VM
  bool always_full_power = false;  // NPA: every host draws its maximum until the last VM has ended
  bool makes_up = false;           // what a VM did not get it does later, and so ends later
  bool strategy_places = false;    // the VMs are deployed by Strategy::place, instead of first fit by the MIPS they may use
};

struct Table1Result {
  double energy_kwh = 0;
  int frames = 0;
  int migrations = 0;
  double undelivered = 0;  // share of all MIPS wanted that was not delivered: the paper's column SLA
  double violations = 0;   // share of the VMs' frames in which a VM got less than it wanted
  double served_then = 1;  // what was served of what was wanted in those frames
  double mean_hosts = 0;   // that had a VM on them
  double floor_kwh = 0;    // no strategy needs less: all that was wanted on full hosts of 3000 MIPS, as if VMs could be divided
  int wakes = 0;
  int refused = 0;  // moves that were not made because the target was not active; 0 for a sound strategy
};

// A null strategy leaves every VM where it was deployed.
[[nodiscard]] Table1Result run_table1(const Table1Setup& setup, Strategy* strategy);

}  // namespace drover::papers
