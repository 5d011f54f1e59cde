#include "act/perform.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/fake_kube_api.h"
#include "act/fakes.h"
#include "support/manual_clock.h"

namespace drover {
namespace {

using test::FakeKubeApi;
using testing::ElementsAre;
using testing::HasSubstr;
using Json = nlohmann::json;

const ObjectKey kVm{"vms", "db-0"};
const Error kLost{ErrorClass::UnknownOutcome, "the answer was lost"};
const Error kDown{ErrorClass::Retryable, "connection refused"};

class Perform : public testing::Test {
 protected:
  Perform() {
    means.boundary = [this](std::string_view) { ++boundaries; };
    put_vm([](Json&) {});
  }

  template <typename Change>
  void put_vm(Change change) {
    Json vm = {{"apiVersion", "kubevirt.io/v1"},
               {"kind", "VirtualMachineInstance"},
               {"metadata", {{"uid", "vm-1"}, {"creationTimestamp", "2026-01-01T00:00:00Z"}}},
               {"spec", {{"domain", Json::object()}}},
               {"status", {{"phase", "Running"}, {"nodeName", "n1"}}}};
    change(vm);
    api.put(resource::kVmis, kVm, vm);
  }
  static CreateMigration create() {
    return {.policy = {{"vms", "p"}, "policy-1"},
            .name = "drover-abc",
            .vm = kVm,
            .vm_uid = "vm-1",
            .source = "n1",
            .target = "n2",
            .target_host = "n2.example",
            .reason = "it is crowded",
            .unschedulable_timeout = seconds{20},
            .pending_timeout = seconds{30}};
  }
  static CancelMigration cancel() { return {.migration = {"vms", "drover-abc"}, .uid = "m-1", .vm = kVm, .reason = "it hangs"}; }
  static Announce announce() {
    return {.vm = kVm, .vm_uid = "vm-1", .news = News::MigrationStarted, .note = "Moving", .id_text = "m-1"};
  }
  void put_migration(const std::string& policy_uid, const std::string& target, const std::string& uid = "m-1") {
    api.put(resource::kMigrations, {"vms", "drover-abc"},
            {{"metadata",
              {{"uid", uid},
               {"creationTimestamp", "2026-01-01T00:00:00Z"},
               {"labels", {{"drover.dev/policy-uid", policy_uid}}},
               {"annotations", {{"drover.dev/target-node", target}}}}},
             {"spec", {{"vmiName", "db-0"}}}});
  }
  template <typename Effect>
  Result<std::string> run(const Effect& effect) {
    return test::perform(means, effect, stop.get_token(), [this](Duration pause) {
      clock.advance(pause);
      ++waits;
    });
  }

