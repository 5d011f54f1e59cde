// Harness: a core that leads a World, with its questions answered at once from tables that the test sets. Effects that would change
// the cluster are kept for the test to look at and, if it likes, to carry out.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/round.h"
#include "core/rules.h"
#include "core/turn.h"
#include "world.h"

namespace drover::test {

// The types that Drover acts on, with an administrator who lets owners ask any PromQL, as the policies of World do.
inline RuleMaker usual_rules(StrategyMaker strategies = make_guarded) {
  return make_rules({.owner_promql = true}, strategies);
}

inline Result<PowerAnswer> answer_of(const Result<Powered>& powered) {
  if (!powered) return powered.error();
  return PowerAnswer{.state = *powered};
}

class Harness {
 public:
  World world;
  Turn turn;
  std::map<ObjectKey, double> signal;  // what every policy's signal says
  Duration use_age{};                  // that use has when it is sampled
  std::optional<Error> signal_error;
  std::map<ObjectKey, VmUse> use;

  std::vector<Signal> signals_asked;
  std::vector<CreateMigration> creates;  // enforced ones
  std::vector<CreateMigration> dry_runs;
  std::vector<CancelMigration> cancels;
  std::vector<Announce> news;
  std::map<ObjectKey, PolicyStatus> statuses;
  int status_writes = 0;
  std::vector<Violation> violations;
  std::size_t decided = 0;  // decisions that were formed or changed
  std::optional<Instant> wake_at;
  std::map<std::string, EffectId> create_ids;  // by migration name
  Result<std::string> create_answer = std::string("uid-of-created");
  Result<std::string> dry_run_answer = std::string("");
  std::vector<std::string> reads;  // of migrations that were created and are not seen, by name
  Result<std::string> read_answer = std::string("uid-of-created");

  std::vector<MarkNode> marks;
  std::map<std::string, PowerProfileStatus> profile_statuses;
  std::size_t profile_writes = 0;
  std::vector<std::string> evictions;  // pods, in order
  Result<std::string> eviction_answer = std::string();
  bool pods_go = true;  // as soon as they are told
  std::vector<SwitchPower> power;
  Result<std::string> power_answer = std::string();
  std::map<std::string, Result<Powered>> powered;  // what a node's driver says; On of the others
  bool answers_power = true;                       // otherwise drivers take for ever
  std::vector<std::string> power_questions;        // nodes, in order
  std::vector<Instant> use_questions;
  bool holds_rounds = true;  // at once; otherwise they are kept, for the test to hold
  std::vector<std::pair<EffectId, HoldRound>> rounds;
  bool show_marks = true;  // marks are seen in the world at once
  Result<std::string> mark_answer = std::string();
  std::set<std::string> refused_marks{};  // of these nodes, whatever mark_answer says

  explicit Harness(CoreOptions options = {}, RuleMaker rules = usual_rules()) : turn(Core(options, std::move(rules))) {}

  [[nodiscard]] const Core& core() const { return turn.core(); }

  void lead() { step(LeadershipChanged{true}); }
  // Another process, which knows nothing and does not lead yet, sees the same world.
  void restart(CoreOptions options = {}, RuleMaker rules = usual_rules()) {
    turn = Turn(Core(std::move(options), std::move(rules)));
    leads_ = false;
    wake_at.reset();
  }

  // One step and all answers to its samples. Creates are answered by create_answer; the object appears only when the test says so.
  void step(const Event& event) {
    std::vector<Event> answers;
    if (const auto* leadership = std::get_if<LeadershipChanged>(&event)) {
      leads_ = leadership->leading;
    } else {
      answers.push_back(event);
    }
    int bound = 0;
    do {
      DROVER_CHECK(++bound < 1000);
      turn.take(
          world.view, {.leads = leads_, .answers = std::exchange(answers, {})}, [this] { return world.now; },
          [&](StepResult& result) {
            wake_at = result.wake_at;
            decided += result.decisions.size();
            for (const Violation& violation : result.violations) violations.push_back(violation);
            for (Effect& effect : result.effects) answer(effect, answers);
          });
    } while (!answers.empty());
  }

  // Time passes; the core is called whenever it asked for that.
  void pass(Duration time) {
    const Instant until = world.now + time;
    int bound = 0;
    while (wake_at && *wake_at <= until) {
      DROVER_CHECK(++bound < 10000);
      world.now = std::max(world.now, *wake_at);
      step(Tick{});
    }
    world.now = until;
    step(Tick{});
  }

  // The API server shows what was created last.
  void show_created() { show(creates.back()); }
  void show(const CreateMigration& create) {
    world.add_migration(create, [&](Migration& m) { m.created = std::chrono::floor<seconds>(world.now); });
    step(ViewChanged{});
  }

  // ... and it goes well.
  void finish_created() {
    world.bind_target(to_string(ObjectKey{creates.back().vm.ns, creates.back().name}));
    world.finish(to_string(ObjectKey{creates.back().vm.ns, creates.back().name}));
    step(ViewChanged{});
  }

