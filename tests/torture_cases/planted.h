// Planted bugs: what the torture's oracles must catch. Each is a patch of a few lines (planted/*.patch) that asks planted(); all
// are applied to one copy of the sources that they change, which torture_planted is built from. Nothing of them stands in
// operator/.
//
// Included before each file of that copy. Thread safety: none.
#pragma once

namespace drover {

enum class Bug {
  None,
  PowersOffWithVms,          // 1 EmptyBeforeOff
  ForgetsMovesUnderWay,      // 2 NoVmInTwoMoves
  BelievesNotFoundTooEarly,  // 3 AnswersAreTrue
  IgnoresBudgets,            // 3 LimitsHold
  IgnoresKubeVirtLimits,     // 3 LimitsHold
  IgnoresCooldowns,          // 3 OwnersTimesHold
  IgnoresWindows,            // 3 OwnersTimesHold
  IgnoresReserve,            // 4 ReserveStays
  IgnoresRoom,               // 5 TargetFits
  LeavesMarks,               // 7 MarksAccountedFor
  MarksUnderOldVersion,      // 7 MarksAccountedFor
  ActsWithoutLeading,        // 8 OnlyTheLeaderActs
  ActsAfterLeaseLost,        // 8 OnlyTheLeaderActs
  NeverRests,                // 9 Settles
  DecidesByChance,           // 10 SameSeedSameDecisions
  BlocksArrivals,            // NothingLost
  GivesUpWaking,             // NoNodeStaysLost
};

inline Bug planted_bug = Bug::None;

inline bool planted(Bug bug) {
  return planted_bug == bug;
}

// Another number at each call of one process.
inline int planted_chance() {
  static int calls = 0;
  return ++calls;
}

}  // namespace drover
