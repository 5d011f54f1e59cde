// The rule of Consolidation policies: asks for a round at each interval (core/round.h), one at a time; what it advises stands until
// the next one has been held. Its moves go to the nodes that were named, and its nodes through their lives, one step after another.
// Beside the rounds it brings nodes back for pods that wait for one; the strategy is not shown these.
//
// What is decided while a round is held goes before what comes of it: the answer is dropped when the policy has changed, may not
// act, or is another process's to lead, and of its orders those for nodes that are not what they were, or are held by now.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/foresight.h"
#include "core/make_room.h"
#include "core/round.h"
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
  [[nodiscard]] bool take_up(const Policy& policy, const RoundHeld& answer) override;
  void rest() override {
    round_ = {};
    arrivals_ = {};
    ahead_ = {};
  }
  void put_back(Duration by) override;
  [[nodiscard]] bool wants(const ObjectKey& vm, const Look& look) const override;
  [[nodiscard]] bool leads_nodes() const override { return true; }
  [[nodiscard]] std::optional<std::string> first_answer(const Policy& policy, const ClusterView& view) const override;
  [[nodiscard]] RuleReport report(const Policy& policy, const ClusterView& view) const override;
  [[nodiscard]] Decision why_quiet(const ObjectKey& vm) const override;

 private:
  // The last one, with the strategy that remembers those before it.
  struct Round {
    std::shared_ptr<Strategy> strategy;   // null: it is lent to the round that is being held, or none was yet
    std::shared_ptr<RoundMemory> memory;  // lent with it
    EffectId being_held = 0;              // the question, 0: none
    Instant asked{};                      // when it was put
    Instant check{};                      // while it is being held: when it is looked next whether figures still tell anything
    bool overdue = false;                 // it has been held for longer than anything should take
    std::optional<RoundHeld> answer;      // that has come, and is taken up at the next look
    Instant held{};                       // the last one whose outcome stands, zero: none; when it was asked for
    Instant next{};
    std::string blind;   // why no round can be held, or ""
    Instant welcomed{};  // when it was last looked who waits for a node
    std::vector<WantedMove> wanted;
    StandingOrders orders;
    std::vector<std::string> notes;
    std::map<std::string, std::string> held_up;  // node -> why its order is not carried out now
  };

  [[nodiscard]] std::string why_blind(Look& look) const;
  void watch_round(Look& look);
  void forget_advice(const Look& look);
  void welcome(const Policy& policy, Look& look);
  void look_ahead(const Policy& policy, Look& look);
  [[nodiscard]] std::string what_is_foreseen() const;
  void ask_for_round(const Policy& policy, Look& look);
  void take_up_answer(const Policy& policy, Look& look);
  void take_up(const RoundOutcome& outcome, const Policy& policy, Look& look);
  void take_turns(const Policy& policy, Look& look, std::vector<LifeStep>& steps) const;
  void propose_for_wishes(const Policy& policy, Look& look, Findings& found) const;
  [[nodiscard]] bool waits_for_its_node(const Policy& policy, const WantedMove& move, const ClusterView& view) const;

  ConsolidationSettings settings_;
  StrategyMaker strategies_;
  Round round_;
  Arrivals arrivals_;
  struct Ahead {
    Instant looked{};  // zero: never
    Foreseen foreseen;
    std::optional<Instant> learns_since;
  } ahead_;
  std::map<std::string, Instant> uncordoned_;  // node -> when a person uncordoned it while it rested
  std::vector<std::string> hands_;             // what others decided about nodes, a sentence each, as of the last look
};

}  // namespace drover
