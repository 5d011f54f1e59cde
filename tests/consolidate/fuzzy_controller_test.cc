#include "consolidate/fuzzy_controller.h"

#include <gtest/gtest.h>

#include <locale>

namespace drover {
namespace {

TEST(FuzzyController, AWorkloadThatJustCuresIsFittestAndOneThatCuresNothingLeastFit) {
  FuzzyController controller;
  EXPECT_DOUBLE_EQ(controller.fitness(1, 0), 100);
  EXPECT_DOUBLE_EQ(controller.fitness(1, 1), 80);
  EXPECT_DOUBLE_EQ(controller.fitness(0, 0), 0);
}

TEST(FuzzyController, WhateverCuresBeatsWhateverDoesNot) {
  FuzzyController controller;
  for (double relief = 1; relief < 10; relief += 0.25)
    EXPECT_GT(controller.fitness(relief, 1), controller.fitness(0.98, 0)) << relief;
}

TEST(FuzzyController, OfThoseThatCureTheSmallerIsFitterAndOfThoseThatDoNotTheLarger) {
  FuzzyController controller;
  for (double relief = 1; relief < 3.8; relief += 0.2)
    EXPECT_GT(controller.fitness(relief, 1), controller.fitness(relief + 0.2, 1));
  for (double relief = 0; relief < 0.85; relief += 0.1)
    EXPECT_LT(controller.fitness(relief, 1), controller.fitness(relief + 0.1, 1));
}

TEST(FuzzyController, LoadRisesWithEitherResourceAlike) {
  FuzzyController controller;
  for (int cpu = 0; cpu < 100; cpu += 5) {
    for (int memory = 0; memory <= 100; memory += 5) {
      EXPECT_LT(controller.load(cpu / 100.0, memory / 100.0), controller.load((cpu + 5) / 100.0, memory / 100.0))
          << cpu << " " << memory;
      EXPECT_NEAR(controller.load(cpu / 100.0, memory / 100.0), controller.load(memory / 100.0, cpu / 100.0), 1e-9);
    }
  }
  EXPECT_DOUBLE_EQ(controller.load(0, 0), 0);
  EXPECT_DOUBLE_EQ(controller.load(2, 1), 100);
}

TEST(FuzzyController, TellsWhichRulesFiredStrongestFirst) {
  FuzzyController controller;
  const auto answer = controller.explain_fitness(1.2, 0);
  EXPECT_NEAR(answer.value, 94, 1e-9);
  EXPECT_EQ(
      answer.fired,
      "0.80: if relief is just and copy is small then fitness is best; 0.20: if relief is more and copy is small then fitness "
      "is good");
}

// With a decimal comma and grouped thousands.
class Comma : public std::numpunct<char> {
 protected:
  [[nodiscard]] char do_decimal_point() const override { return ','; }
  [[nodiscard]] char do_thousands_sep() const override { return '.'; }
  [[nodiscard]] std::string do_grouping() const override { return "\3"; }
};

TEST(FuzzyController, AnswersAlikeInEveryLocale) {
  FuzzyController plain;
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Comma));
  FuzzyController other;
  const auto answer = other.explain_fitness(1.37, 0.41);
  std::locale::global(before);
  EXPECT_EQ(answer.fired, plain.explain_fitness(1.37, 0.41).fired);
  EXPECT_DOUBLE_EQ(answer.value, plain.fitness(1.37, 0.41));
}

TEST(FuzzyController, PrintsNothing) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  FuzzyController controller;
  EXPECT_GT(controller.explain_load(0.4, 0.6).value, 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace drover
