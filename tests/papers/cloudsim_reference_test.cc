#include "papers/cloudsim_reference.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "papers/planetlab_made.h"

namespace drover::papers {
namespace {

struct Printed {
  std::string kwh, slatah, overload, pdm, slav, unserved;
  long moves = 0;
  friend bool operator==(const Printed&, const Printed&) = default;
};

std::string number(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

Printed run(const UseTraces& traces, Rules rules, ReferencePolicy::Overload kind, double parameter) {
  World world(traces, rules);
  ReferencePolicy policy(world, kind, parameter);
  EXPECT_TRUE(policy.boot());
  Printed printed;
  for (int frame = 1; frame < kFrames; ++frame) {
    world.advance(kFrameSeconds * frame + .1);
    const auto moves = policy.decide();
    printed.moves += static_cast<long>(moves.size());
    world.carry_out(moves);
  }
  const Meters& m = world.meters();
  printed.kwh = number("%.2f", m.kwh());
  printed.slatah = number("%.3f", m.slatah() * 100);
  printed.overload = number("%.3f", m.overload() * 100);
  printed.pdm = number("%.5f", m.pdm() * 100);
  printed.slav = number("%.3e", m.slav());
  printed.unserved = number("%.4f", m.unserved() * 100);
  return printed;
}

// The figures of an independent program for the same made day. That program and this one give CloudSim 4.0's own figures for the
// days of PlanetLab, which are not ours to keep here (tests/bench/run planetlab).
TEST(CloudSimReference, StaticThresholdGivesTheFiguresOfTheMadeDayToTheLastDigit) {
  const Printed expected{"18.19", "4.762", "0.024", "0.10701", "5.096e-05", "0.1109", 3136};
  EXPECT_EQ(run(make_use_traces(120, 1), {}, ReferencePolicy::Overload::Threshold, 0.8), expected);
}

TEST(CloudSimReference, LocalRegressionGivesTheFiguresOfTheMadeDayToTheLastDigit) {
  const Printed expected{"14.39", "3.294", "0.193", "0.06044", "1.991e-05", "0.0678", 1686};
  EXPECT_EQ(run(make_use_traces(120, 1), {}, ReferencePolicy::Overload::LocalRegression, 1.2), expected);
}

TEST(CloudSimReference, NeverFillsAHostsMemoryWhenMemoryCountsAlways) {
  const UseTraces traces = make_use_traces(80, 2);
  World world(traces, {.memory_always = true});
  ReferencePolicy policy(world, ReferencePolicy::Overload::LocalRegression, 1.2);
  ASSERT_TRUE(policy.boot());
  for (int frame = 1; frame < 60; ++frame) {
    world.advance(kFrameSeconds * frame + .1);
    world.carry_out(policy.decide());
    for (int host = 0; host < kHosts; ++host) {
      double memory = 0;
      for (const int vm : world.vms_on(host)) memory += world.memory(vm);
      ASSERT_LE(memory, kHostMemory) << "host " << host << " in frame " << frame;
    }
  }
}

}  // namespace
}  // namespace drover::papers
