#include "model/power_table.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

const Instant kNow{hours{24}};

TEST(PowerTable, WhatWasNotAskedOrTooLongAgoIsUnknownAndNeverOff) {
  PowerTable table;
  EXPECT_EQ(table.state("n1", kNow), Powered::Unknown);
  table.nodes["n1"] = {.state = Powered::Off, .asked = kNow};
  EXPECT_EQ(table.state("n1", kNow), Powered::Off);
  EXPECT_EQ(table.state("n1", kNow + seconds{1}), Powered::Unknown);
  EXPECT_EQ(table.state("n2", kNow), Powered::Unknown);
  table.nodes["n1"].state = Powered::On;
  EXPECT_EQ(table.state("n1", kNow + seconds{1}), Powered::Unknown) << "nor on";
}

TEST(PowerTable, SaysWhyANodeIsUnknown) {
  PowerTable table;
  EXPECT_EQ(table.why_unknown("n1", kNow), "has not been heard yet");
  table.nodes["n1"] = {.asked = kNow, .error = "no route to host"};
  EXPECT_EQ(table.why_unknown("n1", kNow), "can't be asked: no route to host");
  table.nodes["n1"] = {.state = Powered::On, .asked = kNow - minutes{5}};
  EXPECT_EQ(table.why_unknown("n1", kNow), "has not been heard since 1970-01-01T23:55:00Z");
  table.nodes["n1"] = {.asked = kNow};
  EXPECT_EQ(table.why_unknown("n1", kNow), "does not know whether it is on");
}

}  // namespace
}  // namespace drover
