#include "books/power_draw.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

PowerModel model_of(double idle, double most) {
  PowerModel model;
  model.watts = PowerModel::table(PowerModel::Curve::Linear, idle, most);
  return model;
}

TEST(PowerDraw, FollowsTheCurveWhenOn) {
  const PowerModel model = model_of(100, 200);
  EXPECT_DOUBLE_EQ(drawn_watts(model, PowerState::On, 0), 100);
  EXPECT_DOUBLE_EQ(drawn_watts(model, PowerState::On, 0.25), 125);
  EXPECT_DOUBLE_EQ(drawn_watts(model, PowerState::On, 7), 200);
}

TEST(PowerDraw, SpreadsSwitchingOverItsTime) {
  PowerModel model = model_of(100, 200);
  model.boot = seconds{60};
  model.boot_joules = 9000;
  model.shutdown = seconds{20};
  model.shutdown_joules = 1000;
  model.standby_watts = 4;
  EXPECT_DOUBLE_EQ(drawn_watts(model, PowerState::Booting, 0.5), 150);
  EXPECT_DOUBLE_EQ(drawn_watts(model, PowerState::ShuttingDown, 0.5), 50);
  EXPECT_DOUBLE_EQ(drawn_watts(model, PowerState::Off, 0.5), 4);
  EXPECT_DOUBLE_EQ(drawn_watts(model, PowerState::Dead, 0.5), 0);
}

TEST(PowerDraw, TakesTheSlowestFrequencyThatServesTheLoad) {
  PowerModel model = model_of(100, 200);
  model.frequency_steps = {{0.5, 130}, {1.0, 200}};
  EXPECT_DOUBLE_EQ(drawn_watts(model, 0), 100);
  EXPECT_DOUBLE_EQ(drawn_watts(model, 0.25), 115);  // half of the slow step
  EXPECT_DOUBLE_EQ(drawn_watts(model, 0.5), 130);
  EXPECT_DOUBLE_EQ(drawn_watts(model, 0.75), 175);
}

}  // namespace
}  // namespace drover