  FakeKubeApi api;
  test::FakeMetrics metrics;
  test::ManualClock clock;
  std::stop_source stop;
  int waits = 0;
  int boundaries = 0;
  Means means{.api = api, .metrics = metrics, .clock = clock};
};

using CreatingAMigration = Perform;
using CancellingAMigration = Perform;
using WritingAStatus = Perform;
using TellingNews = Perform;

TEST_F(CreatingAMigration, LooksAtTheVmAndThenCreates) {
  const auto outcome = run(create());
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_THAT(api.calls(),
              ElementsAre("get virtualmachineinstances vms/db-0", "create virtualmachineinstancemigrations vms/drover-abc"));
  const auto made = api.objects(resource::kMigrations).at(0);
  EXPECT_EQ(made["metadata"]["uid"], *outcome);
  EXPECT_EQ(made["spec"]["vmiName"], "db-0");
  EXPECT_EQ(made["metadata"]["labels"]["drover.dev/policy-uid"], "policy-1");
  EXPECT_EQ(made["metadata"]["annotations"]["drover.dev/target-node"], "n2");
  EXPECT_EQ(made["metadata"]["annotations"]["drover.dev/reason"], "it is crowded");
  EXPECT_EQ(made["metadata"]["annotations"]["kubevirt.io/migrationPendingPodTimeoutSeconds"], "30");
  EXPECT_EQ(made["spec"]["addedNodeSelector"]["kubernetes.io/hostname"], "n2.example");
  EXPECT_EQ(boundaries, 2);
}

TEST_F(CreatingAMigration, IsAConflictWhenTheVmIsNotAsTheDecisionSawIt) {
  const std::vector<std::pair<std::string, std::function<void(Json&)>>> changes = {
      {"replaced", [](Json& vm) { vm["metadata"]["uid"] = "vm-2"; }},
      {"on node n3", [](Json& vm) { vm["status"]["nodeName"] = "n3"; }},
      {"no longer runs", [](Json& vm) { vm["status"]["phase"] = "Succeeded"; }},
      {"being deleted", [](Json& vm) { vm["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"; }},
      {"being evacuated", [](Json& vm) { vm["status"]["evacuationNodeName"] = "n1"; }}};
  for (const auto& [words, change] : changes) {
    put_vm(change);
    const auto outcome = run(create());
    ASSERT_FALSE(outcome.has_value()) << words;
    EXPECT_EQ(outcome.error().cls, ErrorClass::Conflict) << words;
    EXPECT_THAT(outcome.error().message, HasSubstr(words));
  }
  api.drop(resource::kVmis, kVm);
  EXPECT_EQ(run(create()).error().cls, ErrorClass::Conflict);
  EXPECT_EQ(api.count("create"), 0U);
  EXPECT_EQ(boundaries, 0);
}

TEST_F(CreatingAMigration, TakesAMigrationOfThatNameForItsOwnOnlyWhenItIsTheSameMove) {
  put_migration("policy-1", "n2");
  EXPECT_EQ(run(create()).value_or("?"), "m-1");
  put_migration("policy-2", "n2");
  EXPECT_EQ(run(create()).error().cls, ErrorClass::Conflict);
  put_migration("policy-1", "n3");
  EXPECT_EQ(run(create()).error().cls, ErrorClass::Conflict);
}

TEST_F(CreatingAMigration, ReadsUntilItKnowsAfterALostAnswer) {
  api.order({"create", "", kLost, true});
  api.order({"get", "virtualmachineinstancemigrations", kDown, false});
  api.order({"get", "virtualmachineinstancemigrations", kLost, false});
  const auto outcome = run(create());
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
  EXPECT_EQ(api.objects(resource::kMigrations).at(0)["metadata"]["uid"], *outcome);
  EXPECT_EQ(api.count("create"), 1U);
  EXPECT_EQ(waits, 2);
}

TEST_F(CreatingAMigration, NeverCreatesAgainByItselfWhenTheLostOneIsNotThere) {
  api.order({"create", "", kLost, false});
  EXPECT_EQ(run(create()).error().cls, ErrorClass::Retryable);
  EXPECT_EQ(api.count("create"), 1U);
}

TEST_F(CreatingAMigration, GivesUpReadingInTheEnd) {
  api.order({"create", "", kLost, false});
  for (int i = 0; i < 1000; ++i) api.order({"get", "virtualmachineinstancemigrations", kDown, false});
  const auto began = clock.monotonic();
  const auto outcome = run(create());
  EXPECT_EQ(outcome.error().cls, ErrorClass::Retryable);
  EXPECT_THAT(outcome.error().message, HasSubstr("unknown"));
  EXPECT_LT(clock.monotonic() - began, minutes{6});
}

TEST_F(CreatingAMigration, PassesOnWhyItWasRefused) {
  api.order({"create", "", {ErrorClass::Invalid, "Cannot migrate VMI, Reason: HostDeviceNotLiveMigratable", 400}, false});
  EXPECT_EQ(run(create()).error().cls, ErrorClass::Invalid);
  api.order({"create", "", {ErrorClass::Denied, "forbidden", 403}, false});
  EXPECT_EQ(run(create()).error().cls, ErrorClass::Denied);
  const Error busy{ErrorClass::Retryable, "too many requests", 429, seconds{3}};
  api.order({"create", "", busy, false});
  EXPECT_EQ(run(create()).error(), busy);
}

TEST_F(CreatingAMigration, IsAConflictWhenAnotherMigrationIsInFlight) {
  api.order({"create",
             "",
             {ErrorClass::Invalid, "admission webhook denied the request: in-flight migration detected. Active", 400},
             false});
  EXPECT_EQ(run(create()).error().cls, ErrorClass::Conflict);
}

TEST_F(CreatingAMigration, CreatesNothingOnADryRun) {
  auto effect = create();
  effect.dry_run = true;
  EXPECT_EQ(run(effect).value_or("?"), "");
  EXPECT_EQ(api.count("dry-create"), 1U);
  EXPECT_TRUE(api.objects(resource::kMigrations).empty());
  api.order({"dry-create", "", kLost, false});
  EXPECT_EQ(run(effect).error().cls, ErrorClass::Retryable);
}

TEST_F(CreatingAMigration, OnlyReadsWhetherItIsThereIfThatIsAsked) {
  CreateMigration question = create();
  question.dry_run = question.read_only = true;
  const auto outcome = run(question);
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().cls, ErrorClass::NotFound);
  EXPECT_THAT(api.calls(), ElementsAre("get virtualmachineinstancemigrations vms/drover-abc"));
  put_migration("policy-1", "n2");
  EXPECT_EQ(run(question).value_or(""), "m-1");
}

TEST_F(CreatingAMigration, IsNotBegunOnceAnotherMayLead) {
  means.may_act = [] { return false; };
  EXPECT_EQ(run(create()).error().cls, ErrorClass::Cancelled);
  EXPECT_EQ(api.count("create"), 0U);
}

TEST_F(CancellingAMigration, DeletesUnderItsUid) {
  put_migration("policy-1", "n2");
  EXPECT_TRUE(run(cancel()).has_value());
  EXPECT_TRUE(api.objects(resource::kMigrations).empty());
  EXPECT_THAT(api.calls(), ElementsAre("remove virtualmachineinstancemigrations vms/drover-abc"));
}

TEST_F(CancellingAMigration, IsDoneWhenItIsGoneOrAnotherHasItsName) {
  EXPECT_TRUE(run(cancel()).has_value());
  put_migration("policy-1", "n2", "m-2");
  EXPECT_TRUE(run(cancel()).has_value());
  EXPECT_EQ(api.objects(resource::kMigrations).size(), 1U);
}

TEST_F(CancellingAMigration, DeletesAgainAfterALostAnswer) {
  put_migration("policy-1", "n2");
  api.order({"remove", "", kLost, true});
  EXPECT_TRUE(run(cancel()).has_value());
  EXPECT_EQ(api.count("remove"), 2U);
}

TEST_F(WritingAStatus, AppliesItUnderItsOwnFieldManager) {
  api.put(resource::kPolicies, {"vms", "p"}, {{"spec", Json::object()}});
  EXPECT_TRUE(run(WriteStatus{.policy = {{"vms", "p"}, "policy-1"}, .status = {.selected_vms = 3}}).has_value());
  EXPECT_THAT(api.calls(), ElementsAre("apply:drover:status migrationpolicies vms/p"));
  EXPECT_EQ(api.objects(resource::kPolicies).at(0)["status"]["selectedVMs"], 3);
}

TEST_F(WritingAStatus, KnowsClusterPoliciesByTheirEmptyNamespace) {
  api.put(resource::kClusterPolicies, {"", "p"}, {{"spec", Json::object()}});
  EXPECT_TRUE(run(WriteStatus{.policy = {{"", "p"}, "policy-1"}, .status = {}}).has_value());
  EXPECT_EQ(api.count("apply:drover:status clustermigrationpolicies p"), 1U);
}

TEST_F(WritingAStatus, IsDoneWhenThePolicyIsGone) {
  EXPECT_TRUE(run(WriteStatus{.policy = {{"vms", "gone"}, "x"}, .status = {}}).has_value());
}

TEST_F(WritingAStatus, WritesAgainAfterALostAnswerButNotAfterARefusal) {
  api.put(resource::kPolicies, {"vms", "p"}, {{"spec", Json::object()}});
  api.order({"apply", "", kLost, false});
  EXPECT_TRUE(run(WriteStatus{.policy = {{"vms", "p"}, "policy-1"}, .status = {}}).has_value());
  api.order({"apply", "", {ErrorClass::Denied, "forbidden", 403}, false});
  EXPECT_EQ(run(WriteStatus{.policy = {{"vms", "p"}, "policy-1"}, .status = {}}).error().cls, ErrorClass::Denied);
  EXPECT_EQ(api.count("apply"), 3U);
}

TEST_F(TellingNews, MakesAnEventOnTheVm) {
  EXPECT_TRUE(run(announce()).has_value());
  const auto event = api.objects(resource::kEvents).at(0);
  EXPECT_EQ(event["metadata"]["namespace"], "vms");
  EXPECT_THAT(event["metadata"]["name"].get<std::string>(), testing::StartsWith("db-0."));
  EXPECT_EQ(event["regarding"]["kind"], "VirtualMachineInstance");
  EXPECT_EQ(event["regarding"]["uid"], "vm-1");
  EXPECT_EQ(event["reason"], "MigrationStarted");
}

TEST_F(TellingNews, TellsTheSameNewsOnceWhoeverTellsIt) {
  EXPECT_TRUE(run(announce()).has_value());
  means.instance = "another-replica";
  EXPECT_TRUE(run(announce()).has_value());
  EXPECT_EQ(api.objects(resource::kEvents).size(), 1U);
}

TEST_F(TellingNews, WarnsOfWhatWentWrong) {
  std::string told;
  for (const News news : {News::MigrationRecommended, News::MigrationStarted, News::MigrationSucceeded, News::MigrationFailed,
                          News::MigrationCancelled}) {
    auto effect = announce();
    effect.news = news;
    EXPECT_TRUE(run(effect).has_value());
    const Json event = Json::parse(api.bodies().back());
    told += event["type"].get<std::string>() + " " + event["action"].get<std::string>() + " " + event["reason"].get<std::string>() +
            "\n";
  }
  EXPECT_EQ(told,
            "Normal Recommend MigrationRecommended\n"
            "Normal Migrate MigrationStarted\n"
            "Normal Migrate MigrationSucceeded\n"
            "Warning Migrate MigrationFailed\n"
            "Warning Migrate MigrationCancelled\n");
}

TEST_F(TellingNews, TellsOtherNewsUnderAnotherName) {
  auto other = announce();
  other.news = News::MigrationSucceeded;
  auto later = announce();
  later.id_text = "m-2";
  EXPECT_TRUE(run(announce()).has_value());
  EXPECT_TRUE(run(other).has_value());
  EXPECT_TRUE(run(later).has_value());
  EXPECT_EQ(api.objects(resource::kEvents).size(), 3U);
}

TEST_F(TellingNews, TriesAgainForAWhileBecauseNobodyElseWould) {
  for (int i = 0; i < 5; ++i) api.order({"create", "", kDown, false});
  EXPECT_TRUE(run(announce()).has_value());
  EXPECT_EQ(api.objects(resource::kEvents).size(), 1U);
  for (int i = 0; i < 100; ++i) api.order({"create", "", kDown, false});
  EXPECT_EQ(run(announce()).error().cls, ErrorClass::Retryable);
}

}  // namespace
}  // namespace drover
