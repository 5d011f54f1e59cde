// A node whose Lease another operator holds is left as it is until that runs out.
#include <gmock/gmock.h>

#include "core/hands.h"
#include "dictated.h"

namespace drover::test {
namespace {

using testing::HasSubstr;

class LeasedNode : public Consolidation {
 protected:
  void lease(const char* holder, std::optional<Duration> left) {
    h.world.view.node_leases[{"medik8s-leases", "node-n3"}] = std::make_shared<const NodeLease>(
        NodeLease{.holder = holder, .until = left ? std::optional(h.world.now + *left) : std::nullopt});
  }
  void retire() {
    script.orders = {{"n3", NodeOrder::Act::Retire}};
    h.lead();
    h.pass(minutes{1});
  }
  [[nodiscard]] std::string why() {
    std::optional<Instant> due;
    return leased_to_others(h.world.view, h.world.node_ref("n3"), h.world.now, due);
  }
};

TEST_F(LeasedNode, IsNotRetiredUntilTheLeaseRunsOut) {
  lease("node-maintenance", minutes{30});
  retire();
  EXPECT_EQ(life("n3"), NodeLife::Active);
  EXPECT_THAT(held_up(), HasSubstr("n3: its lease medik8s-leases/node-n3 is held by node-maintenance"));
  h.pass(minutes{31});
  EXPECT_EQ(life("n3"), NodeLife::Empty);
}

TEST_F(LeasedNode, IsLeftAsItIsWhenItRests) {
  retire();
  ASSERT_EQ(life("n3"), NodeLife::Empty);
  lease("node-maintenance", hours{1});
  script.orders = {{"n3", NodeOrder::Act::Sleep}};
  h.step(ViewChanged{});
  h.pass(minutes{30});
  EXPECT_EQ(life("n3"), NodeLife::Empty) << "neither switched off nor taken back";
}

TEST_F(LeasedNode, IsFreeWithoutAHolder) {
  lease("", std::nullopt);
  EXPECT_EQ(why(), "");
  lease("someone", std::nullopt);
  EXPECT_NE(why(), "") << "for how long is not said";
}

}  // namespace
}  // namespace drover::test
