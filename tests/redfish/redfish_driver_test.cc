// State and orders, through the driver.
#include <gmock/gmock.h>

#include "redfish/fake_bmc.h"

namespace drover::redfish::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(RedfishState, IsReadFromTheServiceRootOnAndThenFromWhereTheSystemIs) {
  Bench bench;
  EXPECT_EQ(bench.state()->state, Powered::On);
  EXPECT_THAT(bench.bmc.lines(), ElementsAre("GET /redfish/v1/", "GET /redfish/v1/Systems", std::string("GET ") + kSystem,
                                             std::string("GET ") + kSystem));
  bench.bmc.asked.clear();
  bench.bmc.system()["PowerState"] = "Off";
  EXPECT_EQ(bench.state()->state, Powered::Off);
  EXPECT_THAT(bench.bmc.lines(), ElementsAre(std::string("GET ") + kSystem));
}

TEST(RedfishState, IsNeverOffUnlessTheControllerSaysSo) {
  Bench bench;
  for (const char* on : {"On", "PoweringOff", "PoweringOn", "Paused"}) {
    bench.bmc.system()["PowerState"] = on;
    EXPECT_EQ(bench.state()->state, Powered::On) << on;
  }
  bench.bmc.system()["PowerState"] = nullptr;
  EXPECT_EQ(bench.state()->state, Powered::Unknown);
  bench.bmc.system()["PowerState"] = "Hibernating";
  EXPECT_EQ(bench.state()->state, Powered::Unknown);
  bench.bmc.system().erase("PowerState");
  EXPECT_EQ(bench.state()->state, Powered::Unknown);
  bench.bmc.system()["PowerState"] = "Off";
  bench.bmc.system()["Status"]["State"] = "Starting";
  EXPECT_EQ(bench.state()->state, Powered::Unknown) << "one of the two is of before";
}

TEST(RedfishState, RemarksThatTheMachineTurnsItselfOn) {
  Bench bench;
  EXPECT_EQ(bench.state()->remark, "");
  bench.bmc.system()["PowerRestorePolicy"] = "AlwaysOn";
  EXPECT_THAT(bench.state()->remark, HasSubstr("AlwaysOn"));
}

TEST(RedfishRequests, BearWhatControllersWant) {
  Bench bench;
  ASSERT_TRUE(bench.order(PowerRequest::ForceOff));
  for (const HttpRequest& request : bench.bmc.asked) {
    std::map<std::string, std::string> headers(request.headers.begin(), request.headers.end());
    EXPECT_EQ(headers["odata-version"], "4.0");
    EXPECT_EQ(headers["accept"], "application/json");
    EXPECT_EQ(headers["accept-encoding"], "identity");
    EXPECT_EQ(headers["connection"], "close");
    EXPECT_EQ(headers["authorization"], "Basic " + encode_base64("drover:pa55word"));
    EXPECT_EQ(headers.contains("content-type"), request.method == "POST");
    EXPECT_FALSE(headers.contains("if-match"));
    EXPECT_EQ(request.max_body_bytes, 1u << 20);
    EXPECT_LE(request.deadline, request.method == "GET" ? seconds{20} : seconds{60});
  }
}

TEST(RedfishOrder, IsGivenAtTheTargetThatTheControllerNames) {
  Bench bench;
  ASSERT_TRUE(bench.order(PowerRequest::GracefulOff));
  ASSERT_TRUE(bench.order(PowerRequest::On));
  ASSERT_TRUE(bench.order(PowerRequest::ForceOff));
  EXPECT_THAT(bench.bmc.orders, ElementsAre("GracefulShutdown", "On", "ForceOff"));
  bench.bmc.reset()["target"] = std::string("https://N1-BMC:443") + kReset;
  ASSERT_TRUE(bench.order(PowerRequest::On));
  EXPECT_EQ(bench.bmc.orders.size(), 4u);
  bench.bmc.reset()["target"] = std::string("https://elsewhere") + kReset;
  const auto refused = bench.order(PowerRequest::ForceOff);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("https://elsewhere:443"));
  EXPECT_EQ(bench.bmc.orders.size(), 4u);
}

TEST(RedfishOrder, IsNotGivenWhenItIsCarriedOutAlready) {
  Bench bench;
  EXPECT_TRUE(bench.order(PowerRequest::On));
  bench.bmc.system()["PowerState"] = "Off";
  EXPECT_TRUE(bench.order(PowerRequest::GracefulOff));
  EXPECT_TRUE(bench.order(PowerRequest::ForceOff));
  bench.bmc.system()["PowerState"] = "PoweringOff";
  EXPECT_TRUE(bench.order(PowerRequest::GracefulOff));
  bench.bmc.system()["PowerState"] = "PoweringOn";
  EXPECT_TRUE(bench.order(PowerRequest::On));
  EXPECT_THAT(bench.bmc.orders, IsEmpty());
  bench.bmc.system()["PowerState"] = "PoweringOff";
  EXPECT_TRUE(bench.order(PowerRequest::ForceOff)) << "it takes the power from one that shuts down";
  EXPECT_THAT(bench.bmc.orders, ElementsAre("ForceOff"));
}

