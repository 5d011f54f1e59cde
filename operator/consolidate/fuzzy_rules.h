// The membership functions and rules of the Fuzzy strategy, in the FuzzyLite Language: the one place to read and to change them.
//
// Energy paper, section 3.2, gives the controller's questions (which workload leaves an overloaded server, which server is the
// least loaded) and no functions or rules; those of Gmach et al. (DSN 2008), on which it stands, are not published whole. These are
// ours. All figures are whole percents on purpose: the library reads numbers by the locale of the process, and a whole number is
// the same in all of them. Both engines are of Takagi and Sugeno: the answer is the mean of the constants of the rules that fired,
// each weighted by how strongly it did. Neighbouring functions add up to 1 everywhere, so that some rule always fires and the
// answer changes without jumps but for one that is meant: 99 to 100 % of the relief needed.
#pragma once

namespace drover {

// Which workload shall leave an overloaded server: the smallest that cures the overload, with the fewest bytes to copy.
inline constexpr char kWorkloadRules[] = R"(
Engine: workload
InputVariable: relief       # what the server is rid of, in percent of what it has too much
  enabled: true
  range: 0 400
  lock-range: true          # beyond the range counts as its end
  term: none Ramp 99 0
  term: part Triangle 0 99 100
  term: just Triangle 99 100 200
  term: more Triangle 100 200 400
  term: far Ramp 200 400
InputVariable: copy         # bytes to be copied, in percent of the most that any workload of the server would need
  enabled: true
  range: 0 100
  lock-range: true
  term: small Ramp 100 0
  term: large Ramp 0 100
OutputVariable: fitness     # to be moved
  enabled: true
  range: 0 100
  lock-range: false
  aggregation: none
  defuzzifier: WeightedAverage TakagiSugeno
  default: nan
  lock-previous: false
  term: hopeless Constant 0
  term: poor Constant 20
  term: bearable Constant 35
  term: fair Constant 50
  term: good Constant 70
  term: better Constant 80
  term: best Constant 100
RuleBlock: workload
  enabled: true
  conjunction: AlgebraicProduct
  disjunction: none
  implication: AlgebraicProduct
  activation: General
  rule: if relief is none then fitness is hopeless                       # it would be moved for nothing
  rule: if relief is part then fitness is poor                           # a second one would have to follow
  rule: if relief is just and copy is small then fitness is best         # cures, and is quickly gone
  rule: if relief is just and copy is large then fitness is better       # cures; the copy takes long
  rule: if relief is more and copy is small then fitness is good         # cures, but weighs more on the target than needed
  rule: if relief is more and copy is large then fitness is fair
  rule: if relief is far and copy is small then fitness is fair          # carries the overload elsewhere
  rule: if relief is far and copy is large then fitness is bearable
)";

// How loaded a server is: the scarcer resource decides, and of two alike in that the other one.
inline constexpr char kServerRules[] = R"(
Engine: server
InputVariable: cpu          # wanted, in percent of the server's
  enabled: true
  range: 0 100
  lock-range: true
  term: low Ramp 50 0
  term: medium Triangle 0 50 100
  term: high Ramp 50 100
InputVariable: memory       # in percent of the server's
  enabled: true
  range: 0 100
  lock-range: true
  term: low Ramp 50 0
  term: medium Triangle 0 50 100
  term: high Ramp 50 100
OutputVariable: load
  enabled: true
  range: 0 100
  lock-range: false
  aggregation: none
  defuzzifier: WeightedAverage TakagiSugeno
  default: nan
  lock-previous: false
  term: idle Constant 0
  term: light Constant 45
  term: moderate Constant 55
  term: heavy Constant 90
  term: dense Constant 95
  term: full Constant 100
RuleBlock: server
  enabled: true
  conjunction: AlgebraicProduct
  disjunction: none
  implication: AlgebraicProduct
  activation: General
  rule: if cpu is low and memory is low then load is idle
  rule: if cpu is low and memory is medium then load is light
  rule: if cpu is medium and memory is low then load is light
  rule: if cpu is medium and memory is medium then load is moderate
  rule: if cpu is low and memory is high then load is heavy              # one scarce resource is enough
  rule: if cpu is high and memory is low then load is heavy
  rule: if cpu is medium and memory is high then load is dense
  rule: if cpu is high and memory is medium then load is dense
  rule: if cpu is high and memory is high then load is full
)";

}  // namespace drover
