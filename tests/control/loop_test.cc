#include "control/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "act/fakes.h"
#include "control/pages.h"
#include "core/round.h"
#include "core/world.h"
#include "support/manual_clock.h"

namespace drover {
namespace {

using reflect::Delta;
using testing::HasSubstr;
using testing::Not;

class LoopTest : public testing::Test {
 protected:
  LoopTest() {
    world.add_node("n1");
    world.add_node("n2");
    world.add_vm("db", "n1");
    world.add_vm("noise", "n1");
    world.add_policy("policy", [](Policy& p) { std::get<ThresholdSettings>(p.spec.settings).for_duration = Duration::zero(); });
  }

  // ---- what comes ----

  template <typename T>
  static void list(Batch& batch, Kind kind, const Table<T>& table) {
    batch.deltas.push_back({.kind = kind, .type = Delta::Type::RelistBegin});
    for (const auto& [key, object] : table) {
      batch.deltas.push_back({.kind = kind, .type = Delta::Type::Upsert, .object = {key, object}});
    }
    batch.deltas.push_back({.kind = kind, .type = Delta::Type::RelistEnd});
  }
  [[nodiscard]] Batch everything_but_vms() const {
    Batch batch;
    list(batch, Kind::Node, world.view.nodes);
    list(batch, Kind::Pod, world.view.pods);
    list(batch, Kind::Migration, world.view.migrations);
    list(batch, Kind::Policy, world.view.policies);
    batch.deltas.push_back({.kind = Kind::KubeVirt, .type = Delta::Type::RelistBegin});
    batch.deltas.push_back({.kind = Kind::KubeVirt,
                            .type = Delta::Type::Upsert,
                            .object = {{"kubevirt", "kubevirt"}, std::make_shared<const KubeVirt>(world.view.kubevirt)}});
    batch.deltas.push_back({.kind = Kind::KubeVirt, .type = Delta::Type::RelistEnd});
    return batch;
  }
  [[nodiscard]] Batch vms() const {
    Batch batch;
    list(batch, Kind::Vm, world.view.vms);
    return batch;
  }
  [[nodiscard]] static Batch urgent(Urgent message) {
    Batch batch;
    batch.urgent.push_back(std::move(message));
    return batch;
  }
  static Batch problem(Kind kind, ErrorClass cls, std::string message) {
    Batch batch;
    batch.deltas.push_back({.kind = kind, .type = Delta::Type::Problem, .error = {cls, std::move(message)}});
    return batch;
  }
  void lead_with_full_view() {
    loop.turn(everything_but_vms());
    loop.turn(vms());
    loop.turn(urgent(Leadership{true}));
  }

  // ---- what goes ----

  template <typename Body>
  [[nodiscard]] std::vector<Body> sent() const {
    std::vector<Body> found;
    for (const Effect& effect : effects) {
      if (const auto* body = std::get_if<Body>(&effect.body)) found.push_back(*body);
    }
    return found;
  }
  [[nodiscard]] EffectId last_id() const { return effects.back().id; }