TEST(RedfishOrder, SucceedsByEveryCodeThatControllersUseForIt) {
  for (const int status : {200, 201, 202, 204}) {
    Bench bench;
    bench.bmc.next(std::string("POST ") + kReset, status);
    EXPECT_TRUE(bench.order(PowerRequest::ForceOff)) << status;
    EXPECT_EQ(bench.bmc.count(std::string("POST ") + kReset), 1);
  }
}

TEST(RedfishOrder, ReadsActionInfoToo) {
  Bench bench;
  bench.bmc.reset().erase("ResetType@Redfish.AllowableValues");
  bench.bmc.reset()["@Redfish.ActionInfo"] = "/redfish/v1/Systems/1/ResetActionInfo";
  bench.bmc.resources["/redfish/v1/Systems/1/ResetActionInfo"]["Parameters"] = {
      {{"Name", "ResetType"}, {"Required", true}, {"AllowableValues", {"ForceOn", "ForceOff", "GracefulShutdown"}}}};
  bench.bmc.system()["PowerState"] = "Off";
  ASSERT_TRUE(bench.order(PowerRequest::On));
  EXPECT_THAT(bench.bmc.orders, ElementsAre("ForceOn"));
}

TEST(RedfishOrder, PressesTheButtonOnlyWhenTheStateIsCertain) {
  Bench bench;
  bench.bmc.reset()["ResetType@Redfish.AllowableValues"] = {"PushPowerButton"};
  bench.bmc.system()["PowerState"] = "Off";
  ASSERT_TRUE(bench.order(PowerRequest::On));
  EXPECT_THAT(bench.bmc.orders, ElementsAre("PushPowerButton"));
  bench.bmc.system()["PowerState"] = "PoweringOff";
  EXPECT_FALSE(bench.order(PowerRequest::On));
  bench.bmc.system()["PowerState"] = nullptr;
  EXPECT_FALSE(bench.order(PowerRequest::On));
  bench.bmc.system()["PowerState"] = "On";
  EXPECT_FALSE(bench.order(PowerRequest::ForceOff)) << "a button asks, it does not force";
  EXPECT_EQ(bench.bmc.orders.size(), 1u);
}

TEST(RedfishSystem, IsTheOneWithTheNodesUuidWhateverComesFirst) {
  for (const char* uuid : {kUuid, kSwappedUuid, "01020304-0506-0708-090A-0B0C0D0E0F10"}) {
    Bench bench;
    bench.bmc.resources["/redfish/v1/Systems"]["Members"] = {link("/redfish/v1/Systems/HGX_Baseboard_0"), link(kSystem)};
    bench.bmc.resources["/redfish/v1/Systems/HGX_Baseboard_0"] = {
        {"SystemType", "Physical"}, {"PowerState", "Off"}, {"UUID", "00000000-0000-0000-0000-000000000001"}};
    bench.bmc.system()["UUID"] = uuid;
    EXPECT_EQ(bench.state()->state, Powered::On) << uuid;
  }
}

TEST(RedfishSystem, IsTheOnlyOneUnlessThatIsAnother) {
  Bench bench;
  bench.bmc.system()["UUID"] = "";
  EXPECT_TRUE(bench.state());
  Bench other;
  other.bmc.system()["UUID"] = "aaaaaaaa-0506-0708-090a-0b0c0d0e0f10";
  const auto refused = other.state();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cls, ErrorClass::Invalid);
  EXPECT_THAT(refused.error().message, HasSubstr("driver.redfish.systemID"));
  other.settings().system_id = "1";
  EXPECT_TRUE(other.state()) << "a person has said so";
}

TEST(RedfishSystem, IsLookedForOnEveryPageAndListedWhenUnsure) {
  Bench bench;
  bench.bmc.resources["/redfish/v1/Systems"] = {{"Members", {link("/redfish/v1/Systems/a"), link("/redfish/v1/Systems/b")}},
                                                {"Members@odata.nextLink", "/redfish/v1/Systems?$skip=2"}};
  bench.bmc.resources["/redfish/v1/Systems?$skip=2"] = {{"Members", {link(kSystem)}}};
  for (const char* name : {"a", "b"}) {
    bench.bmc.resources[std::string("/redfish/v1/Systems/") + name] = bench.bmc.system();
    bench.bmc.resources[std::string("/redfish/v1/Systems/") + name]["UUID"] = "";
    bench.bmc.resources[std::string("/redfish/v1/Systems/") + name]["Id"] = name;
  }
  EXPECT_TRUE(bench.state());
  Bench unsure;
  unsure.bmc.resources = bench.bmc.resources;
  unsure.bmc.resources.erase("/redfish/v1/Systems?$skip=2");
  unsure.bmc.resources["/redfish/v1/Systems"].erase("Members@odata.nextLink");
  const auto refused = unsure.state();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("the controller has a, b"));
  unsure.settings().system_id = "b";
  EXPECT_TRUE(unsure.state());
}

