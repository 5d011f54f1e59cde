#include "app/suspend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "act/fake_kube_api.h"
#include "app/flags.h"
#include "support/manual_clock.h"

namespace drover::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

// A policy of each kind that acts, one that is suspended already, a node of each life that counts, and a move under way.
class Suspend : public testing::Test {
 protected:
  Suspend() {
    put_policy({"vms", "calm"}, false);
    put_policy({"vms", "off"}, true);
    put_policy({"", "pack"}, false);
    put_node("serves", "");
  }
  void put_policy(const ObjectKey& key, bool suspended) {
    Json policy = {{"metadata", {{"name", key.name}, {"uid", "uid-" + key.name}}},
                   {"spec", {{"type", "Geo"}, {"geo", Json::object()}, {"suspend", suspended}}}};
    if (!key.ns.empty()) policy["metadata"]["namespace"] = key.ns;
    api.put(key.ns.empty() ? resource::kClusterPolicies : resource::kPolicies, key, policy);
  }
  void put_node(const std::string& name, const std::string& life) {
    Json node = {{"metadata", {{"name", name}, {"annotations", Json::object()}}}};
    if (!life.empty()) node["metadata"]["annotations"]["drover.dev/node-life"] = life;
    api.put(resource::kNodes, {"", name}, node);
  }
  void put_move(const std::string& phase) {
    api.put(
        resource::kMigrations, {"vms", "m"},
        {{"metadata", {{"name", "m"}, {"namespace", "vms"}, {"uid", "m-1"}, {"labels", {{"drover.dev/policy-uid", "uid-calm"}}}}},
         {"spec", {{"vmiName", "db"}}},
         {"status", {{"phase", phase}}}});
  }
  int run(Duration wait = minutes{5}) {
    const auto pause = [this](Duration time) {
      clock.advance(time);
      ++pauses;
      if (meanwhile) meanwhile();
    };
    return suspend_all(
        {.api = api, .clock = clock, .pause = pause, .out = out, .err = err, .cluster = "https://10.0.0.1:6443 (context dev)"},
        wait);
  }
  [[nodiscard]] bool all_suspended() const {
    for (const auto& type : {resource::kPolicies, resource::kClusterPolicies}) {
      for (const Json& policy : api.objects(type)) {
        if (policy["spec"]["suspend"] != true) return false;
      }
    }
    return true;
  }

  FakeKubeApi api;
  ManualClock clock;
  std::ostringstream out;
  std::ostringstream err;
  std::function<void()> meanwhile;
  int pauses = 0;
};

TEST_F(Suspend, PutsEveryPolicyToRestAndNoMore) {
  EXPECT_EQ(run(), kExitDone);
  EXPECT_TRUE(all_suspended());
  EXPECT_EQ(api.objects(resource::kPolicies).at(0)["spec"]["type"], "Geo") << "the rest of the policy stays";
  EXPECT_EQ(api.count("apply"), 2U);
  EXPECT_EQ(pauses, 0);
  EXPECT_THAT(out.str(), HasSubstr("suspended MigrationPolicy vms/calm\n"));
  EXPECT_THAT(out.str(), HasSubstr("suspended ClusterMigrationPolicy pack\n"));
  EXPECT_EQ(run(), kExitDone) << "again";
  EXPECT_EQ(api.count("apply"), 2U);
}

TEST_F(Suspend, WaitsUntilNodesAreGivenBackAndMovesHaveEnded) {
  put_node("rests", "Empty");
  put_node("sick", "Quarantined");
  put_move("Running");
  meanwhile = [&] {
    if (pauses == 2) put_node("rests", "");
    if (pauses == 4) put_move("Succeeded");
  };
  EXPECT_EQ(run(), kExitDone);
  EXPECT_EQ(pauses, 4);
  EXPECT_THAT(out.str(), HasSubstr("node rests, which is Empty"));
  EXPECT_THAT(out.str(), HasSubstr("the move of VM vms/db (Running)"));
  EXPECT_THAT(out.str(), Not(HasSubstr("sick"))) << "it waits for a person";
}

TEST_F(Suspend, NamesWhatRemains) {
  put_node("rests", "Asleep");
  EXPECT_EQ(run(minutes{1}), kExitFailed);
  EXPECT_GE(pauses, 20);
  EXPECT_THAT(err.str(), HasSubstr("node rests, which is Asleep"));
  EXPECT_THAT(err.str(), HasSubstr("does a replica of it lead?"));
  EXPECT_TRUE(all_suspended());
}

TEST_F(Suspend, GoesOnWithTheOthersWhenOneCannotBeSuspended) {
  api.order(
      {.verb = "apply", .resource = "clustermigrationpolicies", .error = Error{ErrorClass::Denied, "no right"}, .done = false});
  EXPECT_EQ(run(seconds{0}), kExitFailed);
  EXPECT_THAT(err.str(), HasSubstr("ClusterMigrationPolicy pack is not suspended"));
  EXPECT_THAT(err.str(), HasSubstr("ClusterMigrationPolicy pack, which is not suspended"));
  EXPECT_THAT(out.str(), HasSubstr("suspended MigrationPolicy vms/calm"));
}

TEST_F(Suspend, WhatCannotBeListedRemains) {
  api.order({.verb = "list", .resource = "nodes", .error = Error{ErrorClass::Denied, "no right"}, .done = false});
  EXPECT_EQ(run(seconds{0}), kExitFailed);
  EXPECT_THAT(err.str(), HasSubstr("nodes, which cannot be listed"));
  EXPECT_TRUE(all_suspended());
}

TEST_F(Suspend, SaysWhichServerDoesNotAnswerAndGoesOnWhenItDoes) {
  const Error silence{ErrorClass::Retryable, "connection refused"};
  for (int i = 0; i < 6; ++i) {
    for (const char* kind : {"clustermigrationpolicies", "migrationpolicies"})
      api.order({.verb = "list", .resource = kind, .error = silence, .done = false});
  }
  EXPECT_EQ(run(seconds{0}), kExitFailed);
  EXPECT_THAT(err.str(),
              HasSubstr("an answer of the API server at https://10.0.0.1:6443 (context dev): connection refused; is it up"));
  EXPECT_THAT(err.str(), HasSubstr("--context"));
  EXPECT_THAT(err.str(), Not(HasSubstr("cannot be listed")));
  EXPECT_EQ(api.count("apply"), 0U);
  EXPECT_EQ(run(), kExitDone) << "what is not answered at first is suspended as soon as it is";
  EXPECT_GE(pauses, 1);
  EXPECT_TRUE(all_suspended());
}

}  // namespace
}  // namespace drover::test
