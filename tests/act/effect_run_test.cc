#include "act/effect_run.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "ports/telemetry.h"

namespace drover {
namespace {

// What a call is answered after so long; and the machine's steps as words.
struct Answer {
  Answer(const char* json) : text(std::string(json)) {}  // NOLINT(google-explicit-constructor)
  Answer(Error error, Duration time = milliseconds{10})
      : text(std::move(error)), after(time) {}  // NOLINT(google-explicit-constructor)
  Result<std::string> text;
  Duration after = milliseconds{10};
};

std::string words_of(const EffectRun::Step& step) {
  struct Words {
    std::string operator()(const Call& call) const {
      static constexpr const char* kVerbs[] = {"get", "list", "create", "replace", "apply", "remove", "evict"};
      return std::string(kVerbs[static_cast<int>(call.verb)]) + (call.dry_run ? " (dry) " : " ") + call.type.resource;
    }
    std::string operator()(const PowerOrder& order) const { return order.request == PowerRequest::On ? "switch on" : "switch off"; }
    std::string operator()(const EffectRun::Pause&) const { return "pause"; }
    std::string operator()(const EffectRun::Done& done) const {
      return done ? "done" : "failed: " + std::string(metric_label(done.error().cls));
    }
  };
  return std::visit(Words{}, step);
}

// Drives the machine with these answers, and one more time if it asks on; its steps but for pauses, "get x, create y, done".
struct Driven {
  std::string steps;
  Duration took{};
  EffectRun::Done outcome = std::string();
};
Driven drive(const EffectBody& effect, const std::vector<Answer>& answers,
             const std::function<bool(std::size_t calls)>& may_act = {}) {
  const auto run = begin(effect, "test");
  Driven driven;
  std::size_t calls = 0;
  while (true) {
    const EffectRun::Step step = run->next(!may_act || may_act(calls));
    if (const auto* pause = std::get_if<EffectRun::Pause>(&step)) {
      driven.took += pause->length;
      continue;
    }
    driven.steps += (driven.steps.empty() ? "" : ", ") + words_of(step);
    if (const auto* done = std::get_if<EffectRun::Done>(&step)) {
      driven.outcome = *done;
      return driven;
    }
    const Answer& answer = answers.at(std::min(calls++, answers.size() - 1));
    driven.took += answer.after;
    run->hear(answer.text, driven.took);
  }
}

const Error kLost{ErrorClass::UnknownOutcome, "the answer was lost"};
const Error kNotFound{ErrorClass::NotFound, "not found", 404};
const Error kConflict{ErrorClass::Conflict, "modified", 409};
const Error kDown{ErrorClass::Retryable, "connection refused"};
const Error kExists{ErrorClass::AlreadyExists, "already exists", 409};
const Error kDenied{ErrorClass::Denied, "forbidden", 403};

constexpr const char* kVm =
    R"({"metadata":{"name":"db","namespace":"vms","uid":"vm-1"},"status":{"phase":"Running","nodeName":"n1"}})";
constexpr const char* kMigration =
    R"({"metadata":{"name":"m","namespace":"vms","uid":"u-1","labels":{"drover.dev/policy-uid":"p-1"},)"
    R"("annotations":{"drover.dev/target-node":"n2"}},"spec":{"vmiName":"db"}})";
constexpr const char* kNode = R"({"metadata":{"name":"n","uid":"node-1","resourceVersion":"7"},"spec":{}})";
constexpr const char* kOffNode =
    R"({"metadata":{"name":"n","uid":"node-1","annotations":{"drover.dev/node-life":"PoweringOff"}},"spec":{"unschedulable":true}})";
constexpr const char* kNoPods = R"({"metadata":{"resourceVersion":"1"},"items":[]})";
constexpr const char* kOnePod =
    R"({"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"launcher","namespace":"vms",)"
    R"("labels":{"kubevirt.io":"virt-launcher","kubevirt.io/created-by":"vm-1"}},"spec":{"nodeName":"n"}}]})";

constexpr const char* kDraining =
    R"({"metadata":{"name":"n","uid":"node-1","annotations":{"drover.dev/node-life":"Draining"}},"spec":{"unschedulable":true}})";
constexpr const char* kPod =
    R"({"metadata":{"name":"a","namespace":"web","uid":"pod-1","labels":{},"ownerReferences":[{"kind":"ReplicaSet","controller":true}]},)"
    R"("spec":{"nodeName":"n"}})";
constexpr const char* kOtherPod =
    R"({"metadata":{"name":"a","namespace":"web","uid":"pod-2","labels":{},"ownerReferences":[{"kind":"ReplicaSet","controller":true}]},)"
    R"("spec":{"nodeName":"n"}})";
constexpr const char* kPodElsewhere =
    R"({"metadata":{"name":"a","namespace":"web","uid":"pod-1","labels":{},"ownerReferences":[{"kind":"ReplicaSet","controller":true}]},)"
    R"("spec":{"nodeName":"m"}})";
constexpr const char* kLauncher =
    R"({"metadata":{"name":"a","namespace":"web","uid":"pod-1","labels":{"kubevirt.io":"virt-launcher","kubevirt.io/created-by":"u"},"ownerReferences":[{"kind":"ReplicaSet","controller":true}]},)"
    R"("spec":{"nodeName":"n"}})";

CreateMigration create(bool dry_run = false) {
  CreateMigration effect{
      .policy = {{"vms", "p"}, "p-1"}, .name = "m", .vm = {"vms", "db"}, .vm_uid = "vm-1", .source = "n1", .target = "n2"};
  effect.dry_run = dry_run;
  return effect;
}
MarkNode retire() {
  return {
      .policy = {{"", "p"}, "p-1"}, .node = "n", .node_uid = "node-1", .marks = {.life = NodeLife::Retiring, .policy_uid = "p-1"}};
}
SwitchPower power(bool on) {
  return {.policy = {{"", "p"}, "p-1"},
          .node = "n",
          .node_uid = "node-1",
          .request = on ? PowerRequest::On : PowerRequest::GracefulOff};
}

EvictPod evict() {
  return {.policy = {{"", "p"}, "p-1"}, .node = "n", .node_uid = "node-1", .pod = {"web", "a"}, .pod_uid = "pod-1"};
}

struct Row {
  EffectBody effect;
  std::vector<Answer> answers;
  std::string steps;
};

TEST(EffectRun, TakesTheseSteps) {
  const std::string look = "get virtualmachineinstances, ";
  const std::string make = look + "create virtualmachineinstancemigrations, ";
  const std::string read = "get virtualmachineinstancemigrations, ";
  const std::string status = "apply migrationpolicies, ";
  const std::string cancel = "remove virtualmachineinstancemigrations, ";
  const std::vector<Row> rows = {
      // create
      {create(), {kVm, kMigration}, make + "done"},
      {create(), {kNotFound}, look + "failed: conflict"},
      {create(), {kDown}, look + "failed: retryable"},
      {create(), {kVm, kDenied}, make + "failed: denied"},
      {create(), {kVm, kDown}, make + "failed: retryable"},
      {create(), {kVm, kExists, kMigration}, make + read + "done"},
      {create(), {kVm, kExists, kNotFound}, make + read + "failed: retryable"},
      {create(), {kVm, kLost, kDown, kNotFound, kMigration}, make + read + read + read + "done"},
      {create(), {kVm, kLost, kDenied}, make + read + "failed: denied"},
      {create(true), {kVm, kLost}, look + "create (dry) virtualmachineinstancemigrations, failed: retryable"},
      {create(true), {kVm, kExists}, look + "create (dry) virtualmachineinstancemigrations, failed: conflict"},
      // cancel
      {CancelMigration{.uid = "u"}, {""}, cancel + "done"},
      {CancelMigration{.uid = "u"}, {kNotFound}, cancel + "done"},
      {CancelMigration{.uid = "u"}, {kConflict}, cancel + "done"},
      {CancelMigration{.uid = "u"}, {kLost, kNotFound}, cancel + cancel + "done"},
      {CancelMigration{.uid = "u"}, {kDown}, cancel + "failed: retryable"},
      // status
      {WriteStatus{.policy = {{"vms", "p"}, "p-1"}, .status = {}}, {""}, status + "done"},
      {WriteStatus{.policy = {{"vms", "p"}, "p-1"}, .status = {}}, {kNotFound}, status + "done"},
      {WriteStatus{.policy = {{"vms", "p"}, "p-1"}, .status = {}}, {kLost}, status + status + status + "failed: retryable"},
      // news
      {Announce{.vm = {"vms", "db"}}, {kDown, kLost, kExists}, "create events, create events, create events, done"},
      // mark
      {retire(), {kNode, kNode}, "get nodes, replace nodes, done"},
      {retire(), {kNotFound}, "get nodes, failed: conflict"},
      {retire(), {kNode, kConflict, kNode, kNode}, "get nodes, replace nodes, get nodes, replace nodes, done"},
      {retire(), {kNode, kLost, kOffNode}, "get nodes, replace nodes, get nodes, failed: conflict"},
      {retire(), {kNode, kDown}, "get nodes, replace nodes, failed: retryable"},
      // eviction
      {evict(), {kDraining, kPod, ""}, "get nodes, get pods, evict pods, done"},
      {evict(), {kNode}, "get nodes, failed: conflict"},
      {evict(), {kDraining, kNotFound}, "get nodes, get pods, done"},
      {evict(), {kDraining, kOtherPod}, "get nodes, get pods, done"},
      {evict(), {kDraining, kLauncher}, "get nodes, get pods, failed: conflict"},
      {evict(), {kDraining, kPodElsewhere}, "get nodes, get pods, failed: conflict"},
      {evict(), {kDraining, kPod, kDown}, "get nodes, get pods, evict pods, failed: retryable"},
      {evict(), {kDraining, kPod, kLost}, "get nodes, get pods, evict pods, failed: retryable"},
      {evict(), {kDraining, kPod, kNotFound}, "get nodes, get pods, evict pods, done"},
      // power
      {power(false), {kOffNode, kNoPods, ""}, "get nodes, list pods, switch off, done"},
      {power(false), {kOffNode, kOnePod}, "get nodes, list pods, failed: conflict"},
      {power(false), {kOffNode, kDown}, "get nodes, list pods, failed: retryable"},
      {power(false), {kNode}, "get nodes, failed: conflict"},
      {power(true), {kNode, kLost}, "get nodes, switch on, failed: retryable"},
  };
  for (const Row& row : rows) EXPECT_EQ(drive(row.effect, row.answers).steps, row.steps);
}

TEST(EffectRun, ASampleHasNoMachine) {
  EXPECT_EQ(begin(SampleUse{}, "test"), nullptr);
  EXPECT_EQ(begin(SampleSignal{}, "test"), nullptr);
}

// An API server carries a create out up to a minute after its caller gave up.
TEST(EffectRun, ALostCreateIsNotBelievedUndoneBeforeItCannotHappenAnyMore) {
  const Driven driven = drive(create(), {kVm, kLost, kNotFound});
  EXPECT_EQ(driven.outcome.error().cls, ErrorClass::Retryable);
  EXPECT_GE(driven.took, minutes{1});
  EXPECT_LT(driven.took, minutes{2});
}

TEST(EffectRun, AServerThatDidNotAnswerInBetweenIsAskedForAsLongAgain) {
  std::vector<Answer> answers = {kVm, kLost};
  for (int i = 0; i < 8; ++i) answers.emplace_back(kNotFound);
  answers.emplace_back(kDown, seconds{30});
  answers.emplace_back(kNotFound);
  const Driven once = drive(create(), {kVm, kLost, kNotFound});
  EXPECT_GT(drive(create(), answers).took, once.took + seconds{30});
}

TEST(EffectRun, NothingIsAskedForByAProcessThatDoesNotLead) {
  for (const EffectBody& effect : std::vector<EffectBody>{create(), CancelMigration{}, retire(), power(true)}) {
    EXPECT_EQ(drive(effect, {kVm}, [](std::size_t) { return false; }).steps, "failed: cancelled");
  }
  EXPECT_EQ(drive(create(), {kVm, kMigration}, [](std::size_t calls) { return calls < 1; }).steps,
            "get virtualmachineinstances, failed: cancelled");
}

TEST(EffectRun, WhatWasDoneIsToldByAProcessThatLeadsNoMore) {
  EXPECT_EQ(drive(create(), {kVm, kMigration}, [](std::size_t calls) { return calls < 2; }).outcome.value_or("?"), "u-1");
}

}  // namespace
}  // namespace drover
