// Instance and Plan: what the placement search is asked and what it answers.
//
// CPU in millicores, memory in MiB, both at most kLargest; nodes and VMs are named by their index. A node's capacity is what VMs
// may use of it; a VM fits when no sum exceeds it (energy paper, Capman's first component, with <= where the paper has <). A
// plan's moves are carried out one after the other: when a move starts its target must have room for the VM, which stays on its
// source, too, until it has arrived. The bound t counts distinct VMs moved against the current placement (the paper's second
// component).
//
// Values; thread safety as such.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace drover::placement {

struct Size {
  std::int64_t cpu = 0;
  std::int64_t memory = 0;
  std::int64_t places = 0;  // of those that a node has for VMs; 0 of every VM where nodes have enough of them

  Size& operator+=(const Size& other) {
    cpu += other.cpu;
    memory += other.memory;
    places += other.places;
    return *this;
  }
  Size& operator-=(const Size& other) {
    cpu -= other.cpu;
    memory -= other.memory;
    places -= other.places;
    return *this;
  }
  friend Size operator+(Size a, const Size& b) { return a += b; }
  friend Size operator-(Size a, const Size& b) { return a -= b; }
  friend bool operator==(const Size&, const Size&) = default;
  [[nodiscard]] bool fits(const Size& room) const { return cpu <= room.cpu && memory <= room.memory && places <= room.places; }
};

inline constexpr std::int64_t kLargest = 1'000'000'000'000;

struct Vm {
  Size size;
  int node = 0;
};

struct Instance {
  std::vector<Size> nodes;
  std::vector<Vm> vms;
  int most_moves = 0;  // t
};

struct Move {
  int vm = 0;
  int from = 0;
  int to = 0;

  friend bool operator==(const Move&, const Move&) = default;
};

struct Plan {
  int nodes_before = 0;  // with at least one VM
  int nodes_used = 0;    // after all moves
  int lower_bound = 0;   // no plan with at most t moves uses fewer
  std::vector<Move> moves;
  // Whether every node holds its VMs afterwards. Before, it may be overloaded: then the plan has the fewest changes found that cure
  // it, even more than t (the paper's second fallback).
  bool feasible = true;
};

// The same with each node's capacity cut down to what VMs can fill: sums of VMs are multiples of the sizes' greatest common
// divisor, so what is above the last multiple stays free whatever is placed. What fits where is as before.
[[nodiscard]] Instance without_unusable_room(Instance instance);

[[nodiscard]] int nodes_in_use(const Instance& instance);
[[nodiscard]] bool overloaded(const Instance& instance);

// What forbids the plan, in one sentence, or "": moves from where the VM isn't, to where there is no room, figures that are not so,
// more than t VMs moved without need.
[[nodiscard]] std::string problem_of(const Instance& instance, const Plan& plan);

}  // namespace drover::placement
