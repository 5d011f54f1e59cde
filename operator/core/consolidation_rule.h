// The rule of Consolidation policies: asks its strategy once a round; the advice stands until the next round. Its moves go to the
// nodes that were named, and its nodes through their lives, one step after another. Beside the rounds it brings nodes back for pods
// that wait for one; the strategy is not shown these.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/make_room.h"
#include "core/rule.h"
#include "core/rules.h"

namespace drover {

class ConsolidationRule final : public Rule {
 public:
  ConsolidationRule(ConsolidationSettings settings, StrategyMaker strategies)
      : settings_(std::move(settings)), strategies_(strategies) {}

  void prepare(const Policy& policy, Look& look) override;
  [[nodiscard]] std::vector<LifeStep> lead_nodes(const Policy& policy, Look& look) override;
  void propose(const Policy& policy, Look& look, Findings& found) override;
  void rest() override {
    round_ = {};
    arrivals_ = {};
  }
  void put_back(Duration by) override;
  [[nodiscard]] bool wants(const ObjectKey& vm, const Look& look) const override;
  [[nodiscard]] bool leads_nodes() const override { return true; }
  [[nodiscard]] std::optional<std::string> first_answer(const Policy& policy, const ClusterView& view) const override;
  [[nodiscard]] RuleReport report() const override;
  [[nodiscard]] Decision why_quiet(const ObjectKey& vm) const override;

 private:
  // What the strategy wants, by name, so that it outlives the pool it was formed on.
  struct WantedMove {
    ObjectKey vm;
    std::string vm_uid;
    std::string source;
    std::string target;
    bool relief = false;
    std::string reason;
    std::set<ObjectKey> company;  // VMs that may be on the target by then, if all goes as advised
  };
  // The last one, with the strategy that remembers those before it.
  struct Round {
    std::unique_ptr<Strategy> strategy;
    Instant held{};
    Instant next{};
    std::string blind;   // why no round can be held, or ""
    Instant welcomed{};  // when it was last looked who waits for a node
    std::vector<WantedMove> wanted;
    StandingOrders orders;
    std::vector<std::string> notes;
    std::map<std::string, std::string> held_up;  // node -> why its order is not carried out now
  };

  [[nodiscard]] std::string why_blind(Look& look) const;
  void wait_for_figures(const Look& look);
  void welcome(const Policy& policy, Look& look);
  void hold_round(const Policy& policy, Look& look);
  void take_turns(const Policy& policy, Look& look, std::vector<LifeStep>& steps) const;
  static void add_company(std::vector<WantedMove>& wanted, const Pool& pool, Look& look);
  [[nodiscard]] bool waits_for_its_node(const Policy& policy, const WantedMove& move, const ClusterView& view) const;

  ConsolidationSettings settings_;
  StrategyMaker strategies_;
  Round round_;
  Arrivals arrivals_;
  std::map<std::string, Instant> uncordoned_;  // node -> when a person uncordoned it while it rested
  std::vector<std::string> hands_;             // what others decided about nodes, a sentence each, as of the last look
};

}  // namespace drover
