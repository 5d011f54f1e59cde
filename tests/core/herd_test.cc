// A herd of VMs under a core that is fed whatever may happen, seed by seed: signals that wander, a view that lags behind the API
// server, migrations that end well, badly or never, other movers, cordons, refused and lost calls, leaders that die. Whatever
// happens, the invariants hold, and the same seed decides the same.

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <set>

#include "base/hash.h"
#include "core/arbiter.h"
#include "core/step.h"
#include "core/window.h"
#include "world.h"

namespace drover::test {
namespace {

class Herd {
 public:
  explicit Herd(std::uint64_t seed) : random_(seed), core_(std::make_unique<Core>(CoreOptions{.signals = {.owner_promql = true}})) {
    const int nodes = 3 + pick(4);
    for (int i = 0; i < nodes; ++i) {
      w_.add_node("n" + std::to_string(i), [&](Node& n) { n.allocatable["cpu"] = 4000 * (1 + pick(3)); });
    }
    const int vms = 4 + pick(12);
    for (int i = 0; i < vms; ++i) {
      const std::string name = "vm" + std::to_string(i);
      w_.add_vm(name, "n" + std::to_string(pick(2)));
      vms_.push_back(key_of(name));
      signal_[key_of(name)] = 0.5;
    }
    const int policies = 1 + pick(2);
    for (int i = 0; i < policies; ++i) {
      w_.add_policy("policy" + std::to_string(i), [&](Policy& p) {
        auto& settings = std::get<ThresholdSettings>(p.spec.settings);
        settings.for_duration = seconds{pick(60)};
        settings.interval = seconds{5 + pick(30)};
        settings.minimum_gain = 0.01;
        p.spec.per_vm.cooldown = seconds{pick(60)};
        p.spec.per_vm.moves_per_day = 1 + pick(10);
        p.spec.budgets = {Budget{.migrations = 1 + pick(3)}};
        if (i > 0 && pick(3) == 0) p.spec.mode = PolicyMode::Recommend;
      });
    }
    step(LeadershipChanged{true});
  }

  // Something happens; then the oracles look.
  void turn() {
    switch (pick(12)) {
      case 0:
      case 1:
      case 2: pass(seconds{1 + pick(40)}); break;
      case 3: signal_[vms_[index(vms_.size())]] = pick(160) / 100.0; break;
      case 4: use_walks(); break;
      case 5: show_one(); break;
      case 6:
      case 7: advance_one(); break;
      case 8: another_mover(); break;
      case 9: w_.change_node("n" + std::to_string(pick(3)), [&](Node& n) { n.unschedulable = pick(3) == 0; }); break;
      case 10: answer_one(); break;
      case 11:
        if (pick(4) == 0) leader_dies();
        break;
      default: break;
    }
    // A watch lags by minutes at most: the client breaks off an idle one after five.
    while (!hidden_.empty() && w_.now - hidden_since_ > minutes{5}) show_one();
    step(ViewChanged{});
    oracles();
  }

  [[nodiscard]] std::uint64_t trace() const { return trace_; }
  [[nodiscard]] int moves() const { return moves_; }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<std::uint64_t>(below)); }
  std::size_t index(std::size_t below) { return static_cast<std::size_t>(random_() % below); }

