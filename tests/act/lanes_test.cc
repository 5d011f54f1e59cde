#include "act/lanes.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

Effect creating(EffectId id, const std::string& vm) {
  return {id, CreateMigration{.vm = {"vms", vm}}};
}
Effect cancel(EffectId id, const std::string& vm) {
  return {id, CancelMigration{.vm = {"vms", vm}}};
}
Effect mark(EffectId id, const std::string& node) {
  return {id, MarkNode{.node = node}};
}

// The ids that may be carried out now, "1 2"; they are.
std::string take_all(Lanes& lanes, Crew crew) {
  std::string ids;
  while (const auto effect = lanes.take(crew)) ids += (ids.empty() ? "" : " ") + std::to_string(effect->id);
  return ids;
}

TEST(Lanes, OneVmsCreatesAndCancelsAreCarriedOutOneAfterTheOther) {
  Lanes lanes;
  for (const Effect& effect : {creating(1, "a"), cancel(2, "a"), creating(3, "b"), creating(4, "a")}) lanes.add(effect);
  EXPECT_EQ(take_all(lanes, Crew::Movers), "1 3") << "what waits for its own VM holds no other up";
  lanes.done(creating(3, "b").body);
  EXPECT_EQ(take_all(lanes, Crew::Movers), "");
  lanes.done(creating(1, "a").body);
  EXPECT_EQ(take_all(lanes, Crew::Movers), "2") << "in the order of dispatch";
  lanes.done(cancel(2, "a").body);
  EXPECT_EQ(take_all(lanes, Crew::Movers), "4");
}

TEST(Lanes, MarksOfANodeAreInOrderAndANodeIsNoVmOfItsName) {
  Lanes lanes;
  for (const Effect& effect : {mark(1, "a"), mark(2, "a"), mark(3, "b"), creating(4, "a")}) lanes.add(effect);
  EXPECT_EQ(take_all(lanes, Crew::Movers), "1 3 4");
}

TEST(Lanes, StatusesAndNewsOfAllPoliciesAreOneRow) {
  Lanes lanes;
  lanes.add({1, Announce{.vm = {"vms", "a"}}});
  lanes.add({2, WriteStatus{.policy = {{"", "p"}, "p"}}});
  lanes.add({3, Announce{.vm = {"vms", "b"}}});
  EXPECT_EQ(take_all(lanes, Crew::Tellers), "1");
  lanes.done(Announce{});
  EXPECT_EQ(take_all(lanes, Crew::Tellers), "2");
  lanes.done(WriteStatus{});
  EXPECT_EQ(take_all(lanes, Crew::Tellers), "3");
}

TEST(Lanes, OnePolicysRoundsAreHeldOneAfterAnother) {
  Lanes lanes({.workers = {1, 1, 1, 1, 2}});
  const auto round = [](EffectId id, const std::string& policy) {
    return Effect{id, HoldRound{.policy = {{"", policy}, policy}, .question = {}}};
  };
  for (const Effect& effect : {round(1, "a"), round(2, "a"), round(3, "b")}) lanes.add(effect);
  EXPECT_EQ(take_all(lanes, Crew::Planners), "1 3");
  lanes.done(round(1, "a").body);
  EXPECT_EQ(take_all(lanes, Crew::Planners), "2");
}

TEST(Lanes, SamplesRunBesideEachOther) {
  Lanes lanes;
  for (EffectId id = 1; id <= 3; ++id) lanes.add({id, SampleUse{}});
  EXPECT_EQ(take_all(lanes, Crew::Samplers), "1 2 3");
  EXPECT_EQ(lanes.running(), 3);
}

// An owner whose queries take long waits for them alone.
TEST(Lanes, TheSignalsOfOneTenantAreSampledOneByOneBesideEverybodyElses) {
  const auto signal = [](EffectId id, const std::string& ns, const std::string& name) {
    return Effect{id, SampleSignal{.policy = {{ns, name}, "uid-" + name}, .signal = {}}};
  };
  Lanes lanes;
  for (const Effect& effect :
       {signal(1, "a", "x"), signal(2, "a", "y"), signal(3, "b", "z"), signal(4, "", "c"), signal(5, "", "d")})
    lanes.add(effect);
  EXPECT_EQ(take_all(lanes, Crew::Samplers), "1 3 4 5");
  lanes.done(signal(1, "a", "x").body);
  EXPECT_EQ(take_all(lanes, Crew::Samplers), "2");
}

TEST(Lanes, OneNodesPowerIsAskedAndSwitchedInOrderAndHoldsUpNoMark) {
  Lanes lanes;
  lanes.add({1, SamplePower{.node = "a"}});
  lanes.add({2, SwitchPower{.node = "a"}});
  lanes.add({3, SamplePower{.node = "b"}});
  for (const Effect& effect : {mark(4, "a"), creating(5, "a")}) lanes.add(effect);
  EXPECT_EQ(take_all(lanes, Crew::Switchers), "1 3");
  EXPECT_EQ(take_all(lanes, Crew::Movers), "4 5");
  lanes.done(SamplePower{.node = "a"});
  EXPECT_EQ(take_all(lanes, Crew::Switchers), "2");
}

TEST(Lanes, NoMoreRunThanACrewHasWorkersAndOtherCrewsAreNotHeldUp) {
  Lanes lanes({.workers = {2, 1, 1, 1}, .places = 3});
  for (EffectId id = 1; id <= 3; ++id) lanes.add(creating(id, "vm-" + std::to_string(id)));
  lanes.add({4, SampleUse{}});
  EXPECT_EQ(take_all(lanes, Crew::Movers), "1 2");
  EXPECT_EQ(take_all(lanes, Crew::Samplers), "4");
  lanes.done(creating(2, "vm-2").body);
  EXPECT_EQ(take_all(lanes, Crew::Movers), "3");
}

TEST(Lanes, ACrewHasPlacesForSoManyThatWait) {
  Lanes lanes({.workers = {1, 1, 1, 1}, .places = 2});
  for (EffectId id = 1; id <= 2; ++id) lanes.add(creating(id, "a"));
  EXPECT_FALSE(lanes.has_room(creating(3, "a").body));
  EXPECT_TRUE(lanes.has_room(SampleUse{}));
  EXPECT_EQ(take_all(lanes, Crew::Movers), "1");
  EXPECT_TRUE(lanes.has_room(creating(3, "a").body)) << "what runs does not wait";
}

}  // namespace
}  // namespace drover
