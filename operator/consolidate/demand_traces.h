// DemandTraces: what each VM wanted at the newest intervals, and what VMs together would have wanted (energy paper, section 3.1,
// the first component of Capman: the peak of the aggregate demand of several workloads, which is less than the sum of their peaks).
//
// A VM of a lower class of service counts with the share of its demand that must be served always (controlled overbooking); the
// highest class counts whole. For intervals before a VM was seen it counts with its own peak, and while it has been seen less than
// kEnough times with the most it can use. Pure. Thread safety: none.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "consolidate/pool.h"

namespace drover {

// Demand at the newest intervals, newest first.
using Trace = std::vector<Amounts>;

class DemandTraces {
 public:
  static constexpr std::size_t kKept = 288;  // a day of five-minute intervals
  static constexpr std::size_t kEnough = 12;

  // One interval more. VMs that are not in the pool are forgotten.
  void observe(const Pool& pool);
  [[nodiscard]] std::size_t length() const { return length_; }
  // It has been seen often enough for of() to tell what it wants.
  [[nodiscard]] bool knows(const PoolVm& vm) const;
  // `length()` amounts, at least one.
  [[nodiscard]] Trace of(const PoolVm& vm) const;

 private:
  std::map<std::string, Trace> seen_;  // by uid, oldest first
  std::size_t length_ = 1;
};

// The demand of several VMs together.
class Aggregate {
 public:
  explicit Aggregate(std::size_t length) : sum_(length) {}

  void add(const Trace& trace);
  void take(const Trace& trace);
  // Of each resource by itself.
  [[nodiscard]] Amounts peak() const;
  [[nodiscard]] Amounts peak_with(const Trace& trace) const;

 private:
  Trace sum_;
};

[[nodiscard]] Amounts peak_of(const Trace& trace);
[[nodiscard]] Amounts mean_of(const Trace& trace);

}  // namespace drover
