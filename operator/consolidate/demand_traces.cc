#include "consolidate/demand_traces.h"

#include <algorithm>
#include <utility>

namespace drover {
namespace {

Amounts larger(const Amounts& a, const Amounts& b) {
  return {.cpu = std::max(a.cpu, b.cpu), .memory = std::max(a.memory, b.memory)};
}

Amounts scaled(const Amounts& amounts, double factor) {
  return {.cpu = amounts.cpu * factor, .memory = amounts.memory * factor};
}

}  // namespace

void DemandTraces::observe(const Pool& pool) {
  std::map<std::string, Trace> seen;
  length_ = 1;
  for (const auto& vm : pool.vms) {
    Trace& trace = seen[vm.uid];
    if (const auto before = seen_.find(vm.uid); before != seen_.end()) trace = std::move(before->second);
    if (vm.measured) trace.push_back(vm.demand);
    if (trace.size() > kKept) trace.erase(trace.begin());
    length_ = std::max(length_, trace.size());
  }
  seen_ = std::move(seen);
}

bool DemandTraces::knows(const PoolVm& vm) const {
  const auto found = seen_.find(vm.uid);
  return found != seen_.end() && found->second.size() >= kEnough;
}

Trace DemandTraces::of(const PoolVm& vm) const {
  const auto found = seen_.find(vm.uid);
  Trace trace;
  if (found != seen_.end()) trace.assign(found->second.rbegin(), found->second.rend());
  const Amounts before = trace.size() < kEnough ? vm.most : peak_of(trace);
  if (trace.size() < kEnough) trace.clear();
  trace.resize(length_, before);
  return trace;
}

void Aggregate::add(const Trace& trace) {
  for (std::size_t i = 0; i < sum_.size(); ++i) sum_[i] += trace[i];
}

void Aggregate::take(const Trace& trace) {
  for (std::size_t i = 0; i < sum_.size(); ++i) sum_[i] -= trace[i];
}

Amounts Aggregate::peak() const {
  return peak_of(sum_);
}

Amounts Aggregate::peak_with(const Trace& trace) const {
  Amounts peak;
  for (std::size_t i = 0; i < sum_.size(); ++i) peak = larger(peak, sum_[i] + trace[i]);
  return peak;
}

Amounts peak_of(const Trace& trace) {
  Amounts peak;
  for (const auto& amounts : trace) peak = larger(peak, amounts);
  return peak;
}

Amounts mean_of(const Trace& trace) {
  Amounts sum;
  for (const auto& amounts : trace) sum += amounts;
  return trace.empty() ? sum : scaled(sum, 1 / static_cast<double>(trace.size()));
}

}  // namespace drover
