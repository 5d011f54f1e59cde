#include "torture_cases/shrink.h"

namespace drover::torture {
namespace {

// The cases that are one trim smaller, the greatest steps first.
std::vector<Trims> smaller(const Case& drawn) {
  std::vector<Trims> found;
  const auto add = [&](const auto& edit) {
    Trims trims = drawn.trims;
    edit(trims);
    if (trims != drawn.trims) found.push_back(std::move(trims));
  };
  if (drawn.dials.size() > 1) {
    add([&](Trims& t) { t.without.insert(drawn.dials.begin(), drawn.dials.end()); });
    const auto middle = drawn.dials.begin() + static_cast<std::ptrdiff_t>(drawn.dials.size() / 2);
    add([&](Trims& t) { t.without.insert(drawn.dials.begin(), middle); });
    add([&](Trims& t) { t.without.insert(middle, drawn.dials.end()); });
  }
  for (const std::string& dial : drawn.dials) add([&](Trims& t) { t.without.insert(dial); });
  for (const Deed& deed : drawn.deeds) add([&](Trims& t) { t.without.insert(deed.name); });
  if (drawn.options.policies.size() > 1) {
    for (const Policy& policy : drawn.options.policies) {
      add([&](Trims& t) { t.without.insert("policy " + drover::to_string(policy.ref.key)); });
    }
  }
  std::size_t nodes = 0;
  for (const auto& group : drawn.scenario.nodes) nodes += group.count;
  std::size_t vms = 0;
  for (const auto& group : drawn.scenario.vms) vms = std::max({vms, group.count, group.arrives_at.size()});
  const auto hours_busy = static_cast<int>(std::chrono::floor<hours>(drawn.phases.calm - drawn.scenario.start).count());
  for (const std::size_t less : {nodes / 2, nodes - 1}) {
    if (less >= 1 && less < nodes) add([&](Trims& t) { t.nodes = less; });
  }
  for (const std::size_t less : {vms / 2, vms - 1}) {
    if (less >= 1 && less < vms) add([&](Trims& t) { t.vms = less; });
  }
  if (hours_busy > 1) add([&](Trims& t) { t.busy_hours = hours_busy - 1; });
  return found;
}

}  // namespace

Shrunk shrink(const Case& failing, const Complaint& complaint, int most_runs) {
  Shrunk best{failing, complaint, 0};
  for (bool better = true; better;) {
    better = false;
    for (const Trims& trims : smaller(best.drawn)) {
      if (best.runs >= most_runs) return best;
      ++best.runs;
      Case tried = draw_case(failing.seed, trims);
      const Verdict verdict = judge(tried, complaint.oracle);
      if (!verdict.complaint || verdict.complaint->oracle != complaint.oracle) continue;
      best.drawn = std::move(tried);
      best.complaint = *verdict.complaint;
      better = true;
      break;
    }
  }
  return best;
}

}  // namespace drover::torture
