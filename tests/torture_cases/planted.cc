// Whether the oracles catch the bugs that are planted in a copy of the sources (planted.h): torture_planted BUG. Runs seeds
// until the oracle of the bug's invariant complains; exit code 1 if it stays silent.
#include "torture_cases/planted.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "torture_cases/judge.h"

namespace drover::torture {
namespace {

constexpr std::uint64_t kSeeds = 200;

struct Planted {
  Bug bug;
  std::string_view name;
  const char* oracle;
  const char* dial = nullptr;  // without which nothing comes of it: seeds that do not turn it are passed over
  std::uint64_t first = 1;     // seed: near one that showed it last, so that it is found soon
};

constexpr std::array kPlanted = {
    Planted{Bug::PowersOffWithVms, "PowersOffWithVms", "EmptyBeforeOff"},
    Planted{Bug::ForgetsMovesUnderWay, "ForgetsMovesUnderWay", "NoVmInTwoMoves"},
    Planted{Bug::BelievesNotFoundTooEarly, "BelievesNotFoundTooEarly", "AnswersAreTrue", "answers-lost", 130},
    Planted{Bug::IgnoresBudgets, "IgnoresBudgets", "LimitsHold", nullptr, 20},
    Planted{Bug::IgnoresKubeVirtLimits, "IgnoresKubeVirtLimits", "LimitsHold"},
    Planted{Bug::IgnoresCooldowns, "IgnoresCooldowns", "OwnersTimesHold"},
    Planted{Bug::IgnoresWindows, "IgnoresWindows", "OwnersTimesHold"},
    Planted{Bug::IgnoresReserve, "IgnoresReserve", "ReserveStays", nullptr, 80},
    Planted{Bug::IgnoresRoom, "IgnoresRoom", "TargetFits"},
    Planted{Bug::LeavesMarks, "LeavesMarks", "MarksAccountedFor"},
    Planted{Bug::MarksUnderOldVersion, "MarksUnderOldVersion", "MarksAccountedFor", "answers-lost", 460},
    Planted{Bug::ActsWithoutLeading, "ActsWithoutLeading", "OnlyTheLeaderActs"},
    Planted{Bug::ActsAfterLeaseLost, "ActsAfterLeaseLost", "OnlyTheLeaderActs"},
    Planted{Bug::NeverRests, "NeverRests", "Settles"},
    Planted{Bug::DecidesByChance, "DecidesByChance", "SameSeedSameDecisions"},
    Planted{Bug::BlocksArrivals, "BlocksArrivals", "NothingLost", nullptr, 138},
    Planted{Bug::GivesUpWaking, "GivesUpWaking", "NoNodeStaysLost", "boots-never", 28},
};

int run(std::string_view name) {
  const auto* at = std::find_if(kPlanted.begin(), kPlanted.end(), [&](const Planted& planted) { return planted.name == name; });
  if (at == kPlanted.end()) {
    std::fprintf(stderr, "torture_planted: there is no bug %s\n", std::string(name).c_str());
    return 2;
  }
  planted_bug = at->bug;
  std::uint64_t runs = 0;
  for (std::uint64_t seed = at->first; runs < kSeeds; ++seed) {
    Case drawn = draw_case(seed, {});
    if (at->dial != nullptr && std::find(drawn.dials.begin(), drawn.dials.end(), at->dial) == drawn.dials.end()) continue;
    ++runs;
    if (at->dial != nullptr) drawn.options.faults.lost_for = seconds{2};  // so that much comes later than it is waited for
    if (drawn.options.faults.boots_never > 0) drawn.options.faults.boots_never = 1;  // few nodes are woken in a few hours
    const Verdict verdict = judge(drawn, at->oracle);
    if (!verdict.complaint) continue;
    const bool caught = verdict.complaint->oracle == at->oracle;
    std::printf("%s with seed %llu: %s: %s\n", caught ? "caught" : "not caught", static_cast<unsigned long long>(seed),
                verdict.complaint->oracle.c_str(), verdict.complaint->words.c_str());
    return caught ? 0 : 1;
  }
  std::printf("not caught in %llu seeds\n", static_cast<unsigned long long>(kSeeds));
  return 1;
}

}  // namespace
}  // namespace drover::torture

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: torture_planted BUG\n", stderr);
    return 2;
  }
  return drover::torture::run(argv[1]);
}
