#include "books/books.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <set>

namespace drover {
namespace {

constexpr Instant kStart{};

PowerModel plain() {
  PowerModel model;
  model.watts = PowerModel::table(PowerModel::Curve::Linear, 100, 200);
  model.standby_watts = 5;
  model.boot = seconds{100};
  model.boot_joules = 20000;
  model.shutdown = seconds{50};
  model.shutdown_joules = 4000;
  return model;
}

TEST(Books, AddUpWhatANodeDrawsInEachState) {
  Books books(kStart);
  books.add_node("n1", plain(), 10, kStart);
  books.add_vm({"vms", "a"});
  books.set_load(0, {{.vm = 0, .demand = 5, .served = 5}}, kStart);     // 150 W for 100 s
  books.set_load(0, {}, kStart + seconds{100});                         // 100 W for 100 s
  books.set_state(0, PowerState::ShuttingDown, kStart + seconds{200});  // 4000 J
  books.set_state(0, PowerState::Off, kStart + seconds{250});           // 5 W for 1000 s
  books.set_state(0, PowerState::Booting, kStart + seconds{1250});      // 20000 J
  books.set_state(0, PowerState::On, kStart + seconds{1350});           // 100 W for 50 s
  books.close(kStart + seconds{1400});
  const NodeBook& node = books.node(0);
  EXPECT_DOUBLE_EQ(node.on_joules, 15000 + 10000 + 5000);
  EXPECT_DOUBLE_EQ(node.shutdown_joules, 4000);
  EXPECT_DOUBLE_EQ(node.standby_joules, 5000);
  EXPECT_DOUBLE_EQ(node.boot_joules, 20000);
  EXPECT_EQ(node.starts, 1U);
  EXPECT_EQ(node.stops, 1U);
  // All on: 150 W for 100 s, else 100 W.
  EXPECT_DOUBLE_EQ(node.all_on_joules, 15000 + 130000);
  const Totals totals = books.totals();
  EXPECT_DOUBLE_EQ(totals.joules, 59000);
  EXPECT_DOUBLE_EQ(totals.saved_joules, 145000 - 59000);
  EXPECT_DOUBLE_EQ(totals.active_nodes_mean, 250.0 / 1400);
}

TEST(Books, ShareANodesEnergyByUseAndItsIdlePowerEqually) {
  Books books(kStart);
  books.add_node("n1", plain(), 10, kStart);
  books.add_vm({"vms", "a"});
  books.add_vm({"vms", "b"});
  books.set_load(0, {{.vm = 0, .demand = 6, .served = 6}, {.vm = 1, .demand = 2, .served = 2}}, kStart);  // 180 W
  books.close(kStart + seconds{10});
  EXPECT_DOUBLE_EQ(books.vm(0).joules, 500 + 600);
  EXPECT_DOUBLE_EQ(books.vm(1).joules, 500 + 200);
}

TEST(Books, CopiesCostEnergyThatAllOnWouldNotHaveCost) {
  Books books(kStart);
  books.add_node("n1", plain(), 10, kStart);
  books.add_vm({"vms", "a"});
  books.set_load(0, {{.vm = 0, .demand = 4, .served = 4, .copy = 1, .copied = true}}, kStart);  // 150 W, 140 W without
  books.close(kStart + seconds{100});
  EXPECT_DOUBLE_EQ(books.totals().saved_joules, -1000);
}

TEST(Books, KnowTheServiceLevelsOfBeloglazovAndBuyya) {
  Books books(kStart);
  books.add_node("busy", plain(), 4, kStart);
  books.add_node("calm", plain(), 4, kStart);
  books.add_vm({"vms", "a"});
  books.add_vm({"vms", "b"});
  books.set_load(0, {{.vm = 0, .demand = 5, .served = 4}}, kStart);
  books.set_load(1, {{.vm = 1, .demand = 2, .served = 2, .copied = true}}, kStart);
  books.set_load(0, {{.vm = 0, .demand = 2, .served = 2}}, kStart + seconds{25});
  books.set_load(1, {{.vm = 1, .demand = 2, .served = 2}}, kStart + seconds{50});
  books.close(kStart + seconds{100});
  const Totals totals = books.totals();
  EXPECT_DOUBLE_EQ(totals.slatah, (0.25 + 0) / 2);
  EXPECT_DOUBLE_EQ(totals.pdm, (0 + 0.1 * 100 / 200) / 2);
  EXPECT_DOUBLE_EQ(totals.slav, 0.125 * 0.025);
  EXPECT_DOUBLE_EQ(totals.esv, totals.kilowatt_hours() * totals.slav);
  EXPECT_NEAR(totals.unserved, 25.0 / (125 + 150 + 200), 1e-12);
}

TEST(Books, ADeadNodeDrawsNothingInEitherWorld) {
  Books books(kStart);
  books.add_node("n1", plain(), 10, kStart);
  books.set_state(0, PowerState::Dead, kStart);
  books.close(kStart + hours{1});
  EXPECT_EQ(books.totals().joules, 0);
  EXPECT_EQ(books.totals().all_on_joules, 0);
}

TEST(Books, KeepMovesAsTheyWereTold) {
  Books books(kStart);
  books.add_vm({"vms", "a"});
  books.note_move(0, seconds{10}, milliseconds{300});
  books.note_move(0, seconds{5}, milliseconds{200});
  EXPECT_EQ(books.vm(0).moves, 2U);
  EXPECT_DOUBLE_EQ(books.vm(0).migration_seconds, 15);
  EXPECT_DOUBLE_EQ(books.vm(0).downtime_seconds, 0.5);
}

// Looking more often changes nothing.
RC_GTEST_PROP(Books, AreTheSameHoweverOftenTheyAreClosed, ()) {
  const auto cuts = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 1000));
  Books once(kStart);
  Books often(kStart);
  for (Books* books : {&once, &often}) {
    books->add_node("n1", plain(), 10, kStart);
    books->add_vm({"vms", "a"});
    books->set_load(0, {{.vm = 0, .demand = 3, .served = 3}}, kStart);
  }
  for (int cut : std::set<int>(cuts.begin(), cuts.end())) often.close(kStart + seconds{cut});
  once.close(kStart + seconds{1000});
  often.close(kStart + seconds{1000});
  RC_ASSERT(std::abs(once.totals().joules - often.totals().joules) < 1e-6);
  RC_ASSERT(std::abs(once.vm(0).joules - often.vm(0).joules) < 1e-6);
}

}  // namespace
}  // namespace drover
