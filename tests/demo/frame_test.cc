#include "demo/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "demo/example.h"

namespace drover {
namespace {

using test::demo_day;
using test::text_of;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(DemoFrame, FitsTheTerminalWhateverItsSize) {
  for (const FrameSize size : {FrameSize{80, 24}, FrameSize{130, 40}, FrameSize{300, 90}, FrameSize{40, 10}, FrameSize{1, 1}}) {
    for (const std::size_t nodes : {0U, 1U, 20U, 500U}) {
      DemoDay day = demo_day();
      day.nodes.resize(nodes, day.nodes.front());
      const auto lines = demo_frame(day, size, kUnicodeGlyphs);
      EXPECT_LE(lines.size(), size.rows) << size.columns << " x " << size.rows << ", " << nodes << " nodes";
      for (const Line& line : lines) EXPECT_LE(line.columns(), size.columns) << line.text();
    }
  }
}

TEST(DemoFrame, ShowsClockPowerEnergyAndServiceInEightyColumns) {
  DemoDay day = demo_day();
  day.totals.slatah = 0.0007;
  day.counts.vms_lost = 2;
  const auto text = text_of(demo_frame(day, {80, 24}, kUnicodeGlyphs));
  EXPECT_THAT(text, AllOf(HasSubstr("a day of twenty nodes, under pack (Balanced)"), HasSubstr("Tue 06:00\n"),
                          HasSubstr("now 1,200 W of 2,000 W with all nodes on"),
                          HasSubstr("so far 7.20 kWh instead of 12.0 kWh: 40.0 % saved (modelled, net of costs)\n"),
                          HasSubstr("11 of 20 nodes on, 9 asleep; 88 VMs; 3 moves\n"), HasSubstr("0.070 % of node time overloaded"),
                          HasSubstr("2 VMs lost"), HasSubstr("http://127.0.0.1:9100/metrics")));
}

TEST(DemoFrame, ShowsEveryNodeAsABarWithItsLife) {
  DemoDay day = demo_day();
  day.nodes[1].life = NodeLife::Draining;
  day.nodes[2].power = PowerState::Dead;
  const auto text = text_of(demo_frame(day, {80, 24}, kAsciiGlyphs));
  EXPECT_THAT(text, AllOf(HasSubstr("node-01 ####++++.......   8 Active "), HasSubstr("node-02 ####++++.......   8 Draining "),
                          HasSubstr("node-03                   8 Dead "), HasSubstr("node-20                     Asleep")));
}

TEST(DemoFrame, PaintsOverloadRed) {
  DemoDay day = demo_day();
  day.nodes.resize(1);
  day.nodes[0].cpu = 1.2;
  std::string text;
  for (const Line& line : demo_frame(day, {80, 24}, kAsciiGlyphs)) text += line.with_escape_codes();
  EXPECT_THAT(text, HasSubstr("\033[31m####"));
}

TEST(DemoFrame, TellsMovesUnderWayFirstAndAReasonOnce) {
  DemoDay day = demo_day();
  day.moves[2].failed = true;
  const auto text = text_of(demo_frame(day, {80, 60}, kAsciiGlyphs));
  const auto moving = text.find("05:59  shop/web-9  node-04 > node-05  moving");
  const auto newest = text.find("00:30  shop/db-1  node-13 > node-03  failed");
  const auto older = text.find("00:06  shop/web-2  node-12 > node-02");
  ASSERT_NE(older, std::string::npos) << text;
  EXPECT_LT(moving, newest);
  EXPECT_LT(newest, older);
  const auto reason = text.find("node-12 is the emptiest");
  EXPECT_GT(reason, older);
  EXPECT_EQ(text.find("node-12 is the emptiest", reason + 1), std::string::npos);
}

TEST(DemoFrame, SaysHowManyNodesItLeavesOut) {
  DemoDay day = demo_day();
  day.nodes.resize(100, day.nodes.front());
  const auto lines = demo_frame(day, {80, 24}, kAsciiGlyphs);
  EXPECT_THAT(text_of(lines), HasSubstr("and 60 more nodes"));
  EXPECT_THAT(text_of(demo_frame(demo_day(), {80, 24}, kAsciiGlyphs)), Not(HasSubstr("more nodes")));
}

TEST(DemoFrame, IsTheSamePictureForTheSameDay) {
  EXPECT_EQ(text_of(demo_frame(demo_day(), {80, 24}, kUnicodeGlyphs)), text_of(demo_frame(demo_day(), {80, 24}, kUnicodeGlyphs)));
}

}  // namespace
}  // namespace drover
