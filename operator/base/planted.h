// Planted bugs: what the torture's oracles must catch. They exist only in a copy of the core that is compiled for that test
// (DROVER_PLANTED_BUGS); everywhere else planted() is false at compile time, and nothing of them is left.
//
// Thread safety: in that copy, none.
#pragma once

namespace drover {

enum class Bug {
  None,
  PowersOffWithVms,       // 1 EmptyBeforeOff
  ForgetsMovesUnderWay,   // 2 NoVmInTwoMoves
  IgnoresBudgets,         // 3 LimitsHold
  IgnoresKubeVirtLimits,  // 3 LimitsHold
  IgnoresCooldowns,       // 3 OwnersTimesHold
  IgnoresWindows,         // 3 OwnersTimesHold
  IgnoresReserve,         // 4 ReserveStays
  IgnoresRoom,            // 5 TargetFits
  LeavesMarks,            // 7 MarksAccountedFor
  ActsWithoutLeading,     // 8 OnlyTheLeaderActs
  NeverRests,             // 9 Settles
  DecidesByChance,        // 10 SameSeedSameDecisions
  BlocksArrivals,         // NothingLost
};

#ifdef DROVER_PLANTED_BUGS
inline Bug planted_bug = Bug::None;
inline bool planted(Bug bug) {
  return planted_bug == bug;
}
// Another number at each call of one process.
inline int planted_chance() {
  static int calls = 0;
  return ++calls;
}
#else
constexpr bool planted(Bug /*bug*/) {
  return false;
}
constexpr int planted_chance() {
  return 0;
}
#endif

}  // namespace drover
