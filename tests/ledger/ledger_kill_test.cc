// A process that writes the ledger is killed in the midst of it, again and again; each time another takes over. Nothing that it was
// told is written may be missing, nothing may be there twice, and the sums must be those of the rows.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>

#include "adapters/ledger_sqlite/sqlite_ledger.h"
#include "support/ledger_sample.h"
#include "support/temporary_folder.h"

namespace drover::test {
namespace {

constexpr int kKills = 50;
constexpr int kNodes = 5;

// Writes intervals from where the ledger ends, each as one batch, and tells the pipe the last that is written. Never returns.
[[noreturn]] void write_on(const std::string& file, int life, int pipe) {
  auto store = open_sqlite_ledger(file, LedgerAccess::Write);
  if (!store) _exit(2);
  const auto booked = (*store)->booked_until();
  if (!booked) _exit(3);
  std::int64_t interval = booked->has_value() ? (**booked - kLedgerStart) / kLedgerInterval : 0;
  for (std::int64_t number = 1;; ++number, ++interval) {
    LedgerBatch batch{.writer = "life-" + std::to_string(life), .number = number, .rows = {}};
    for (int node = 0; node < kNodes; ++node) batch.rows.energy.push_back(energy_row(interval, "n" + std::to_string(node)));
    batch.rows.shares.push_back({.from = kLedgerStart + interval * kLedgerInterval,
                                 .until = kLedgerStart + (interval + 1) * kLedgerInterval,
                                 .vm = {"shop", "web"},
                                 .source = "model",
                                 .cls = EnergyClass::Modelled,
                                 .joules = 1});
    batch.rows.moves.push_back(move_row("m" + std::to_string(interval), kLedgerStart + interval * kLedgerInterval));
    if (!(*store)->append(batch)) _exit(4);
    if (write(pipe, &interval, sizeof interval) != sizeof interval) _exit(5);
  }
}

double one_number(const std::string& file, const char* query) {
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  double number = -1;
  const auto take = [](void* into, int, char** values, char**) {
    *static_cast<double*>(into) = values[0] != nullptr ? std::stod(values[0]) : 0;
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(db, query, take, &number, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
  return number;
}

// Lets a child write until it has told of so many batches, and `more` microseconds on; the last interval that it told of.
std::int64_t write_and_be_killed(const std::string& file, int life, int batches, useconds_t more) {
  int ends[2];  // NOLINT(modernize-avoid-c-arrays): as pipe() takes them
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) write_on(file, life, ends[1]);
  close(ends[1]);
  std::int64_t last = -1;
  for (int i = 0; i < batches; ++i) {
    if (read(ends[0], &last, sizeof last) != sizeof last) break;
  }
  usleep(more);  // not awaited: where in its writing it is hit is what differs from kill to kill
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
  while (read(ends[0], &last, sizeof last) == sizeof last) {
  }
  close(ends[0]);
  return last;
}

TEST(LedgerKilled, FiftyTimesLosesNothingThatWasWrittenAndHasNothingTwice) {
  const TemporaryFolder folder;
  const std::string file = folder.path("ledger.db");
  for (int life = 0; life < kKills; ++life) {
    const std::int64_t last = write_and_be_killed(file, life, 1 + life % 4, static_cast<useconds_t>(37 * life));
    const auto written = one_number(file, "SELECT COUNT(DISTINCT from_ns) FROM energy");
    ASSERT_GE(written, static_cast<double>(last + 1)) << "kill " << life;
    ASSERT_LE(written, static_cast<double>(last + 2)) << "kill " << life;  // the one that was not told of may be whole, too
    ASSERT_EQ(one_number(file, "SELECT COUNT(*) FROM energy"), written * kNodes) << "kill " << life;
    ASSERT_EQ(one_number(file, "SELECT SUM(joules) FROM node_hours"), written * kNodes * 60 * 300) << "kill " << life;
    ASSERT_EQ(one_number(file, "SELECT SUM(joules) FROM energy"), written * kNodes * 60 * 300) << "kill " << life;
    ASSERT_EQ(one_number(file, "SELECT SUM(joules) FROM namespace_hours"), written) << "kill " << life;
    ASSERT_EQ(one_number(file, "SELECT SUM(joules) FROM vm_days"), written) << "kill " << life;
    ASSERT_EQ(one_number(file, "SELECT COUNT(*) FROM moves"), written) << "kill " << life;
    ASSERT_EQ(one_number(file, "SELECT (MAX(until_ns) - MIN(from_ns)) / 300000000000 FROM energy"), written) << "no gap";
  }
}

}  // namespace
}  // namespace drover::test
