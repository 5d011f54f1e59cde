// The ledger's figures: what putting a row costs the loop while 10,000 moves a second are written, and how long a report of a year
// of 100 nodes takes. One JSON object a line.
//
// usage: bench_ledger [--seconds N (5)] [--rate N (10000)] [--nodes N (100)] [--days N (365)]
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "adapters/ledger_sqlite/sqlite_ledger.h"
#include "ledger/ledger_writer.h"
#include "report/report_text.h"

namespace drover {
namespace {

using SteadyClock = std::chrono::steady_clock;

class Quiet final : public Log, public Telemetry {
 public:
  void write(LogLevel level, std::string_view message, LogFields) override {
    if (level == LogLevel::Error || level == LogLevel::Warn) std::cerr << message << "\n";
  }
  void count(std::string_view, MetricLabels, double) override {}
  void gauge(std::string_view, MetricLabels, double) override {}
  void observe(std::string_view, MetricLabels, double) override {}
};

double seconds_since(SteadyClock::time_point begin) {
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

MoveRow move_of(std::size_t number) {
  return {.migration_uid = "5f0c2b1e-0000-4000-8000-" + std::to_string(number),
          .vm = {"shop", "web-" + std::to_string(number % 5000)},
          .source = "node-" + std::to_string(number % 97),
          .target = "node-" + std::to_string(number % 89),
          .policy = "pack",
          .reason = "node-12 is emptied: its VMs fit on 11 others",
          .succeeded = true,
          .started = Instant{seconds{1'790'000'000} + milliseconds{number}},
          .took = seconds{14},
          .downtime = milliseconds{90},
          .downtime_measured = false};
}

void bench_put(const std::string& file, int for_seconds, int rate) {
  Quiet quiet;
  LedgerWriter writer([&] { return open_sqlite_ledger(file, LedgerAccess::Write); }, quiet, quiet, {.writer = "bench"});
  std::vector<double> took;
  const std::size_t all = static_cast<std::size_t>(for_seconds) * static_cast<std::size_t>(rate);
  took.reserve(all);
  const auto begin = SteadyClock::now();
  for (std::size_t i = 0; i < all; ++i) {
    std::this_thread::sleep_until(begin + std::chrono::microseconds(i * 1'000'000 / static_cast<std::size_t>(rate)));
    LedgerRows rows;
    rows.moves.push_back(move_of(i));
    const auto before = SteadyClock::now();
    writer.put(std::move(rows));
    took.push_back(seconds_since(before));
  }
  const double put = seconds_since(begin);
  const bool written = writer.flush(minutes{5});
  const double whole = seconds_since(begin);
  const auto state = writer.state();
  std::sort(took.begin(), took.end());
  std::cout << R"({"bench":"power","case":"ledger-put","rows":)" << all << R"(,"rowsPerSecondPut":)"
            << static_cast<double>(all) / put << R"(,"rowsPerSecondWritten":)" << static_cast<double>(state.written) / whole
            << R"(,"dropped":)" << state.dropped << R"(,"allWritten":)" << (written ? "true" : "false") << R"(,"putP50Micros":)"
            << 1e6 * took[all / 2] << R"(,"putP99Micros":)" << 1e6 * took[all * 99 / 100] << R"(,"putMaxMicros":)"
            << 1e6 * took.back() << "}" << std::endl;
}

// A year as the operator leaves it, but for rows of an hour in place of five minutes: the sums by hour are the same.
bool fill_year(LedgerStore& store, int nodes, int days) {
  const Instant start{seconds{1'767'225'600}};  // 2026-01-01
  LedgerBatch batch{.writer = "bench", .number = 1, .rows = {}};
  for (int hour = 0; hour < 24 * days; ++hour) {
    for (int node = 0; node < nodes; ++node) {
      EnergyRow row;
      row.from = start + hours{hour};
      row.until = row.from + hours{1};
      row.node = "node-" + std::to_string(node);
      row.policy = "pack";
      row.state = hour % 24 < 7 && node % 3 != 0 ? EnergyState::Standby : EnergyState::On;
      row.source = "redfish/EnvironmentMetrics";
      row.cls = row.baseline = EnergyClass::Measured;
      row.joules = row.state == EnergyState::On ? 150 * 3600 : 8 * 3600;
      row.all_on_joules = row.state == EnergyState::On ? row.joules : 100 * 3600;
      batch.rows.energy.push_back(row);
    }
    if (hour % 24 == 0) {
      for (int move = 0; move < nodes; ++move)
        batch.rows.moves.push_back(move_of(static_cast<std::size_t>(10'000'000 + hour * nodes + move)));
    }
    if (batch.rows.size() < 20000 && hour + 1 < 24 * days) continue;
    if (const auto written = store.append(batch); !written) {
      std::cerr << written.error().message << "\n";
      return false;
    }
    ++batch.number;
    batch.rows = {};
  }
  return true;
}

bool bench_report(const std::string& file, int nodes, int days) {
  {
    const auto store = open_sqlite_ledger(file, LedgerAccess::Write);
    if (!store || !fill_year(**store, nodes, days)) return false;
  }
  const auto begin = SteadyClock::now();
  const auto store = open_sqlite_ledger(file, LedgerAccess::Read);
  if (!store) return false;
  const Instant until = (*store)->booked_until().value_or(std::nullopt).value_or(Instant{});
  const ReportQuestion question{
      .from = until - hours{24 * days}, .until = until, .price = Factor::constant(0.28), .carbon = Factor::constant(380)};
  const auto extract = (*store)->read(question.from, question.until);
  if (!extract) return false;
  const double read = seconds_since(begin);
  const std::string page = html_of(make_energy_report(*extract, question));
  std::cout << R"({"bench":"power","case":"ledger-report","nodes":)" << nodes << R"(,"days":)" << days << R"(,"nodeHours":)"
            << extract->nodes.size() << R"(,"moves":)" << extract->moves.size() << R"(,"readSeconds":)" << read
            << R"(,"wholeSeconds":)" << seconds_since(begin) << R"(,"pageBytes":)" << page.size() << "}" << std::endl;
  return true;
}

int option(const std::vector<std::string>& arguments, const std::string& name, int otherwise) {
  const auto at = std::find(arguments.begin(), arguments.end(), name);
  return at == arguments.end() || at + 1 == arguments.end() ? otherwise : std::atoi((at + 1)->c_str());
}

}  // namespace
}  // namespace drover

int main(int argc, char** argv) {
  using namespace drover;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  std::string folder = (std::filesystem::temp_directory_path() / "drover-bench-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;
  bench_put(folder + "/put.db", option(arguments, "--seconds", 5), option(arguments, "--rate", 10000));
  const bool reported = bench_report(folder + "/year.db", option(arguments, "--nodes", 100), option(arguments, "--days", 365));
  std::filesystem::remove_all(folder);
  return reported ? 0 : 1;
}
