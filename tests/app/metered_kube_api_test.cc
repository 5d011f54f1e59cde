#include "app/metered_kube_api.h"

#include <gtest/gtest.h>

#include "act/fake_kube_api.h"
#include "act/fakes.h"
#include "support/manual_clock.h"

namespace drover {
namespace {

TEST(MeteredKubeApi, CountsRequestsByVerbResourceAndCode) {
  test::FakeKubeApi api;
  api.put(resource::kVmis, {"vms", "db"}, {{"metadata", nlohmann::json::object()}});
  const test::ManualClock clock;
  test::FakeTelemetry telemetry;
  MeteredKubeApi metered(api, clock, telemetry);
  EXPECT_TRUE(metered.get(resource::kVmis, {"vms", "db"}, {}).has_value());
  EXPECT_FALSE(metered.get(resource::kVmis, {"vms", "none"}, {}).has_value());
  EXPECT_FALSE(metered.watch(resource::kPods, {}, {}, {}).has_value());
  const auto requests = [&](const std::string& labels) { return telemetry.value("drover_api_requests_total{" + labels + "}"); };
  EXPECT_EQ(requests("verb=get,resource=virtualmachineinstances.kubevirt.io,code=2xx"), 1);
  EXPECT_EQ(requests("verb=get,resource=virtualmachineinstances.kubevirt.io,code=404"), 1);
  EXPECT_EQ(telemetry.value("drover_api_request_duration_seconds{verb=get}"), 2);
  EXPECT_EQ(telemetry.value("drover_api_request_duration_seconds{verb=watch}"), 0);
}

}  // namespace
}  // namespace drover
