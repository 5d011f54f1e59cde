#include "demo/lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "demo/example.h"

namespace drover {
namespace {

using test::demo_day;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(DemoLines, BeginWithWhatIsShownAndWhereTheMetricsAre) {
  EXPECT_EQ(opening_line(demo_day()),
            "drover demo: a day of twenty nodes, 20 nodes and 88 VMs, under pack (Balanced), in 60 s; "
            "http://127.0.0.1:9100/metrics");
}

TEST(DemoLines, TellAnHourWithItsMoves) {
  const auto line = hour_line(demo_day(), 2);
  EXPECT_THAT(line, AllOf(testing::StartsWith("06:00  11 of 20 nodes on, 88 VMs; 1,200 W (all on 2,000 W); so far 7.20 kWh"),
                          HasSubstr("2 moves in this hour, the last shop/web-9 from node-04 to node-05: node-04 is overloaded")));
  EXPECT_THAT(hour_line(demo_day(), 3), HasSubstr("1 move in this hour"));
  EXPECT_THAT(hour_line(demo_day(), 4), Not(HasSubstr("move")));
}

TEST(DemoLines, TellANodesChangeAndItsReasonWhereThatTellsMore) {
  const DemoDay day = demo_day();
  EXPECT_EQ(change_line(day.changes[0]), "00:05  node-12 retires: it takes no more VMs (node-12 is the emptiest)");
  EXPECT_EQ(change_line(day.changes[1]), "00:20  node-12 sleeps");
  DemoChange back{.at = day.now, .node = "node-01", .from = NodeLife::Waking, .to = NodeLife::Active};
  EXPECT_EQ(change_line(back), "06:00  node-01 is awake and in service again");
  back.from = NodeLife::Draining;
  EXPECT_EQ(change_line(back), "06:00  node-01 is taken back into service");
}

}  // namespace
}  // namespace drover