  test::World world;
  test::ManualClock clock{world.now};
  test::FakeLog log;
  test::FakeTelemetry telemetry;
  std::vector<Effect> effects;
  int forgotten = 0;
  std::vector<std::string> zones_asked;
  Loop loop{{.clock = clock,
             .log = log,
             .telemetry = telemetry,
             .dispatch = [this](Effect effect) { effects.push_back(std::move(effect)); },
             .forget = [this] { ++forgotten; },
             .time_zone = [this](const std::string& name) -> Result<TimeZone> {
               zones_asked.push_back(name);
               if (name == "Europe/Berlin") return TimeZone{.name = name};
               return Error{ErrorClass::Invalid, "no such zone"};
             }},
            {.signals = {.owner_promql = true}},
            {Kind::Node, Kind::Pod, Kind::Migration, Kind::Policy, Kind::KubeVirt, Kind::Vm}};
};

TEST_F(LoopTest, DoesNothingWithoutBeingLeader) {
  loop.turn(everything_but_vms());
  EXPECT_EQ(loop.turn(vms()), std::nullopt);
  EXPECT_TRUE(loop.store().synced());
  EXPECT_TRUE(effects.empty());
}

TEST_F(LoopTest, DoesNothingBeforeEverythingHasBeenListed) {
  loop.turn(urgent(Leadership{true}));
  loop.turn(everything_but_vms());
  EXPECT_TRUE(effects.empty());
  EXPECT_FALSE(loop.core().leading());
  loop.turn(vms());
  EXPECT_TRUE(loop.core().leading());
  EXPECT_EQ(sent<SampleSignal>().size(), 1U);
}

TEST_F(LoopTest, GoesFromASampleToAMigration) {
  lead_with_full_view();
  ASSERT_EQ(sent<SampleSignal>().size(), 1U);
  SignalTable table{.sampled = clock.now(), .values = {{{"vms", "db"}, 0.95}}};
  loop.turn(urgent(Event(SignalSampled{last_id(), sent<SampleSignal>()[0].policy, table})));
  ASSERT_EQ(sent<SampleUse>().size(), 1U);
  EffectId use_id = 0;
  for (const Effect& effect : effects) {
    if (std::holds_alternative<SampleUse>(effect.body)) use_id = effect.id;
  }
  UseTable use{.sampled = clock.now()};
  use.vms[{"vms", "db"}] = {.cpu_cores = 4, .cpu_delay_cores = 4, .memory_bytes = 1e9};
  use.vms[{"vms", "noise"}] = {.cpu_cores = 12, .cpu_delay_cores = 0, .memory_bytes = 1e9};
  loop.turn(urgent(Event(UseSampled{use_id, use})));
  ASSERT_EQ(sent<CreateMigration>().size(), 1U) << log.text();
  EXPECT_EQ(sent<CreateMigration>()[0].target, "n2");
  EXPECT_THAT(log.text(), HasSubstr("decision vm=vms/db"));
  EXPECT_EQ(telemetry.value("drover_decisions_total{policy_namespace=vms,policy=policy,reason=ThresholdCrossed}"), 1);
}

TEST_F(LoopTest, AnAnswerThatIsReplacedGoesAwayWithTheNextQuestion) {
  world.add_policy("pack", [](Policy& p) { p.spec.settings = ConsolidationSettings{}; });
  lead_with_full_view();
  std::vector<bool> carry;
  for (std::size_t next = 0; carry.size() < 4; ++next) {
    while (next == effects.size()) {
      clock.advance(minutes{5});
      loop.turn({});
    }
    const auto* sample = std::get_if<SampleUse>(&effects[next].body);
    if (sample == nullptr) continue;
    carry.push_back(sample->done_with != nullptr);
    loop.turn(urgent(Event(UseSampled{effects[next].id, UseTable{}})));
  }
  EXPECT_THAT(carry, testing::ElementsAre(false, true, true, true));
}

TEST_F(LoopTest, DecidesWhatComesWhileARoundIsHeldBesideIt) {
  world.add_policy("pack", [](Policy& p) { p.spec.settings = ConsolidationSettings{}; });
  lead_with_full_view();
  UseTable use{.sampled = clock.now()};
  for (const char* vm : {"db", "noise"}) use.vms[{"vms", vm}] = {.cpu_cores = 1, .cpu_delay_cores = 0, .memory_bytes = 1e9};
  for (const Effect& effect : std::vector(effects)) {
    if (std::holds_alternative<SampleUse>(effect.body)) loop.turn(urgent(Event(UseSampled{effect.id, use})));
  }
  ASSERT_EQ(sent<HoldRound>().size(), 1U);
  const Effect asked = *std::find_if(effects.begin(), effects.end(),
                                     [](const Effect& effect) { return std::holds_alternative<HoldRound>(effect.body); });
  std::optional<RoundHeld> held;
  {
    const std::jthread beside([&] { held = hold_round(asked.id, std::get<HoldRound>(asked.body), [] { return false; }); });
    SignalTable table{.sampled = clock.now(), .values = {{{"vms", "db"}, 0.95}}};
    for (const Effect& effect : std::vector(effects)) {
      if (const auto* sample = std::get_if<SampleSignal>(&effect.body))
        loop.turn(urgent(Event(SignalSampled{effect.id, sample->policy, table})));
    }
    world.change_vm("noise", [](Vm& vm) { vm.labels.set("touched", "yes"); });
    loop.turn(vms());
    EXPECT_THAT(log.text(), HasSubstr("decision vm=vms/db"));
  }
  loop.turn(urgent(Event(*std::move(held))));
  const auto reports = loop.core().reports(loop.store().view());
  EXPECT_TRUE(
      std::any_of(reports.begin(), reports.end(), [](const PolicyReport& report) { return report.rule.round.has_value(); }));
}

TEST_F(LoopTest, StopsDecidingTheMomentItLosesTheLead) {
  lead_with_full_view();
  effects.clear();
  loop.turn(urgent(Leadership{false}));
  EXPECT_FALSE(loop.core().leading());
  SignalTable table{.sampled = clock.now(), .values = {{{"vms", "db"}, 0.95}}};
  loop.turn(urgent(Event(SignalSampled{1, {{"vms", "policy"}, "uid-policy"}, table})));
  clock.advance(minutes{10});
  EXPECT_EQ(loop.turn({}), std::nullopt);
  EXPECT_TRUE(effects.empty());
}

TEST_F(LoopTest, WhatWasDispatchedIsForgottenWhenTheLeadIsLost) {
  lead_with_full_view();
  EXPECT_EQ(forgotten, 0);
  loop.turn(urgent(Leadership{false}));
  EXPECT_EQ(forgotten, 1);
  loop.turn(urgent(Leadership{true}));
  EXPECT_EQ(forgotten, 1);
  Batch both = urgent(Leadership{false});
  both.urgent.emplace_back(Leadership{true});
  loop.turn(std::move(both));
  EXPECT_EQ(forgotten, 2) << "another may have led meanwhile";
  EXPECT_TRUE(loop.core().leading());
}

TEST_F(LoopTest, LeadsOnlyByTheNewestWordInABatch) {
  loop.turn(everything_but_vms());
  loop.turn(vms());
  Batch both = urgent(Leadership{true});
  both.urgent.emplace_back(Leadership{false});
  loop.turn(std::move(both));
  EXPECT_TRUE(effects.empty());
}

TEST_F(LoopTest, WakesAtTheTimeThatTheCoreNames) {
  lead_with_full_view();
  const EffectId sample = [&] {
    for (const Effect& effect : effects) {
      if (std::holds_alternative<SampleSignal>(effect.body)) return effect.id;
    }
    return EffectId{0};
  }();
  auto wake =
      loop.turn(urgent(Event(SignalSampled{sample, {{"vms", "policy"}, "uid-policy"}, SignalTable{.sampled = clock.now()}})));
  ASSERT_TRUE(wake.has_value());
  effects.clear();
  int turns = 0;
  while (sent<SampleSignal>().empty() && wake && ++turns < 10) {
    clock.advance(*wake - clock.now());
    wake = loop.turn({});
  }
  EXPECT_EQ(sent<SampleSignal>().size(), 1U) << "the next sample is due after the policy's interval";
  EXPECT_LE(turns, 3) << "an idle loop sleeps";
}

TEST_F(LoopTest, AClockThatIsPutBackDoesNotKeepItWaiting) {
  lead_with_full_view();
  const PolicyRef policy{{"vms", "policy"}, "uid-policy"};
  const auto wake = loop.turn(urgent(Event(SignalSampled{last_id(), policy, SignalTable{.sampled = clock.now()}})));
  ASSERT_TRUE(wake.has_value());
  clock.advance(*wake - clock.now());  // it sleeps by a clock that is not set
  clock.step_wall(-hours{3});
  const auto next = loop.turn({});
  ASSERT_TRUE(next.has_value());
  EXPECT_LE(*next - clock.now(), minutes{1});
}

TEST_F(LoopTest, LoadsTimeZonesBeforeTheCoreSeesThePolicy) {
  world.change_policy("policy", [](Policy& p) {
    p.spec.schedule = {{.cron = "0 22 * * *", .duration = hours{1}, .time_zone = "Europe/Berlin"},
                       {.cron = "0 22 * * *", .duration = hours{1}, .time_zone = "Mars/Base"}};
  });
  loop.turn(everything_but_vms());
  EXPECT_THAT(zones_asked, testing::UnorderedElementsAre("Europe/Berlin", "Mars/Base"));
  EXPECT_TRUE(loop.store().view().time_zones.contains("Europe/Berlin"));
  Batch again;
  list(again, Kind::Policy, world.view.policies);
  loop.turn(std::move(again));
  EXPECT_EQ(zones_asked.size(), 2U) << "an unknown zone is asked for once";
  EXPECT_THAT(log.text(), HasSubstr("Mars/Base"));
}

TEST_F(LoopTest, NamesAMissingRightUntilItIsThere) {
  lead_with_full_view();
  EXPECT_TRUE(ready_page(loop).ready);
  loop.turn(problem(Kind::Pod, ErrorClass::Denied, "pods is forbidden: User \"drover\" cannot watch resource \"pods\""));
  EXPECT_FALSE(ready_page(loop).ready);
  EXPECT_THAT(ready_page(loop).text, HasSubstr("missing right: pods: "));
  EXPECT_THAT(log.text(), HasSubstr("a right is missing"));
  Batch healed;
  healed.deltas.push_back({.kind = Kind::Pod, .type = Delta::Type::Recovered});
  loop.turn(std::move(healed));
  EXPECT_TRUE(ready_page(loop).ready);
  EXPECT_THAT(log.text(), HasSubstr("can be read again"));
}

TEST_F(LoopTest, DecidesNothingOnAViewThatItMayNoLongerRead) {
  lead_with_full_view();
  loop.turn(problem(Kind::Pod, ErrorClass::Denied, "forbidden"));
  EXPECT_FALSE(loop.core().leading());
  loop.turn(problem(Kind::Pod, ErrorClass::Retryable, "connection refused"));
  EXPECT_TRUE(loop.core().leading()) << "what passes by itself is no reason: what was seen is still the best guess";
}

TEST_F(LoopTest, IsNotReadyAndSaysWhatIsMissingWhileItLists) {
  loop.turn(everything_but_vms());
  const ReadyPage page = ready_page(loop);
  EXPECT_FALSE(page.ready);
  EXPECT_THAT(page.text, HasSubstr("not listed yet: virtualmachineinstances.kubevirt.io"));
  EXPECT_THAT(page.text, Not(HasSubstr("not listed yet: nodes")));
}

TEST_F(LoopTest, ShowsWhatItSeesAndIntends) {
  world.add_migration("m1", "db", "n2");
  lead_with_full_view();
  const std::string page = debug_page(loop);
  EXPECT_THAT(page, HasSubstr("\"leading\": true"));
  EXPECT_THAT(page, HasSubstr("\"policy\": \"vms/policy\""));
  EXPECT_THAT(page, HasSubstr("\"target\": \"n2\""));
}

TEST_F(LoopTest, ShowsFromTheBeginWhatIsToStayAtZero) {
  std::vector<std::string> all = {"drover_migrations_total{result=Failed}", "drover_view_synced{}"};
  for (const Invariant invariant : kInvariants)
    all.push_back("drover_invariant_violations_total{invariant=" + std::string(to_string(invariant)) + "}");
  for (const std::string& series : all) {
    EXPECT_TRUE(telemetry.has(series)) << series;
    EXPECT_EQ(telemetry.value(series), 0);
  }
}

TEST_F(LoopTest, CountsTheEndOfAMigrationOnce) {
  world.add_migration("m1", "db", "n2");
  lead_with_full_view();
  EXPECT_EQ(telemetry.value("drover_migrations_in_flight{}"), 1);
  world.bind_target("m1");
  world.finish("m1");
  for (int i = 0; i < 3; ++i) {
    loop.turn(everything_but_vms());
    clock.advance(seconds{2});
    loop.turn(vms());
    clock.advance(seconds{2});
  }
  EXPECT_EQ(telemetry.value("drover_migrations_total{result=Succeeded}"), 1);
  EXPECT_EQ(telemetry.value("drover_migrations_in_flight{}"), 0);
}

TEST_F(LoopTest, ForgetsTheSignalOfAPolicyThatIsGone) {
  lead_with_full_view();
  telemetry.gauge("drover_signal_unusable_series", {{"policy_namespace", "vms"}, {"policy", "policy"}}, 7);
  Batch batch;
  batch.deltas.push_back({.kind = Kind::Policy, .type = Delta::Type::Delete, .object = {{"vms", "policy"}, {}}});
  loop.turn(std::move(batch));
  EXPECT_EQ(telemetry.value("drover_signal_unusable_series{policy_namespace=vms,policy=policy}"), 0);
}

TEST_F(LoopTest, RunsUntilStoppedAndAnswersQuestions) {
  std::jthread thread([this](const std::stop_token& stop) { loop.run(stop); });
  const auto answer = loop.ask([] { return std::string("here"); }, seconds{30});
  EXPECT_EQ(answer, "here");
  thread.request_stop();
  thread.join();
  EXPECT_EQ(loop.ask([] { return std::string("here"); }, hours{1}), std::nullopt) << "and nobody waits for it in vain";
  EXPECT_FALSE(loop.inbox().put(Delta{}, {})) << "producers are let go";
}

}  // namespace
}  // namespace drover
