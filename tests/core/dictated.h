// A cluster of four nodes under one Consolidation policy, whose strategy says what the test dictates.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness.h"

namespace drover::test {

// What the next rounds advise, by name; and the pools that were shown.
struct Script {
  std::vector<std::pair<std::string, NodeOrder::Act>> orders;
  std::vector<std::pair<std::string, std::string>> moves;
  std::vector<std::pair<std::string, std::string>> moves_of_next;  // round, or policy
  bool relief = false;
  std::vector<Pool> pools;
  std::function<void(const Pool&)> meanwhile = [](const Pool&) {};  // while it is shown
  bool first_may_go_to_second = false;                              // VM and node; the pool can be asked only while it is shown
};
inline Script script;

class Dictated final : public Strategy {
 public:
  Advice advise(const Pool& pool) override {
    script.pools.push_back(pool);
    script.first_may_go_to_second = pool.allows(0, 1);
    script.meanwhile(pool);
    Advice advice;
    for (const auto& [node, act] : script.orders) advice.orders.push_back({index(pool, node), act, "the test says so"});
    for (const auto& [name, target] : script.moves) {
      for (std::size_t i = 0; i < pool.vms.size(); ++i) {
        if (pool.vms[i].key == key_of(name))
          advice.moves.push_back({static_cast<int>(i), index(pool, target), script.relief, "to pack"});
      }
    }
    if (!script.moves_of_next.empty()) script.moves = std::move(script.moves_of_next);
    return advice;
  }
  int place(const Pool&, int) override { return -1; }

 private:
  static int index(const Pool& pool, const std::string& node) {
    for (std::size_t i = 0; i < pool.nodes.size(); ++i) {
      if (pool.nodes[i].name == node) return static_cast<int>(i);
    }
    return -1;
  }
};

class Consolidation : public ::testing::Test {
 protected:
  explicit Consolidation(const CoreOptions& with = {})
      : h(with,
          usual_rules([](const ConsolidationSettings&) -> std::unique_ptr<Strategy> { return std::make_unique<Dictated>(); })) {
    script = {};
    for (const char* node : {"n1", "n2", "n3", "n4"}) h.world.add_node(node);
    driver(PowerDriverKind::Redfish);
    h.world.add_vm("a", "n1");
    h.world.add_vm("b", "n2");
    for (const char* vm : {"a", "b"}) h.uses(vm, 1);
    h.world.add_policy("/pack", [](Policy& p) {
      p.ref.key = {"", "pack"};
      ConsolidationSettings settings;
      settings.interval = minutes{1};
      settings.power_down = {.enabled = true, .after = minutes{2}};
      p.spec.settings = settings;
    });
  }

  // The one PowerProfile, which is every node's, names this driver.
  void driver(PowerDriverKind kind) {
    profile([kind](PowerProfile& p) { p.driver = kind; });
  }
  // A cycle of which pays after twenty seconds.
  void profile(const std::function<void(PowerProfile&)>& edit) {
    PowerProfile profile{.name = "rack", .driver = PowerDriverKind::Redfish};
    profile.model.boot = profile.model.shutdown = seconds{10};
    profile.model.boot_joules = profile.model.shutdown_joules = 500;
    edit(profile);
    h.world.view.power_profiles[{"", "rack"}] = std::make_shared<const PowerProfile>(std::move(profile));
  }
  void settings(const std::function<void(ConsolidationSettings&)>& edit) {
    h.world.change_policy("/pack", [&](Policy& p) {
      edit(std::get<ConsolidationSettings>(p.spec.settings));
      ++p.generation;
    });
  }
  // What keeps the standing orders from being carried out.
  [[nodiscard]] std::string held_up() const {
    std::string text;
    for (const OrderReport& order : h.round().orders) text += order.node + ": " + order.held_up + "\n";
    return text;
  }
  [[nodiscard]] NodeLife life(const std::string& node) const { return h.world.node_ref(node).marks.life; }
  // The machine goes off, or has booted: its driver says so when it is asked.
  void power(const std::string& node, bool on) {
    h.powered.insert_or_assign(node, on ? Powered::On : Powered::Off);
    h.world.change_node(node, [&](Node& n) {
      n.ready = on;
      n.lost = !on;
    });
    h.step(ViewChanged{});
  }

  Harness h;
};

}  // namespace drover::test
