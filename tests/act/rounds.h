// Rounds for those who carry effects out: on a small world, of a strategy that does what the test says.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "core/round.h"
#include "core/world.h"

namespace drover::test {

class Scripted final : public Strategy {
 public:
  explicit Scripted(std::function<void()> meanwhile) : meanwhile_(std::move(meanwhile)) {}
  Advice advise(const Pool& /*pool*/) override {
    meanwhile_();
    return {.orders = {}, .moves = {}, .notes = {"it was held"}};
  }
  int place(const Pool& /*pool*/, int /*vm*/) override { return -1; }

 private:
  std::function<void()> meanwhile_;
};

inline HoldRound round_of(std::function<void()> meanwhile, const std::string& policy = "pack") {
  World world;
  world.add_node("n1");
  world.add_vm("a", "n1");
  world.add_policy(policy, [](Policy& p) { p.spec.settings = ConsolidationSettings{}; });
  return {.policy = world.view.policies.begin()->second->ref,
          .question = std::make_shared<RoundQuestion>(RoundQuestion{.view = FrozenView(world.view),
                                                                    .settings = {},
                                                                    .lives = {},
                                                                    .use = std::make_shared<const UseTable>(),
                                                                    .options = {},
                                                                    .plan = {},
                                                                    .moves = {},
                                                                    .refusals = {},
                                                                    .kept_on = {},
                                                                    .asked = world.now,
                                                                    .strategy = std::make_shared<Scripted>(std::move(meanwhile))})};
}

}  // namespace drover::test