  void step(const Event& event) {
    StepResult result = core_->step(w_.view, event, w_.now);
    wake_ = result.wake_at;
    for (const Violation& v : result.violations) ADD_FAILURE() << to_string(v.invariant) << ": " << v.detail;
    for (Effect& effect : result.effects) {
      if (const auto* sample = std::get_if<SampleSignal>(&effect.body)) {
        Result<SignalTable> table = SignalTable{.sampled = w_.now, .values = signal_};
        if (pick(10) == 0) table = Error{ErrorClass::Retryable, "down"};
        answers_.push_back(SignalSampled{effect.id, sample->policy, table});
      } else if (std::holds_alternative<SampleUse>(effect.body)) {
        answers_.push_back(UseSampled{effect.id, UseTable{.sampled = w_.now, .vms = use_}});
      } else if (const auto* create = std::get_if<CreateMigration>(&effect.body); create != nullptr && create->read_only) {
        answers_.push_back(EffectDone{effect.id, is_there(*create)});
      } else if (create != nullptr) {
        note("create " + create->name + " " + to_string(create->vm) + " " + create->target);
        answers_.push_back(EffectDone{effect.id, create->dry_run ? Result<std::string>(std::string()) : server_creates(*create)});
      } else if (const auto* cancel = std::get_if<CancelMigration>(&effect.body)) {
        note("cancel " + to_string(cancel->migration));
        const auto at = w_.view.migrations.find(cancel->migration);
        ASSERT_TRUE(at == w_.view.migrations.end() || at->second->labels.find(mark::kPolicyUid) != nullptr)
            << "cancelled another's migration";
        if (at != w_.view.migrations.end()) w_.erase_migration(to_string(cancel->migration));
        answers_.push_back(EffectDone{effect.id, std::string()});
      } else {
        answers_.push_back(
            EffectDone{effect.id, pick(20) == 0 ? Result<std::string>(Error{ErrorClass::Retryable, "x"}) : std::string()});
      }
    }
    if (pick(3) > 0) {
      while (!answers_.empty()) answer_one();
    }
  }

  void answer_one() {
    if (answers_.empty()) return;
    const Event event = answers_.front();
    answers_.erase(answers_.begin());
    step(event);
  }

  // The API server and KubeVirt's admission: one name once, one migration a VM. It may show in the view only later.
  Result<std::string> server_creates(const CreateMigration& create) {
    const ObjectKey key{create.vm.ns, create.name};
    if (pick(8) == 0) return Error{pick(2) == 0 ? ErrorClass::Retryable : ErrorClass::Invalid, "no"};
    EXPECT_FALSE(w_.view.migrations.contains(key)) << "a name twice";
    for (const auto& hidden : hidden_) {
      if (hidden.vm == create.vm) return Error{ErrorClass::Invalid, "in-flight migration detected"};
    }
    for (const Migration* m : w_.view.migrations_of(create.vm)) {
      EXPECT_TRUE(m->is_final()) << to_string(create.vm) << " would be in two moves";
    }
    hidden_.push_back(create);
    hidden_since_ = hidden_.size() == 1 ? w_.now : hidden_since_;
    ++moves_;
    const Policy& policy = *w_.view.policy(create.policy);
    const auto allowed = budget_at(policy.spec, {}, static_cast<std::int64_t>(vms_.size()), w_.now);
    std::int64_t flying = static_cast<std::int64_t>(hidden_.size());
    for (const auto& [k, m] : w_.view.migrations) {
      const bool ours = m->labels.find(mark::kPolicyUid) != nullptr;
      flying += (ours && !m->is_final()) || m->is_running() ? 1 : 0;
    }
    EXPECT_LE(flying, allowed) << "the budget of " << to_string(create.policy.key);
    if (pick(2) == 0) show_one();
    return std::string("uid-" + create.name);
  }

  [[nodiscard]] Result<std::string> is_there(const CreateMigration& question) const {
    const bool shown = w_.view.migrations.contains({question.vm.ns, question.name});
    const bool hidden = std::any_of(hidden_.begin(), hidden_.end(), [&](const auto& one) { return one.name == question.name; });
    if (!shown && !hidden) return Error{ErrorClass::NotFound, "no such migration"};
    return "uid-" + question.name;
  }

  void show_one() {
    if (hidden_.empty()) return;
    const CreateMigration create = hidden_.front();
    hidden_.erase(hidden_.begin());
    if (!w_.view.vms.contains(create.vm)) return;
    w_.add_migration(create);
  }

