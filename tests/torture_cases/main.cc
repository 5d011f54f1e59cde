// tests/torture: simulated data centres with faults, seed by seed, before the oracles.
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <thread>

#include "torture_cases/judge.h"
#include "torture_cases/shrink.h"
#include "torture_cases/workers.h"

namespace drover::torture {
namespace {

constexpr int kShrinkRuns = 60;

constexpr const char* kHelp =
    R"(usage: tests/torture [--seeds N] [--first-seed S] [OPTION...]
Simulates data centres that Drover's core runs, one for each seed, with every fault there is, and checks the design's invariants after
every event. A case that fails is printed with its seed, made as small as it goes, and the command that replays it.
  --seeds N        how many seeds (100)
  --first-seed S   the first of them (1)
  --jobs N         processes (one for each core)
  --no-shrink      leave failing cases as they are
  --show           print each case before it runs
  --trace          print each effect that is carried out, and nothing but what the case comes to
  --oracle NAME    listen to this oracle alone
To replay a case that was made smaller:
  --without NAME   without this dial, deed, or "policy NAME"; can be given more than once
  --nodes N        at most so many nodes
  --vms N          at most so many VMs of each group
  --busy-hours N   at most so many hours with faults
The last line is "N passed, N failed"; the exit code is 1 if any failed, 2 for wrong usage.
)";

struct Options {
  Work work{.first_seed = 1, .seeds = 100, .processes = 1};
  Trims trims;
  bool shrink = true;
  bool show = false;
  bool trace = false;
  std::string oracle;
};

template <typename T>
bool read_number(const char* text, T least, T& number) {
  if (text == nullptr) return false;
  const char* end = text + std::strlen(text);
  const auto [at, error] = std::from_chars(text, end, number);
  return error == std::errc{} && at == end && number >= least;
}

// The exit code if the run ends here.
std::optional<int> read_options(int argc, char** argv, Options& options) {
  options.work.processes = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
    bool good = true;
    if (name == "--help" || name == "-h") {
      std::fputs(kHelp, stdout);
      return 0;
    }
    if (name == "--no-shrink" || name == "--show" || name == "--trace") {
      options.show = options.show || name == "--show";
      options.trace = options.trace || name == "--trace";
      options.shrink = options.shrink && name == "--show";
      continue;
    }
    ++i;
    if (name == "--seeds") {
      good = read_number<std::uint64_t>(value, 1, options.work.seeds);
    } else if (name == "--first-seed") {
      good = read_number<std::uint64_t>(value, 0, options.work.first_seed);
    } else if (name == "--jobs") {
      good = read_number<int>(value, 1, options.work.processes) && options.work.processes <= 256;
    } else if (name == "--nodes") {
      good = read_number<std::size_t>(value, 1, options.trims.nodes.emplace());
    } else if (name == "--vms") {
      good = read_number<std::size_t>(value, 1, options.trims.vms.emplace());
    } else if (name == "--busy-hours") {
      good = read_number<int>(value, 1, options.trims.busy_hours.emplace());
    } else if (name == "--without" && value != nullptr) {
      options.trims.without.insert(value);
    } else if (name == "--oracle" && value != nullptr) {
      options.oracle = value;
    } else if (name == "--without" || name == "--oracle") {
      good = false;
    } else {
      std::fprintf(stderr, "torture: there is no option %s; see --help\n", argv[i - 1]);
      return 2;
    }
    if (good) continue;
    std::fprintf(stderr, "torture: %s: '%s' does not do; see --help\n", argv[i - 1], value == nullptr ? "" : value);
    return 2;
  }
  return std::nullopt;
}

std::string words_of(const Case& drawn, const Complaint& complaint) {
  return "  " + complaint.oracle + ", after " + to_string(std::chrono::floor<milliseconds>(complaint.at - drawn.scenario.start)) +
         ": " + complaint.words + "\n  replay: tests/torture --seeds 1 --first-seed " + std::to_string(drawn.seed) +
         options_of(drawn.trims) + "\n";
}

std::string judge_seed(const Options& options, std::uint64_t seed) {
  const Case drawn = draw_case(seed, options.trims);
  if (options.show) std::printf("seed %llu\n%s\n", static_cast<unsigned long long>(seed), describe(drawn).c_str());
  std::fflush(stdout);
  if (const std::string problem = sim::problem_of(drawn.scenario); !problem.empty()) {
    return "  the case cannot be simulated: " + problem + "\n";
  }
  const Verdict verdict = options.trace ? run_once(drawn, options.oracle, stdout) : judge(drawn, options.oracle);
  if (options.show) {
    std::printf("  seed %llu: %llu events, %zu moves, %zu decisions, hash %s\n", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(verdict.events), verdict.moves, verdict.decisions, verdict.hash.c_str());
    std::fflush(stdout);
  }
  if (!verdict.complaint) return "";
  std::string text = describe(drawn) + "\n" + words_of(drawn, *verdict.complaint);
  if (!options.shrink) return text;
  const Shrunk shrunk = shrink(drawn, *verdict.complaint, kShrinkRuns);
  if (shrunk.drawn.trims == drawn.trims) return text + "  (nothing of it can be left out)\n";
  return text + "made smaller in " + std::to_string(shrunk.runs) + " runs:\n" + describe(shrunk.drawn) + "\n" +
         words_of(shrunk.drawn, shrunk.complaint);
}

int run(int argc, char** argv) {
  Options options;
  if (const auto code = read_options(argc, argv, options)) return *code;
  const bool lively = isatty(STDERR_FILENO) != 0;
  std::uint64_t done = 0;
  const auto started = std::chrono::steady_clock::now();
  const Tally tally = judge_all(
      options.work, [&](std::uint64_t seed) { return judge_seed(options, seed); },
      [&](std::uint64_t seed, const std::string& failure) {
        ++done;
        if (lively)
          std::fprintf(stderr, "\r%llu of %llu seeds ", static_cast<unsigned long long>(done),
                       static_cast<unsigned long long>(options.work.seeds));
        if (failure.empty()) return;
        std::printf("seed %llu FAILED\n%s", static_cast<unsigned long long>(seed), failure.c_str());
        std::fflush(stdout);
      });
  if (lively) std::fputs("\r", stderr);
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  std::printf("seeds %llu to %llu in %.0f s\n", static_cast<unsigned long long>(options.work.first_seed),
              static_cast<unsigned long long>(options.work.first_seed + options.work.seeds - 1), took);
  std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(tally.passed),
              static_cast<unsigned long long>(tally.failed));
  return tally.failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace drover::torture

int main(int argc, char** argv) {
  return drover::torture::run(argc, argv);
}
