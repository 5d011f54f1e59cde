#include "core/profile_status.h"

#include <gmock/gmock.h>

#include "core/node_life.h"
#include "dictated.h"

namespace drover::test {
namespace {

using testing::HasSubstr;

class ProfileStatus : public Consolidation {};

TEST_F(ProfileStatus, SaysHowItsNodesStandAndWhatWakingThemTakes) {
  h.world.change_node("n3", [&](Node& n) {
    n.marks = {.life = NodeLife::Asleep, .since = h.world.now - hours{1}, .policy_uid = "uid-pack", .reason = "", .cordoned = true};
    n.unschedulable = true;
    n.ready = false;
    n.lost = true;
    n.record.wakes = {seconds{50}, seconds{70}, seconds{60}};
  });
  h.powered.insert_or_assign("n3", Powered::Off);
  h.lead();
  h.pass(minutes{1});
  h.step(ViewChanged{});
  const PowerProfileStatus& status = h.profile_statuses.at("rack");
  EXPECT_EQ(status.nodes, 4);
  EXPECT_EQ(status.asleep, 1);
  EXPECT_EQ(status.wake_p50, seconds{60});
  EXPECT_EQ(status.wake_p95, seconds{70});
  EXPECT_TRUE(status.ready);
  EXPECT_EQ(status.message, "driver Redfish switches 4 nodes");
  const std::size_t writes = h.profile_writes;
  h.pass(hours{1});
  EXPECT_EQ(h.profile_writes, writes) << "nothing has changed";
}

TEST_F(ProfileStatus, NamesTheFirstNodeThatItsDriverCannotBeAskedAbout) {
  h.powered.insert_or_assign("n3", Error{ErrorClass::Denied, "the controller refuses the password of Secret bmc/rack"});
  script.orders = {{"n3", NodeOrder::Act::Retire}};
  h.lead();
  for (int i = 0; i < 3; ++i) {
    h.pass(minutes{1});
    h.step(ViewChanged{});
  }
  const PowerProfileStatus& status = h.profile_statuses.at("rack");
  EXPECT_FALSE(status.ready);
  EXPECT_EQ(status.reason, ProfileReason::DriverFails);
  EXPECT_THAT(status.message, HasSubstr("1 of 4 nodes; n3: the controller refuses the password of Secret bmc/rack"));
}

TEST_F(ProfileStatus, WithoutADriverItSaysThatNothingIsSwitched) {
  driver(PowerDriverKind::None);
  h.lead();
  EXPECT_EQ(h.profile_statuses.at("rack").reason, ProfileReason::NoDriver);
}

TEST_F(ProfileStatus, PassesOnWhatDriversRemarkedOfMachinesEachRemarkOnce) {
  PowerTable power;
  const auto says = [&](const char* node, const char* remark) {
    power.nodes[node] = {.state = Powered::On, .meter = {}, .remark = remark, .asked = h.world.now};
  };
  says("n1", "");
  says("n2", "it switches itself on after a power cut");
  says("n3", "it switches itself on after a power cut");
  says("n4", "no session was to be had");
  const auto of = [&] { return profile_statuses(h.world.view, power, UseTable{}, h.world.now).at("rack"); };
  EXPECT_TRUE(of().ready);
  EXPECT_EQ(
      of().message,
      "driver Redfish switches 4 nodes; n2 and 1 more: it switches itself on after a power cut; n4: no session was to be had");
  h.world.now += kPowerMaxAge + seconds{1};
  EXPECT_EQ(of().message, "driver Redfish switches 4 nodes") << "what was said too long ago is not said";
}

TEST_F(ProfileStatus, SetsWhatMetersSayBesideWhatTheModelSays) {
  PowerTable power;
  power.nodes["n1"] = {.state = Powered::On, .meter = MeterReading{.watts = 180}, .remark = "", .asked = h.world.now};
  UseTable use;
  use.vms[key_of("a")].cpu_cores = static_cast<double>(amount(h.world.node_ref("n1").allocatable, kCpu)) / 2000;  // half of it
  const auto status = profile_statuses(h.world.view, power, use, h.world.now).at("rack");
  EXPECT_EQ(status.metered, 1);
  EXPECT_EQ(status.measured_watts, 180);
  EXPECT_EQ(status.modelled_watts, 150);
  use.vms.clear();
  EXPECT_EQ(profile_statuses(h.world.view, power, use, h.world.now).at("rack").metered, 0) << "what its VMs use is not known";
}

}  // namespace
}  // namespace drover::test
