#include "core/ledger.h"

#include <rapidcheck.h>

#include "core/world.h"

namespace drover::test {
namespace {

constexpr Duration kCooldown = minutes{15};

MoveRecord record(const std::string& uid, Instant started, std::optional<Instant> ended,
                  MoveResult result = MoveResult::Succeeded) {
  return {.vm = "db",
          .vm_uid = "uid-db",
          .migration = uid,
          .migration_uid = uid,
          .started = started,
          .ended = ended,
          .result = ended ? result : MoveResult::InFlight};
}

class LedgerOf : public ::testing::Test {
 protected:
  LedgerOf() {
    w.add_node("n1");
    w.add_node("n2");
    w.add_vm("db", "n1");
    w.add_policy("policy");
  }
  [[nodiscard]] Ledger ledger(const std::vector<MoveRecord>& memory = {}) const {
    std::vector<const MoveRecord*> records;
    for (const MoveRecord& record : memory) records.push_back(&record);
    return {w.view, records, now};
  }
  void remember(std::vector<MoveRecord> moves) {
    w.change_policy("policy", [&](Policy& p) { p.status.moves = std::move(moves); });
  }
  [[nodiscard]] Instant ago(Duration d) const { return now - d; }

  World w;
  Instant now = w.now;
};

TEST_F(LedgerOf, AVmThatNeverMovedHoldsNothingBack) {
  EXPECT_FALSE(ledger().cooldown_ends("uid-db", kCooldown, now).has_value());
  EXPECT_FALSE(ledger().backoff_ends("uid-db", now).has_value());
  EXPECT_EQ(ledger().moves_in_day("uid-db", now), 0);
  EXPECT_FALSE(ledger().day_frees_at("uid-db", now).has_value());
  EXPECT_FALSE(ledger().cooldown_ends("nobody", kCooldown, now).has_value());
}

TEST_F(LedgerOf, OneMoveCoolsDownFromItsEnd) {
  remember({record("m1", ago(minutes{7}), ago(minutes{5}))});
  EXPECT_EQ(ledger().cooldown_ends("uid-db", kCooldown, now), now + minutes{10});
  EXPECT_EQ(ledger().cooldown_ends("uid-db", minutes{5}, now), std::nullopt) << "over to the second";
  EXPECT_EQ(ledger().moves_in_day("uid-db", now), 1);
  EXPECT_EQ(ledger().day_frees_at("uid-db", now), ago(minutes{7}) + hours{24});
  EXPECT_FALSE(ledger().backoff_ends("uid-db", now).has_value());
}

TEST_F(LedgerOf, EachFurtherMoveDoublesTheCooldownToSixHours) {
  std::vector<MoveRecord> moves;
  const Duration expected[] = {minutes{15}, minutes{30}, hours{1}, hours{2}, hours{4}, hours{6}, hours{6}, hours{6}};
  for (int n = 0; n < 8; ++n) {
    moves.push_back(record("m" + std::to_string(n), ago(hours{20 - n}), ago(hours{20 - n} - minutes{1})));
    remember(moves);
    const Instant last_end = ago(hours{20 - n} - minutes{1});
    EXPECT_EQ(ledger().cooldown_ends("uid-db", kCooldown, last_end), last_end + expected[n]) << n + 1 << " moves";
  }
}

TEST_F(LedgerOf, AHundredMovesCoolDownForSixHours) {
  std::vector<MoveRecord> moves;
  for (int n = 0; n < 100; ++n) moves.push_back(record("m" + std::to_string(n), ago(minutes{n + 1}), ago(minutes{n})));
  remember(moves);
  EXPECT_EQ(ledger().cooldown_ends("uid-db", kCooldown, now), now + hours{6});
}

TEST_F(LedgerOf, ALongerCooldownThanSixHoursHoldsAsWritten) {
  remember({record("m1", ago(minutes{1}), now), record("m2", ago(hours{30}), ago(hours{29}))});
  EXPECT_EQ(ledger().cooldown_ends("uid-db", hours{12}, now), now + hours{12});
  EXPECT_EQ(ledger().cooldown_ends("uid-db", Duration::max(), now), now + hours{48}) << "as far back as the ledger reaches";
  EXPECT_FALSE(ledger().cooldown_ends("uid-db", Duration::zero(), now).has_value());
  EXPECT_FALSE(ledger().cooldown_ends("uid-db", Duration::min(), now).has_value());
}

TEST_F(LedgerOf, MovesAreForgottenAfter48Hours) {
  remember({record("old", ago(hours{49}), ago(hours{48})), record("new", ago(hours{48}), ago(hours{48}) + seconds{1})});
  EXPECT_EQ(ledger().cooldown_ends("uid-db", hours{48}, now), now + seconds{1}) << "one of them counts, and is not doubled";
}

TEST_F(LedgerOf, AMoveThatEnded48HoursAgoNoLongerDoubles) {
  remember({record("old", ago(hours{49}), ago(hours{48})), record("new", ago(minutes{1}), now)});
  EXPECT_EQ(ledger().cooldown_ends("uid-db", kCooldown, now), now + kCooldown);
  remember({record("old", ago(hours{49}), ago(hours{48}) + seconds{1}), record("new", ago(minutes{1}), now)});
  EXPECT_EQ(ledger().cooldown_ends("uid-db", kCooldown, now), now + 2 * kCooldown);
}

TEST_F(LedgerOf, AFailureCoolsNothingDownButBacksOff) {
  remember({record("m1", ago(seconds{30}), ago(seconds{10}), MoveResult::Failed)});
  EXPECT_FALSE(ledger().cooldown_ends("uid-db", kCooldown, now).has_value());
  EXPECT_EQ(ledger().backoff_ends("uid-db", now), now + seconds{50});
  EXPECT_EQ(ledger().moves_in_day("uid-db", now), 0);
  EXPECT_FALSE(ledger().backoff_ends("uid-db", now + seconds{50}).has_value());
}

TEST_F(LedgerOf, EachFurtherFailureDoublesTheBackoffToSixHours) {
  std::vector<MoveRecord> moves;
  for (int n = 0; n < 12; ++n) {
    moves.push_back(record("m" + std::to_string(n), ago(minutes{n + 1}), ago(minutes{n}),
                           n % 2 == 0 ? MoveResult::Failed : MoveResult::Cancelled));
    remember(moves);
    const Duration expected = std::min<Duration>(seconds{60} * (1 << n), hours{6});
    EXPECT_EQ(ledger().backoff_ends("uid-db", now), now + expected) << n + 1 << " failures";
  }
}

TEST_F(LedgerOf, ASuccessEndsTheBackoff) {
  remember({record("m1", ago(minutes{9}), ago(minutes{8}), MoveResult::Failed),
            record("m2", ago(minutes{7}), ago(minutes{6}), MoveResult::Failed), record("m3", ago(minutes{5}), ago(minutes{4}))});
  EXPECT_FALSE(ledger().backoff_ends("uid-db", ago(minutes{4})).has_value());
  remember({record("m2", ago(minutes{7}), ago(minutes{6}), MoveResult::Failed), record("m3", ago(minutes{5}), ago(minutes{4})),
            record("m4", ago(minutes{1}), now, MoveResult::Failed)});
  EXPECT_EQ(ledger().backoff_ends("uid-db", now), now + seconds{60}) << "counted anew from the success";
}

TEST_F(LedgerOf, TheDayCountsMovesByTheirStartInFlightIncluded) {
  remember({record("a", ago(hours{24}), ago(hours{23})), record("b", ago(hours{24}) + seconds{1}, ago(hours{22})),
            record("c", ago(hours{1}), ago(minutes{50}), MoveResult::Failed), record("d", ago(minutes{1}), std::nullopt)});
  EXPECT_EQ(ledger().moves_in_day("uid-db", now), 2);
  EXPECT_EQ(ledger().day_frees_at("uid-db", now), now + seconds{1});
}

TEST_F(LedgerOf, MovesOfOtherVmsAndPoliciesAreKeptApartAndPutTogether) {
  MoveRecord other = record("x", ago(minutes{2}), ago(minutes{1}));
  other.vm_uid = "uid-web";
  remember({other});
  w.add_policy("second", [&](Policy& p) { p.status.moves = {record("m1", ago(minutes{2}), ago(minutes{1}))}; });
  w.add_policy("third", [&](Policy& p) { p.status.moves = {record("m2", ago(hours{2}), ago(hours{1}))}; });
  EXPECT_EQ(ledger().moves_in_day("uid-db", now), 2);
  EXPECT_EQ(ledger().moves_in_day("uid-web", now), 1);
}

// ---- the same answer from whatever the cluster still remembers

// What happened: one move that failed, then one that succeeded, both ours.
void happen(World& w, Instant now) {
  w.now = now - minutes{20};
  w.add_migration("m1", "db", "n2");
  w.now = now - minutes{19};
  w.finish("m1", MigrationPhase::Failed);
  w.now = now - minutes{10};
  w.add_migration("m2", "db", "n2");
  w.bind_target("m2");
  w.now = now - minutes{8};
  w.finish("m2");
}

std::vector<MoveRecord> records_of(Instant now) {
  return {record("uid-m2", now - minutes{10}, now - minutes{8}),
          record("uid-m1", now - minutes{20}, now - minutes{19}, MoveResult::Failed)};
}

void expect_both_moves(const Ledger& ledger, Instant now) {
  EXPECT_EQ(ledger.cooldown_ends("uid-db", kCooldown, now), now + minutes{7});
  EXPECT_FALSE(ledger.backoff_ends("uid-db", now).has_value());
  EXPECT_EQ(ledger.backoff_ends("uid-db", now - minutes{19}), std::nullopt);
  EXPECT_EQ(ledger.moves_in_day("uid-db", now), 1);
  EXPECT_EQ(ledger.day_frees_at("uid-db", now), now - minutes{10} + hours{24});
}

TEST_F(LedgerOf, MigrationsAloneTellIt) {
  happen(w, now);
  w.change_vm("db", [](Vm& vm) { vm.migration.reset(); });
  expect_both_moves(ledger(), now);
}

TEST_F(LedgerOf, StatusAloneTellsTheSame) {
  remember(records_of(now));
  expect_both_moves(ledger(), now);
}

TEST_F(LedgerOf, BothTogetherTellTheSame) {
  happen(w, now);
  remember(records_of(now));
  expect_both_moves(ledger(), now);
}

TEST_F(LedgerOf, MemoryAddsNothingToWhatTheClusterKnows) {
  happen(w, now);
  expect_both_moves(ledger(records_of(now)), now);
}

TEST_F(LedgerOf, MemoryKnowsWhatTheViewDoesNotShowYet) {
  expect_both_moves(ledger(records_of(now)), now);
}

TEST_F(LedgerOf, MovesWithoutAUidAreToldApartByName) {
  MoveRecord a = record("a", ago(minutes{2}), std::nullopt);
  MoveRecord b = record("b", ago(minutes{1}), std::nullopt);
  a.migration_uid = b.migration_uid = "";
  EXPECT_EQ(ledger({a, b, a}).moves_in_day("uid-db", now), 2);
}

TEST_F(LedgerOf, KubeVirtsLastStateTellsTheLastMove) {
  w.change_vm("db", [&](Vm& vm) {
    vm.migration = MigrationState{
        .migration_uid = "by-someone-else", .completed = true, .started = ago(minutes{10}), .ended = ago(minutes{8})};
  });
  EXPECT_EQ(ledger().cooldown_ends("uid-db", kCooldown, now), now + minutes{7}) << "another mover disturbed it as well";
  EXPECT_EQ(ledger().moves_in_day("uid-db", now), 1);
  w.change_vm("db", [](Vm& vm) {
    vm.migration->completed = false;
    vm.migration->failed = true;
  });
  EXPECT_EQ(ledger().backoff_ends("uid-db", ago(minutes{8})), ago(minutes{7}));
  w.change_vm("db", [](Vm& vm) {
    vm.migration->failed = false;
    vm.migration->abort_requested = true;
  });
  EXPECT_TRUE(ledger().backoff_ends("uid-db", ago(minutes{8})).has_value()) << "aborted";
}

TEST_F(LedgerOf, AMoveLastsFromTheEarliestTimeToldToTheLatest) {
  w.now = ago(minutes{10});
  w.add_migration("m1", "db", "n2");
  w.now = ago(minutes{8});
  w.finish("m1");
  remember({record("uid-m1", ago(minutes{9}), ago(minutes{7}))});
  w.change_vm("db", [&](Vm& vm) { vm.migration->ended = ago(minutes{9}); });
  EXPECT_EQ(ledger().day_frees_at("uid-db", now), ago(minutes{10}) + hours{24});
  EXPECT_EQ(ledger().cooldown_ends("uid-db", kCooldown, now), ago(minutes{7}) + kCooldown);
}

TEST_F(LedgerOf, EndsAreFoundWhereverKubeVirtKeepsThem) {
  happen(w, now);
  w.change_vm("db", [](Vm& vm) { vm.migration.reset(); });
  for (const std::string name : {"m1", "m2"}) w.change_migration(name, [](Migration& m) { m.ended.reset(); });
  expect_both_moves(ledger(), now);
}

TEST_F(LedgerOf, AStateWithAnEndOnlyStartedThen) {
  w.change_vm("db",
              [&](Vm& vm) { vm.migration = MigrationState{.migration_uid = "m", .completed = true, .ended = ago(minutes{3})}; });
  EXPECT_EQ(ledger().day_frees_at("uid-db", now), ago(minutes{3}) + hours{24});
}

TEST_F(LedgerOf, AStateWithoutTimesTellsNothing) {
  w.change_vm("db", [&](Vm& vm) { vm.migration = MigrationState{.migration_uid = "m", .source_node = "n1", .target_node = "n2"}; });
  EXPECT_EQ(ledger().moves_in_day("uid-db", now), 0);
}

TEST_F(LedgerOf, FailureIsBelievedWhoeverSaysIt) {
  happen(w, now);
  std::vector<MoveRecord> moves = records_of(now);
  moves[0].result = MoveResult::Failed;  // KubeVirt says Succeeded, but the VM was not on the target
  remember(moves);
  EXPECT_FALSE(ledger().cooldown_ends("uid-db", kCooldown, now).has_value());
  EXPECT_EQ(ledger().backoff_ends("uid-db", ago(minutes{8})), ago(minutes{8}) + seconds{120});
}

TEST_F(LedgerOf, AMoveThatVanishedCountsFromItsStart) {
  remember({record("gone", ago(minutes{5}), std::nullopt)});
  EXPECT_EQ(ledger().cooldown_ends("uid-db", kCooldown, now), now + minutes{10});
}

TEST_F(LedgerOf, MigrationsOfAnEarlierVmOfThatNameDoNotCount) {
  happen(w, now);
  w.change_vm("db", [&](Vm& vm) {
    vm.migration.reset();
    vm.created = ago(minutes{5});
  });
  EXPECT_EQ(ledger().moves_in_day("uid-db", now), 0);
}

TEST_F(LedgerOf, OtherMoversMigrationObjectsDoNotCount) {
  w.add_migration("evacuation", "db", "n2", [](Migration& m) { m.labels = {}; });
  w.finish("evacuation", MigrationPhase::Failed);
  w.change_vm("db", [](Vm& vm) { vm.migration.reset(); });
  EXPECT_FALSE(ledger().backoff_ends("uid-db", now).has_value());
}

TEST_F(LedgerOf, AMigrationInFlightCountsToTheDay) {
  w.add_migration("m1", "db", "n2");
  EXPECT_EQ(ledger().moves_in_day("uid-db", now), 1);
  EXPECT_FALSE(ledger().backoff_ends("uid-db", now).has_value());
}

// ---- clocks

TEST_F(LedgerOf, AClockPutBackForgetsNothing) {
  remember({record("m1", now + minutes{8}, now + minutes{10})});
  EXPECT_EQ(ledger().cooldown_ends("uid-db", kCooldown, now), now + minutes{25});
  EXPECT_EQ(ledger().moves_in_day("uid-db", now), 1);
  remember({record("m1", now + minutes{8}, now + minutes{10}, MoveResult::Failed)});
  EXPECT_EQ(ledger().backoff_ends("uid-db", now), now + minutes{11});
}

TEST_F(LedgerOf, TimesFromAWrongClockHoldAVmForHoursAtMost) {
  remember({record("m1", now + hours{24 * 365}, now + hours{24 * 365}), record("m2", now - minutes{1}, now + hours{7})});
  EXPECT_EQ(ledger().moves_in_day("uid-db", now), 0);
  EXPECT_FALSE(ledger().cooldown_ends("uid-db", kCooldown, now).has_value());
}

TEST_F(LedgerOf, TimesAtTheEndsOfTimeAreHarmless) {
  remember({record("a", Instant::min(), Instant::max()), record("b", Instant::max(), Instant::min()),
            record("c", Instant{}, Instant{})});
  EXPECT_EQ(ledger().moves_in_day("uid-db", now), 0);
  EXPECT_FALSE(ledger().cooldown_ends("uid-db", Duration::max(), now).has_value());
}

// The story of a VM, told by the status and by migrations in any split, gives one answer.
TEST_F(LedgerOf, AnySplitBetweenStatusAndMigrationsTellsTheSame) {
  const bool good = rc::check([this] {
    World story;
    story.add_node("n1");
    story.add_node("n2");
    story.add_vm("db", "n1");
    World split = story;
    std::vector<MoveRecord> all;
    std::vector<MoveRecord> some;
    Instant t = now - hours{60};
    const int count = *rc::gen::inRange(0, 12);
    for (int i = 0; i < count; ++i) {
      t += minutes{*rc::gen::inRange(1, 300)};
      const std::string name = "m" + std::to_string(i);
      const bool success = *rc::gen::arbitrary<bool>();
      const MoveRecord move = record("uid-" + name, t, t + minutes{1}, success ? MoveResult::Succeeded : MoveResult::Failed);
      t += minutes{1};
      all.push_back(move);
      const int where = *rc::gen::inRange(0, 3);  // status, migration, both
      if (where != 1) some.push_back(move);
      if (where == 0) continue;
      split.now = move.started;
      split.add_migration(name, "db", "n2");
      split.now = *move.ended;
      split.change_migration(name, [&](Migration& m) {
        m.phase = success ? MigrationPhase::Succeeded : MigrationPhase::Failed;
        m.ended = move.ended;
      });
    }
    story.add_policy("policy", [&](Policy& p) { p.status.moves = all; });
    split.add_policy("policy", [&](Policy& p) { p.status.moves = some; });
    const Ledger from_status(story.view, {}, now);
    const Ledger from_split(split.view, {}, now);
    RC_ASSERT((from_status.cooldown_ends("uid-db", kCooldown, now) == from_split.cooldown_ends("uid-db", kCooldown, now)));
    RC_ASSERT((from_status.backoff_ends("uid-db", now) == from_split.backoff_ends("uid-db", now)));
    RC_ASSERT(from_status.moves_in_day("uid-db", now) == from_split.moves_in_day("uid-db", now));
    RC_ASSERT((from_status.day_frees_at("uid-db", now) == from_split.day_frees_at("uid-db", now)));
  });
  EXPECT_TRUE(good);
}

TEST_F(LedgerOf, ATargetThatFailedIsLeftOutForLongerAndLonger) {
  w.change_node("n1", [&](Node& n) { n.ready_since = ago(hours{5}); });
  const auto failed_at = [&](const std::string& uid, const std::string& node, Duration before) {
    MoveRecord failed = record(uid, ago(before), ago(before), MoveResult::Failed);
    failed.target = node;
    return failed;
  };
  remember({failed_at("a", "n1", minutes{4}), failed_at("b", "n1", minutes{30}), failed_at("c", "n2", minutes{9}),
            failed_at("d", "gone", minutes{1}), failed_at("e", "n2", hours{40})});
  const std::map<std::string, Instant> both{{"n1", ago(minutes{4}) + minutes{20}}, {"n2", ago(minutes{9}) + minutes{20}}};
  EXPECT_EQ(ledger().failed_targets("uid-db", now), both);
  EXPECT_EQ(ledger().failed_targets("uid-db", now + hours{1}).size(), 0U);
  EXPECT_EQ(ledger().failed_targets("uid-web", now).size(), 0U);
  w.change_node("n1", [&](Node& n) { n.ready_since = ago(minutes{1}); });
  EXPECT_FALSE(ledger().failed_targets("uid-db", now).contains("n1")) << "it was away since";
  MoveRecord reached = record("f", ago(minutes{3}), ago(minutes{2}));
  reached.target = "n2";
  remember({failed_at("c", "n2", minutes{9}), reached});
  EXPECT_EQ(ledger().failed_targets("uid-db", now).size(), 0U) << "it has got there since";
}

}  // namespace
}  // namespace drover::test