  [[nodiscard]] Decision decision(const std::string& vm) const {
    for (const Decision& d : core().decisions()) {
      if (d.vm == key_of(vm)) return d;
    }
    return Decision{.message = "there is no decision"};
  }
  [[nodiscard]] RoundReport round() const {
    for (const PolicyReport& report : core().reports(world.view)) {
      if (report.rule.round) return *report.rule.round;
    }
    return {};
  }
  [[nodiscard]] const PolicyStatus& status(const std::string& policy = "policy") const { return statuses.at(key_of(policy)); }
  [[nodiscard]] std::string condition(const std::string& type, const std::string& policy = "policy") const {
    for (const Condition& c : status(policy).conditions) {
      if (c.type == type) return (c.status ? "True " : "False ") + std::string(c.reason.text());
    }
    return "absent";
  }
  [[nodiscard]] bool told(News what) const {
    return std::any_of(news.begin(), news.end(), [&](const Announce& n) { return n.news == what; });
  }

  // As act/ and the API server would write it.
  void show(const MarkNode& mark) {
    world.change_node(mark.node, [&](Node& node) { write_marks(node, mark.marks); });
  }

  // The VM uses so many cores, waits for so many more, and 1 GiB.
  void uses(const std::string& vm, double cores, double delay = 0) {
    use[key_of(vm)] = {.cpu_cores = cores, .cpu_delay_cores = delay, .memory_bytes = 1.0 * kGi, .dirty_bytes_per_second = 1e6};
  }

 private:
  bool leads_ = false;

  void answer(Effect& effect, std::vector<Event>& events) {
    if (const auto* sample = std::get_if<SampleSignal>(&effect.body)) {
      signals_asked.push_back(sample->signal);
      Result<SignalTable> table = SignalTable{.sampled = world.now, .values = signal};
      if (signal_error) table = *signal_error;
      events.push_back(SignalSampled{effect.id, sample->policy, table});
    } else if (std::holds_alternative<SampleUse>(effect.body)) {
      use_questions.push_back(world.now);
      events.push_back(UseSampled{effect.id, UseTable{.sampled = world.now, .age = use_age, .vms = use}});
    } else if (const auto* question = std::get_if<SamplePower>(&effect.body)) {
      power_questions.push_back(question->node);
      const auto known = powered.find(question->node);
      if (answers_power)
        events.push_back(PowerSampled{effect.id, question->node, answer_of(known == powered.end() ? Powered::On : known->second)});
    } else if (const auto* round = std::get_if<HoldRound>(&effect.body)) {
      if (holds_rounds) {
        events.push_back(hold_round(effect.id, *round, [] { return false; }));
      } else {
        rounds.push_back({effect.id, *round});
      }
    } else if (auto* create = std::get_if<CreateMigration>(&effect.body); create != nullptr && create->read_only) {
      reads.push_back(create->name);
      events.push_back(EffectDone{effect.id, read_answer});
    } else if (create != nullptr) {
      create_ids[create->name] = effect.id;
      events.push_back(EffectDone{effect.id, create->dry_run ? dry_run_answer : create_answer});
      (create->dry_run ? dry_runs : creates).push_back(*create);
    } else if (auto* cancel = std::get_if<CancelMigration>(&effect.body)) {
      cancels.push_back(*cancel);
      events.push_back(EffectDone{effect.id, std::string()});
    } else if (auto* write = std::get_if<WriteStatus>(&effect.body)) {
      statuses[write->policy.key] = write->status;
      ++status_writes;
      events.push_back(EffectDone{effect.id, std::string()});
    } else if (auto* mark = std::get_if<MarkNode>(&effect.body)) {
      marks.push_back(*mark);
      const Result<std::string> answer = refused_marks.contains(mark->node)
                                             ? Result<std::string>(Error{ErrorClass::Invalid, "a webhook refuses it"})
                                             : mark_answer;
      if (answer && show_marks) show(*mark);
      events.push_back(EffectDone{effect.id, answer});
      if (answer && show_marks) events.push_back(ViewChanged{});
    } else if (auto* switched = std::get_if<SwitchPower>(&effect.body)) {
      power.push_back(*switched);
      events.push_back(EffectDone{effect.id, power_answer});
    } else if (auto* profile = std::get_if<WriteProfileStatus>(&effect.body)) {
      profile_statuses[profile->profile] = profile->status;
      ++profile_writes;
      events.push_back(EffectDone{effect.id, std::string()});
    } else if (auto* evict = std::get_if<EvictPod>(&effect.body)) {
      evictions.push_back(to_string(evict->pod));
      events.push_back(EffectDone{effect.id, eviction_answer});
      if (eviction_answer && pods_go) {
        world.erase_pod(evict->pod);
        events.push_back(ViewChanged{});
      }
    } else if (auto* announce = std::get_if<Announce>(&effect.body)) {
      news.push_back(*announce);
      events.push_back(EffectDone{effect.id, std::string()});
    }
  }
};

}  // namespace drover::test