TEST(RedfishSystem, IsFoundAgainWhereItHasMoved) {
  Bench bench;
  ASSERT_TRUE(bench.state());
  bench.bmc.resources["/redfish/v1/Systems"]["Members"] = nlohmann::json::array({link("/redfish/v1/Systems/Self")});
  bench.bmc.resources["/redfish/v1/Systems/Self"] = bench.bmc.system();
  bench.bmc.resources.erase(kSystem);
  EXPECT_EQ(bench.state()->state, Powered::On);
}

TEST(RedfishSystem, IsReadFromIlo4sLowerCaseLinks) {
  Bench bench;
  bench.bmc.resources["/redfish/v1/"] = {{"links", {{"Systems", {{"href", "/redfish/v1/Systems"}}}}}};
  bench.bmc.resources["/redfish/v1/Systems"] = {{"links", {{"Member", {{{"href", kSystem}}}}}}};
  EXPECT_EQ(bench.state()->state, Powered::On);
}

// A kubelet may write its node's annotations: it must not choose who gets the password.
TEST(RedfishAddress, OfTheNodesAnnotationIsRefusedWhereNobodyVouchesForControllers) {
  Bench bench;
  bench.settings().ca_bundle.clear();
  bench.node.annotations.set(std::string(node_wish::kBmcAddress), "https://evil.example.org");
  const auto refused = bench.state();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cls, ErrorClass::Invalid);
  EXPECT_THAT(refused.error().message, HasSubstr("write driver.redfish.caBundle or sha256Fingerprint"));
  EXPECT_THAT(bench.api.asked, IsEmpty()) << "the Secret is not even read";
}

TEST(RedfishAddress, OfTheNodesAnnotationWins) {
  Bench bench;
  bench.settings().ca_bundle = "PEM";
  ASSERT_TRUE(bench.state());
  EXPECT_EQ(bench.endpoints.back().url, "https://n1-bmc");
  bench.node.annotations.set(std::string(node_wish::kBmcAddress), "https://10.0.0.7:8443/redfish/v1/");
  ASSERT_TRUE(bench.state());
  EXPECT_EQ(bench.endpoints.back().url, "https://10.0.0.7:8443");
  EXPECT_EQ(bench.endpoints.back().connect_timeout, seconds{5});
}

TEST(RedfishAddress, IsRefusedWhereThePasswordWouldGoInTheClear) {
  Bench bench;
  bench.settings().address = "http://{node}-bmc";
  const auto refused = bench.state();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cls, ErrorClass::Invalid);
  EXPECT_THAT(refused.error().message, HasSubstr("PowerProfile rack, driver.redfish.address: http://"));
  EXPECT_THAT(bench.bmc.asked, IsEmpty());
  EXPECT_THAT(bench.api.asked, IsEmpty());
  bench.settings().address = "http://127.0.0.1:8000";
  EXPECT_TRUE(bench.state());
}

TEST(RedfishCredentials, AreReadForEachCallAndSayWhatToWrite) {
  Bench bench;
  ASSERT_TRUE(bench.state());
  ASSERT_TRUE(bench.state());
  EXPECT_THAT(bench.api.asked, ElementsAre("secrets drover-system/bmc", "secrets drover-system/bmc"));
  const auto error = [&](Result<std::string> secret) {
    bench.api.secret = std::move(secret);
    return bench.state().error();
  };
  EXPECT_THAT(error(Error{ErrorClass::NotFound, ""}).message, HasSubstr("kubectl -n drover-system create secret generic bmc"));
  EXPECT_EQ(error(Error{ErrorClass::NotFound, ""}).cls, ErrorClass::Invalid);
  EXPECT_THAT(error(Error{ErrorClass::Denied, ""}).message, HasSubstr("get on secrets in namespace drover-system"));
  EXPECT_EQ(error(Error{ErrorClass::Denied, ""}).cls, ErrorClass::Denied);
  EXPECT_THAT(error(std::string(R"({"data":{"username":"eA=="}})")).message, HasSubstr("nothing under key password"));
  EXPECT_EQ(error(Error{ErrorClass::UnknownOutcome, "slow"}).cls, ErrorClass::Retryable);
}

TEST(RedfishCredentials, AreInNoError) {
  Bench bench;
  for (const int status : {400, 401, 403, 404, 409, 500, 501, 503}) {
    for (int i = 0; i < 20; ++i) bench.bmc.next(std::string("POST ") + kReset, status, "Base.1.0.GeneralError");
    bench.bmc.heeds = false;
    const auto refused = bench.order(PowerRequest::ForceOff);
    ASSERT_FALSE(refused) << status;
    EXPECT_THAT(refused.error().message, Not(HasSubstr("pa55word")));
    EXPECT_THAT(refused.error().message, Not(HasSubstr(encode_base64("drover:pa55word"))));
    bench.bmc.script.clear();
  }
}

}  // namespace
}  // namespace drover::redfish::test
