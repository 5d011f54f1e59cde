// The decoders and choices by themselves.
#include <gmock/gmock.h>

#include "adapters/redfish/document.h"
#include "adapters/redfish/reset_type.h"
#include "adapters/redfish/resources.h"

namespace drover::redfish {
namespace {

using testing::HasSubstr;

TEST(RedfishDocument, IsAnObjectOfBoundedDepth) {
  EXPECT_TRUE(parse_document(R"({"a":"]]]]"})"));
  for (const std::string& bad : {std::string(), std::string(" \n"), std::string("[]"), std::string("{"), std::string("null"),
                                 std::string("{\"a\":") + std::string(100000, '[') + std::string(100000, ']') + "}"}) {
    const auto read = parse_document(bad);
    ASSERT_FALSE(read) << bad.substr(0, 20);
    EXPECT_EQ(read.error().cls, ErrorClass::Retryable);
  }
}

TEST(RedfishDocument, GivesTextsAndNumbersAsControllersWriteThem) {
  const Json read = Json::parse(
      R"({"s":"x","m":[{"Member":"y"}],"n":12.5,"t":"13.5","bad":"13 W","null":null,"l":{"@odata.id":"/a#/b"},"h":{"href":"/c"}})");
  EXPECT_EQ(text(at(read, "s")), "x");
  EXPECT_EQ(text(at(read, "m")), "y");
  EXPECT_EQ(text(at(read, "n")), "");
  EXPECT_EQ(number(at(read, "n")), 12.5);
  EXPECT_EQ(number(at(read, "t")), 13.5);
  for (const char* none : {"bad", "null", "missing", "m"}) EXPECT_EQ(number(at(read, none)), std::nullopt) << none;
  EXPECT_EQ(link(at(read, "l")), "/a");
  EXPECT_EQ(link(at(read, "h")), "/c");
  EXPECT_EQ(link(at(read, "s")), "");
}

TEST(RedfishResetType, IsTheFirstThatTheControllerAllows) {
  const auto choose = [](PowerRequest request, std::vector<std::string> allowed) {
    return reset_type(request, allowed).value().name;
  };
  EXPECT_EQ(choose(PowerRequest::On, {"ForceOff", "On", "ForceOn"}), "On");
  EXPECT_EQ(choose(PowerRequest::On, {"ForceOff", "ForceOn", "PushPowerButton"}), "ForceOn");
  EXPECT_EQ(choose(PowerRequest::GracefulOff, {"PushPowerButton", "GracefulShutdown"}), "GracefulShutdown");
  EXPECT_EQ(choose(PowerRequest::ForceOff, {"ForceOff", "GracefulShutdown"}), "ForceOff");
}

TEST(RedfishResetType, IsTriedWhereTheListIsGarbledOrMissing) {
  const std::vector<std::string> supermicro{"On", "ForceOff", "GracefulShutdownGracefulRestart", "ForceRestart", "Nmi", "ForceOn"};
  EXPECT_EQ(reset_type(PowerRequest::GracefulOff, supermicro)->name, "GracefulShutdown");
  EXPECT_EQ(reset_type(PowerRequest::GracefulOff, {})->name, "GracefulShutdown");
  EXPECT_EQ(reset_type(PowerRequest::On, {"OnForceOff", "PushPowerButton"})->name, "On");
}

TEST(RedfishResetType, NeverBecomesAnother) {
  const auto refused = reset_type(PowerRequest::GracefulOff, {"On", "ForceOff", "GracefulRestart", "PowerCycle", "FullPowerCycle"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().cls, ErrorClass::Invalid);
  EXPECT_THAT(refused.error().message, HasSubstr("want GracefulShutdown, it has On, ForceOff"));
  EXPECT_FALSE(reset_type(PowerRequest::ForceOff, {"GracefulShutdown", "PowerCycle", "PushPowerButton"}));
}

TEST(RedfishUuid, IsTheNodesInEitherByteOrder) {
  EXPECT_TRUE(same_machine("01020304-0506-0708-090a-0b0c0d0e0f10", "01020304-0506-0708-090A-0B0C0D0E0F10"));
  EXPECT_TRUE(same_machine("04030201-0605-0807-090a-0b0c0d0e0f10", "01020304-0506-0708-090a-0b0c0d0e0f10"));
  EXPECT_FALSE(same_machine("04030201-0605-0807-090a-0b0c0d0e0f11", "01020304-0506-0708-090a-0b0c0d0e0f10"));
  EXPECT_FALSE(same_machine("", ""));
  const char* unset = "00000000-0000-0000-0000-000000000000";
  EXPECT_FALSE(same_machine(unset, unset)) << "firmware that was never told";
  EXPECT_FALSE(same_machine("not a uuid", "not a uuid"));
}

}  // namespace
}  // namespace drover::redfish
