// What every LedgerStore is held to.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>

#include "adapters/ledger_postgres/postgres_ledger.h"
#include "adapters/ledger_sql/schema.h"
#include "adapters/ledger_sqlite/sqlite_ledger.h"
#include "ledger/postgres_server.h"
#include "support/ledger_sample.h"

namespace drover::test {
namespace {

namespace fs = std::filesystem;

// One ledger, that can be opened several times.
class Place {
 public:
  virtual ~Place() = default;
  [[nodiscard]] virtual Result<std::unique_ptr<LedgerStore>> open(LedgerAccess access) = 0;
  virtual void run(const std::string& statements) = 0;  // beside the store
};

class SqlitePlace final : public Place {
 public:
  SqlitePlace() {
    std::string name = (fs::temp_directory_path() / "drover-ledger-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~SqlitePlace() override { fs::remove_all(folder_); }
  Result<std::unique_ptr<LedgerStore>> open(LedgerAccess access) override { return open_sqlite_ledger(file(), access); }
  void run(const std::string& statements) override {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, statements.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  [[nodiscard]] std::string file() const { return (folder_ / "ledger.db").string(); }

 private:
  fs::path folder_;
};

class PostgresPlace final : public Place {
 public:
  PostgresPlace() : address_(postgres_server().new_database()) {}
  Result<std::unique_ptr<LedgerStore>> open(LedgerAccess access) override { return open_postgres_ledger(address_, access); }
  void run(const std::string& statements) override {
    postgres_server().run(address_.substr(address_.find("dbname=") + 7), statements);
  }

 private:
  std::string address_;
};

struct Kind {
  const char* name;
  std::unique_ptr<Place> (*make)();
};
void PrintTo(const Kind& kind, std::ostream* out) {
  *out << kind.name;
}

class LedgerConformance : public testing::TestWithParam<Kind> {
 protected:
  std::unique_ptr<LedgerStore> open(LedgerAccess access = LedgerAccess::Write) {
    auto opened = place->open(access);
    if (!opened) ADD_FAILURE() << to_string(opened.error());
    return opened ? std::move(opened).value() : nullptr;
  }
  static LedgerExtract all_of(LedgerStore& store) {
    auto read = store.read(kLedgerStart - hours{24}, kLedgerStart + hours{48});
    if (!read) ADD_FAILURE() << to_string(read.error());
    return read.value_or({});
  }
  static double joules_of(const LedgerExtract& extract) {
    return std::accumulate(extract.nodes.begin(), extract.nodes.end(), 0.0,
                           [](double sum, const NodeHour& hour) { return sum + hour.joules; });
  }
  static LedgerBatch batch(std::int64_t number, std::vector<EnergyRow> rows, const std::string& writer = "w") {
    LedgerBatch made{.writer = writer, .number = number, .rows = {}};
    made.rows.energy = std::move(rows);
    return made;
  }

  const std::unique_ptr<Place> place = GetParam().make();
};

TEST_P(LedgerConformance, SumsWhatNodesDrewByTheHour) {
  const auto store = open();
  ASSERT_TRUE(store->append(batch(1, {energy_row(0), energy_row(1), energy_row(12), energy_row(0, "n2")})));
  const LedgerExtract all = all_of(*store);
  ASSERT_EQ(all.nodes.size(), 3U);
  const auto first = std::find_if(all.nodes.begin(), all.nodes.end(),
                                  [](const NodeHour& h) { return h.node == "n1" && h.hour == hour_of(kLedgerStart); });
  ASSERT_NE(first, all.nodes.end());
  EXPECT_EQ(first->joules, 2 * 60 * 300);
  EXPECT_EQ(first->all_on_joules, 2 * 100 * 300);
  EXPECT_EQ(first->copy_joules, 6);
  EXPECT_EQ(first->overloaded_seconds, 2);
  EXPECT_EQ(first->known_load_seconds, 580);
  EXPECT_EQ(first->seconds, 600);
  EXPECT_EQ(first->policy, "pack");
  EXPECT_EQ(first->source, "model");
  EXPECT_EQ(first->state, EnergyState::On);
  EXPECT_EQ(first->cls, EnergyClass::Modelled);
  EXPECT_TRUE(first->input);
}

TEST_P(LedgerConformance, KeepsSourcesAndClassesApart) {
  const auto store = open();
  EnergyRow metered = energy_row(0);
  metered.source = "redfish";
  metered.cls = EnergyClass::Derived;
  metered.baseline = EnergyClass::Measured;
  metered.input = false;
  ASSERT_TRUE(store->append(batch(1, {energy_row(0), metered})));
  const LedgerExtract all = all_of(*store);
  ASSERT_EQ(all.nodes.size(), 2U);
  const NodeHour& derived = all.nodes[0].source == "redfish" ? all.nodes[0] : all.nodes[1];
  EXPECT_EQ(derived.cls, EnergyClass::Derived);
  EXPECT_EQ(derived.baseline, EnergyClass::Measured);
  EXPECT_FALSE(derived.input);
}

TEST_P(LedgerConformance, ABatchIsWrittenOnceHoweverOftenItIsSent) {
  const auto store = open();
  LedgerBatch sent = batch(1, {energy_row(0)});
  sent.rows.shares.push_back({.from = kLedgerStart,
                              .until = kLedgerStart + hours{1},
                              .vm = {"shop", "web"},
                              .source = "model",
                              .cls = EnergyClass::Modelled,
                              .joules = 7});
  ASSERT_TRUE(store->append(sent));
  ASSERT_TRUE(store->append(sent));
  const auto another = open();
  ASSERT_TRUE(another->append(sent));
  const LedgerExtract all = all_of(*store);
  EXPECT_EQ(joules_of(all), 60 * 300);
  ASSERT_EQ(all.namespaces.size(), 1U);
  EXPECT_EQ(all.namespaces[0].joules, 7);
}

TEST_P(LedgerConformance, ARowWithAKeyIsWrittenOnceWhateverBatchItComesIn) {
  const auto store = open();
  LedgerBatch first = batch(1, {energy_row(0)});
  first.rows.moves.push_back(move_row("m1"));
  LedgerBatch second = batch(2, {energy_row(0), energy_row(1)}, "another");
  second.rows.moves.push_back(move_row("m1"));
  ASSERT_TRUE(store->append(first));
  ASSERT_TRUE(store->append(second));
  const LedgerExtract all = all_of(*store);
  EXPECT_EQ(joules_of(all), 2 * 60 * 300);
  EXPECT_EQ(all.moves.size(), 1U);
}

TEST_P(LedgerConformance, GivesBackEveryRowAsItWas) {
  const auto store = open();
  LedgerBatch sent = batch(1, {});
  const MoveRow estimated = move_row("m1");
  MoveRow failed = move_row("m2", kLedgerStart + seconds{1});
  failed.succeeded = false;
  failed.downtime = std::nullopt;
  failed.reason = "it's \"quoted\"; DROP TABLE moves; -- ü";
  sent.rows.moves = {estimated, failed};
  const LifeRow woke{.at = kLedgerStart + seconds{3},
                     .node = "n1",
                     .event = NodeEvent::Woke,
                     .policy = "pack",
                     .took = seconds{95},
                     .reason = "a VM waits"};
  sent.rows.lives = {woke};
  sent.rows.held = {
      {.from = kLedgerStart, .until = kLedgerStart + minutes{5}, .policy = "pack", .node = "n2", .held_by = "a pod", .joules = 5},
      {.from = kLedgerStart + minutes{5},
       .until = kLedgerStart + minutes{10},
       .policy = "pack",
       .node = "n2",
       .held_by = "a pod",
       .joules = 6}};
  sent.rows.floors = {{.from = kLedgerStart, .until = kLedgerStart + minutes{5}, .joules = 5},
                      {.from = kLedgerStart + minutes{5}, .until = kLedgerStart + minutes{10}, .joules = 6}};
  const MarkRow mark{
      .at = kLedgerStart, .until = kLedgerStart + hours{24}, .kind = MarkKind::Holdout, .subject = "pack", .note = "one day in 14"};
  sent.rows.marks = {mark};
  ASSERT_TRUE(store->append(sent));
  const LedgerExtract all = all_of(*store);
  EXPECT_EQ(all.moves, (std::vector{estimated, failed}));
  EXPECT_EQ(all.lives, std::vector{woke});
  ASSERT_EQ(all.held.size(), 1U);
  EXPECT_EQ(all.held[0].until - all.held[0].from, minutes{10});
  EXPECT_EQ(all.held[0].joules, 11);
  EXPECT_EQ(all.floors, (std::vector<FloorRow>{{.from = kLedgerStart, .until = kLedgerStart + minutes{10}, .joules = 11}}));
  EXPECT_EQ(all.marks, std::vector{mark});
}

TEST_P(LedgerConformance, VmsAreSummedByDayAndNamespacesByHour) {
  const auto store = open();
  LedgerBatch sent = batch(1, {});
  for (const char* vm : {"web", "db"}) {
    for (int hour = 0; hour < 2; ++hour) {
      sent.rows.shares.push_back({.from = kLedgerStart + hours{hour},
                                  .until = kLedgerStart + hours{hour + 1},
                                  .vm = {"shop", vm},
                                  .source = "model",
                                  .cls = EnergyClass::Modelled,
                                  .joules = 10,
                                  .demanded = 3600,
                                  .served = 3000,
                                  .lost_to_copies = 1});
    }
  }
  ASSERT_TRUE(store->append(sent));
  const LedgerExtract all = all_of(*store);
  ASSERT_EQ(all.namespaces.size(), 2U);
  EXPECT_EQ(all.namespaces[0].joules, 20);
  ASSERT_EQ(all.vms.size(), 2U);
  EXPECT_EQ(all.vms[0].joules, 20);
  EXPECT_EQ(all.vms[0].demanded, 7200);
  EXPECT_EQ(all.vms[0].served, 6000);
  EXPECT_EQ(all.vms[0].lost_to_copies, 2);
}

TEST_P(LedgerConformance, ReadsTheHoursAskedFor) {
  const auto store = open();
  ASSERT_TRUE(store->append(batch(1, {energy_row(0), energy_row(12), energy_row(24)})));
  const auto read = store->read(kLedgerStart + minutes{65}, kLedgerStart + minutes{70});
  ASSERT_TRUE(read);
  ASSERT_EQ(read->nodes.size(), 1U);
  EXPECT_EQ(read->nodes[0].hour, hour_of(kLedgerStart) + 1);
  EXPECT_EQ(store->read(kLedgerStart, kLedgerStart + hours{1})->nodes.size(), 1U);
}

TEST_P(LedgerConformance, SaysUntilWhenNodesAreBooked) {
  const auto store = open();
  EXPECT_EQ(store->booked_until().value(), std::nullopt);
  EnergyRow longer = energy_row(3);
  longer.until += minutes{20};
  EnergyRow short_one = energy_row(4, "n2");
  ASSERT_TRUE(store->append(batch(1, {energy_row(0), longer, short_one})));
  EXPECT_EQ(store->booked_until().value(), longer.until);
}

TEST_P(LedgerConformance, AReaderSeesWhatWasWrittenWhileTheWriterGoesOn) {
  const auto writer = open();
  ASSERT_TRUE(writer->append(batch(1, {energy_row(0)})));
  const auto reader = open(LedgerAccess::Read);
  EXPECT_EQ(joules_of(all_of(*reader)), 60 * 300);
  ASSERT_TRUE(writer->append(batch(2, {energy_row(1)})));
  EXPECT_EQ(joules_of(all_of(*reader)), 2 * 60 * 300);
}

TEST_P(LedgerConformance, AReaderWritesNothing) {
  ASSERT_NE(open(), nullptr);
  const auto reader = open(LedgerAccess::Read);
  const auto refused = reader->append(batch(1, {energy_row(0)}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cls, ErrorClass::Denied);
}

TEST_P(LedgerConformance, WithoutALedgerAReaderIsToldSo) {
  const auto refused = place->open(LedgerAccess::Read);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cls, ErrorClass::NotFound) << refused.error().message;
}

TEST_P(LedgerConformance, AnOldSchemaIsBroughtUpToDateAndKeepsWhatItHas) {
  place->run("CREATE TABLE ledger_version (version BIGINT NOT NULL); INSERT INTO ledger_version VALUES (1);" +
             std::string(ledger_schema_steps()[0]) + "INSERT INTO node_hours VALUES (" + std::to_string(hour_of(kLedgerStart)) +
             ", 'n1', '', 'on', 'model', 'modelled', 1, 'modelled', 3600, 42, 43, 0, 0);");
  const auto early = place->open(LedgerAccess::Read);
  ASSERT_FALSE(early);
  EXPECT_NE(early.error().message.find("version 1"), std::string::npos) << early.error().message;
  const auto store = open();
  EXPECT_EQ(joules_of(all_of(*store)), 42);
  EXPECT_EQ(all_of(*store).nodes.at(0).known_load_seconds, 3600);
  LedgerBatch sent = batch(1, {});
  sent.rows.marks.push_back({.at = kLedgerStart, .until = kLedgerStart, .kind = MarkKind::NodeAdded, .subject = "n1", .note = ""});
  EXPECT_TRUE(store->append(sent));
  EXPECT_NE(open(LedgerAccess::Read), nullptr);
}

TEST_P(LedgerConformance, ANewerSchemaIsRefusedByItsVersion) {
  ASSERT_NE(open(), nullptr);
  place->run("UPDATE ledger_version SET version = 99");
  for (const LedgerAccess access : {LedgerAccess::Write, LedgerAccess::Read}) {
    const auto refused = place->open(access);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().cls, ErrorClass::Invalid);
    EXPECT_NE(refused.error().message.find("version 99"), std::string::npos) << refused.error().message;
  }
}

TEST_P(LedgerConformance, AFailedBatchLeavesNothingAndCanBeSentAgain) {
  const auto store = open();
  place->run("DROP TABLE marks");
  LedgerBatch sent = batch(1, {energy_row(0)});
  sent.rows.marks.push_back({.at = kLedgerStart, .until = kLedgerStart, .kind = MarkKind::NodeAdded, .subject = "n1", .note = ""});
  EXPECT_FALSE(store->append(sent));
  place->run(
      "CREATE TABLE marks (at_ns BIGINT NOT NULL, until_ns BIGINT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, "
      "note TEXT NOT NULL, PRIMARY KEY (at_ns, kind, subject))");
  EXPECT_EQ(store->booked_until().value(), std::nullopt);
  ASSERT_TRUE(store->append(sent));
  EXPECT_EQ(joules_of(all_of(*store)), 60 * 300);
}

INSTANTIATE_TEST_SUITE_P(, LedgerConformance,
                         testing::Values(Kind{"sqlite", []() -> std::unique_ptr<Place> { return std::make_unique<SqlitePlace>(); }},
                                         Kind{"postgres",
                                              []() -> std::unique_ptr<Place> { return std::make_unique<PostgresPlace>(); }}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(PostgresLedger, RefusesAPasswordInTheConnectionStringAndDoesNotRepeatIt) {
  for (const char* text : {"postgresql://drover:hunter2@db.example/books", "host=db.example password=hunter2"}) {
    const auto refused = open_postgres_ledger(text, LedgerAccess::Read);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().cls, ErrorClass::Invalid);
    EXPECT_EQ(refused.error().message.find("hunter2"), std::string::npos) << refused.error().message;
    EXPECT_NE(refused.error().message.find("PGPASSFILE"), std::string::npos);
  }
  const auto unreadable = open_postgres_ledger("password=hunter2 nonsense", LedgerAccess::Read);
  ASSERT_FALSE(unreadable);
  EXPECT_EQ(unreadable.error().message.find("hunter2"), std::string::npos) << unreadable.error().message;
}

TEST(PostgresLedger, OneThatIsAwayIsRetryableAndOneThatComesBackHasAllThatWasCommitted) {
  PostgresServer server;
  const std::string address = server.new_database();
  auto store = open_postgres_ledger(address, LedgerAccess::Write).value();
  LedgerBatch sent{.writer = "w", .number = 1, .rows = {}};
  sent.rows.energy = {energy_row(0)};
  ASSERT_TRUE(store->append(sent));
  server.stop();
  sent.number = 2;
  sent.rows.energy = {energy_row(1)};
  const auto away = store->append(sent);
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().cls, ErrorClass::Retryable);
  const auto still = open_postgres_ledger(address, LedgerAccess::Write);
  ASSERT_FALSE(still);
  EXPECT_EQ(still.error().cls, ErrorClass::Retryable) << still.error().message;
  server.start();
  store = open_postgres_ledger(address, LedgerAccess::Write).value();
  ASSERT_TRUE(store->append(sent));
  EXPECT_EQ(store->booked_until().value(), kLedgerStart + 2 * kLedgerInterval);
}

TEST(SqliteLedger, RefusesWhatIsNoLedger) {
  const auto missing = open_sqlite_ledger("/nonexistent/ledger.db", LedgerAccess::Write);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().cls, ErrorClass::Denied);
  EXPECT_NE(missing.error().message.find("folder"), std::string::npos);
  const auto text = open_sqlite_ledger(std::string(DROVER_SOURCE_DIR) + "/README.md", LedgerAccess::Read);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().cls, ErrorClass::Invalid) << to_string(text.error());
}

}  // namespace
}  // namespace drover::test