  void advance_one() {
    std::vector<const Migration*> open;
    for (const auto& [key, m] : w_.view.migrations) {
      if (!m->is_final()) open.push_back(m.get());
    }
    if (open.empty()) return;
    const Migration& m = *open[index(open.size())];
    const std::string name = to_string(m.key);
    const bool ours = m.labels.find(mark::kPolicyUid) != nullptr;
    if (m.phase == MigrationPhase::Pending && !m.added_node_selector.empty()) {
      w_.bind_target(name);
    } else if (pick(6) == 0) {
      w_.erase_migration(name);
    } else if (m.phase == MigrationPhase::Scheduled) {
      w_.finish(name, pick(8) == 0 ? MigrationPhase::Failed : MigrationPhase::Succeeded);
    } else if (!ours) {
      w_.finish(name, MigrationPhase::Failed);
    }
  }

  void another_mover() {
    const ObjectKey vm = vms_[index(vms_.size())];
    for (const Migration* m : w_.view.migrations_of(vm)) {
      if (!m->is_final()) return;
    }
    for (const auto& hidden : hidden_) {
      if (hidden.vm == vm) return;
    }
    w_.add_migration("other" + std::to_string(++others_), to_string(vm), "", [](Migration& m) {
      m.labels = {};
      m.annotations = {};
      m.added_node_selector = {};
    });
  }

  void use_walks() {
    for (const ObjectKey& vm : vms_) {
      if (pick(10) == 0) {
        use_.erase(vm);
      } else {
        use_[vm] = {.cpu_cores = pick(40) / 10.0, .cpu_delay_cores = pick(20) / 10.0, .memory_bytes = 1.0 * kGi};
      }
    }
  }

  void leader_dies() {
    note("leader dies");
    while (!hidden_.empty()) show_one();  // a new leader starts from a full list
    core_ = std::make_unique<Core>(CoreOptions{.signals = {.owner_promql = true}});
    answers_.clear();
    step(LeadershipChanged{true});
  }

  void pass(Duration time) {
    const Instant until = w_.now + time;
    for (int i = 0; i < 200 && wake_ && *wake_ <= until; ++i) {
      w_.now = std::max(w_.now, *wake_);
      step(Tick{});
    }
    w_.now = until;
    step(Tick{});
  }

  void oracles() {
    for (const ObjectKey& vm : vms_) {
      int flying = 0;
      for (const Migration* m : w_.view.migrations_of(vm)) flying += m->is_final() ? 0 : 1;
      for (const auto& hidden : hidden_) flying += hidden.vm == vm ? 1 : 0;
      EXPECT_LE(flying, 1) << to_string(vm);
    }
  }

  void note(const std::string& what) { trace_ = stable_hash(what, trace_); }

  std::mt19937_64 random_;
  World w_;
  std::unique_ptr<Core> core_;
  std::vector<ObjectKey> vms_;
  std::map<ObjectKey, double> signal_;
  std::map<ObjectKey, VmUse> use_;
  std::vector<Event> answers_;
  std::vector<CreateMigration> hidden_;  // the server has them, the view does not yet
  Instant hidden_since_{};
  std::optional<Instant> wake_;
  std::uint64_t trace_ = kHashSeed;
  int moves_ = 0;
  int others_ = 0;
};

TEST(HerdTest, InvariantsHoldWhateverHappens) {
  int moves = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Herd herd(seed);
    for (int i = 0; i < 250 && !::testing::Test::HasFailure(); ++i) herd.turn();
    moves += herd.moves();
    ASSERT_FALSE(::testing::Test::HasFailure());
  }
  EXPECT_GT(moves, 200) << "a herd that never moves proves nothing";
}

TEST(HerdTest, TheSameSeedDecidesTheSame) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Herd a(seed);
    Herd b(seed);
    for (int i = 0; i < 200; ++i) {
      a.turn();
      b.turn();
      ASSERT_EQ(a.trace(), b.trace()) << "seed " << seed << ", turn " << i;
    }
  }
}

}  // namespace
}  // namespace drover::test
