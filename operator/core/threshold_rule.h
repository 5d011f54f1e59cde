// The rule of Threshold policies: samples the signal, remembers since when each VM has been beyond the level, and proposes those
// that have been for long enough, wherever they press a node the least.
#pragma once

#include <map>
#include <optional>

#include "core/feasibility.h"
#include "core/rule.h"
#include "core/rules.h"
#include "core/threshold.h"

namespace drover {

class ThresholdRule final : public Rule {
 public:
  // Goes on from what the policy's status says of this generation, when the first sample has come.
  ThresholdRule(const ThresholdSettings& settings, const Policy& policy, const SignalOffer& offer, FirstSight first_sight);

  void ask(const Policy& policy, Look& look) override;
  bool hear(const Policy& policy, const SignalSampled& answer, Look& look) override;
  void propose(const Policy& policy, Look& look, Findings& found) override;
  void keep_on(const Policy& policy, const Look& look, std::map<std::string, std::string>& nodes) const override;
  void put_back(Duration by) override;
  [[nodiscard]] std::optional<SampleSignal> question(const Policy& policy) const override;
  [[nodiscard]] std::optional<SignalBar> why_barred() const override { return bar_; }
  [[nodiscard]] bool wants(const ObjectKey& vm, const Look& look) const override;
  [[nodiscard]] std::optional<std::string> first_answer(const Policy& policy, const ClusterView& view) const override;
  [[nodiscard]] RuleReport report(const Policy& policy, const ClusterView& view) const override;
  [[nodiscard]] Decision why_quiet(const ObjectKey& vm) const override;

 private:
  void assume_that_they_last();
  [[nodiscard]] std::string assumption() const;
  void advance_breaches(const Policy& policy, const SignalTable& table, Look& look);
  [[nodiscard]] Decision held_back(const Policy& policy, const Vm& vm, const Breach& breach, const Immovable* immovable,
                                   Look& look) const;

  ThresholdSettings settings_;
  std::optional<SignalBar> bar_;
  Signal asked_;  // what the policy's signal stands for
  FirstSight first_sight_;
  std::map<ObjectKey, Instant> remembered_;  // since when a VM is breached, as the status says; until the first sample
  Instant next_sample_{};
  EffectId sampling_ = 0;                 // the SampleSignal under way, 0: none
  bool sampled_ = false;                  // at least once
  std::optional<Error> error_;            // of the last sample
  std::map<ObjectKey, Breach> breaches_;  // of the VMs with a value in the last sample
};

}  // namespace drover
