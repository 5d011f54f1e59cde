// Sessions, how they end, and what is done where there is none to be had.
#include <gmock/gmock.h>

#include "redfish/fake_bmc.h"

namespace drover::redfish {

struct KeptControllers {
  static std::size_t of(RedfishDriver& driver) {
    const MutexLock lock(driver.mutex_);
    return driver.bmcs_.size();
  }
};

}  // namespace drover::redfish

namespace drover::redfish::test {
namespace {

using testing::HasSubstr;

constexpr const char* kSessions = "/redfish/v1/SessionService/Sessions";

struct SessionBench : Bench {
  SessionBench() {
    settings().authentication = RedfishSettings::Authentication::Session;
    bmc.resources["/redfish/v1/"]["Links"]["Sessions"] = link(kSessions);
    open("t0", "s0");
  }
  void open(const std::string& token, const std::string& id) {
    bmc.next(std::string("POST ") + kSessions,
             HttpResponse{201, {{"x-auth-token", token}, {"location", std::string(kSessions) + "/" + id}}, ""});
  }
  [[nodiscard]] std::string header(std::size_t index, const std::string& name) const {
    for (const auto& [key, value] : bmc.asked.at(index).headers) {
      if (key == name) return value;
    }
    return "";
  }
};

TEST(RedfishSession, IsOpenedWithoutABasicHeaderAndKeptBetweenCalls) {
  SessionBench bench;
  ASSERT_TRUE(bench.state());
  ASSERT_TRUE(bench.state());
  EXPECT_EQ(bench.bmc.count(std::string("POST ") + kSessions), 1);
  for (std::size_t i = 0; i < bench.bmc.asked.size(); ++i) {
    EXPECT_EQ(bench.header(i, "authorization"), "");
    EXPECT_EQ(bench.header(i, "x-auth-token"), i < 2 ? "" : "t0") << i;
  }
}

TEST(RedfishSession, IsEndedWithTheDriver) {
  auto bench = std::make_unique<SessionBench>();
  ASSERT_TRUE(bench->state());
  FakeBmc& bmc = bench->bmc;
  {
    // The driver is the last member: it ends before the controller does.
    OneSecret api;
    api.hold("u", "p");
    RedfishDriver driver({.api = api,
                          .clock = bmc.clock,
                          .transport = [&](const HttpEndpoint&) -> Result<std::unique_ptr<HttpTransport>> {
                            return std::unique_ptr<HttpTransport>(std::make_unique<FakeTransport>(bmc));
                          },
                          .wait = [](Duration, const std::stop_token&) { return false; }});
    bench->open("t1", "s1");
    ASSERT_TRUE(driver.state(bench->target(), {}));
  }
  EXPECT_EQ(bmc.count(std::string("DELETE ") + kSessions + "/s1"), 1);
}

TEST(RedfishSession, ThatHasEndedIsReplacedOnce) {
  SessionBench bench;
  ASSERT_TRUE(bench.state());
  bench.open("t1", "s1");
  bench.bmc.next(std::string("GET ") + kSystem, 401);
  EXPECT_TRUE(bench.state());
  EXPECT_EQ(bench.header(bench.bmc.asked.size() - 1, "x-auth-token"), "t1");
  bench.open("t2", "s2");
  for (int i = 0; i < 9; ++i) bench.bmc.next(std::string("GET ") + kSystem, 401);
  EXPECT_EQ(bench.state().error().cls, ErrorClass::Denied);
  EXPECT_EQ(bench.bmc.count(std::string("POST ") + kSessions), 3);
}

TEST(RedfishSession, IsReplacedWhenThePasswordChanges) {
  SessionBench bench;
  ASSERT_TRUE(bench.state());
  bench.api.hold("drover", "another");
  bench.open("t1", "s1");
  EXPECT_TRUE(bench.state());
  EXPECT_EQ(bench.bmc.count(std::string("DELETE ") + kSessions + "/s0"), 1);
  EXPECT_EQ(bench.header(bench.bmc.asked.size() - 1, "x-auth-token"), "t1");
}

TEST(RedfishSession, ThatIsNotToBeHadGivesWayToBasicWithARemark) {
  SessionBench taken;
  taken.bmc.script.clear();
  taken.bmc.next(std::string("POST ") + kSessions, 503, "IDRAC.2.8.RAC0218");
  EXPECT_THAT(taken.state()->remark, HasSubstr("no session could be opened"));
  EXPECT_EQ(taken.header(taken.bmc.asked.size() - 1, "authorization"), "Basic " + encode_base64("drover:pa55word"));
  SessionBench none;
  none.bmc.resources["/redfish/v1/"].erase("Links");
  EXPECT_THAT(none.state()->remark, HasSubstr("has no sessions"));
}

TEST(RedfishSession, WithARefusedPasswordDoesNotBecomeBasic) {
  SessionBench bench;
  bench.bmc.script.clear();
  bench.bmc.next(std::string("POST ") + kSessions, 401);
  EXPECT_EQ(bench.state().error().cls, ErrorClass::Denied);
  for (std::size_t i = 0; i < bench.bmc.asked.size(); ++i) EXPECT_EQ(bench.header(i, "authorization"), "");
}

TEST(RedfishTls, IsAsTheProfileSays) {
  Bench bench;
  bench.settings().ca_bundle = "PEM";
  EXPECT_EQ(bench.state()->remark, "");
  EXPECT_EQ(bench.endpoints.back().ca_pem, "PEM");
  EXPECT_FALSE(bench.endpoints.back().insecure_skip_tls_verify);
  bench.settings().sha256_fingerprint = "ab";
  ASSERT_TRUE(bench.state());
  EXPECT_EQ(bench.endpoints.back().certificate_sha256, "ab");
  bench.settings() = RedfishSettings{.address = "https://b",
                                     .system_id = "",
                                     .secret = {"a", "b"},
                                     .ca_bundle = "",
                                     .sha256_fingerprint = "",
                                     .insecure_skip_verify = true};
  EXPECT_THAT(bench.state()->remark, HasSubstr("insecureSkipVerify"));
  EXPECT_TRUE(bench.endpoints.back().insecure_skip_tls_verify);
}

TEST(RedfishTls, IsNotOlderThanTheProfileAllowsAndRemarkedWhereThatIsOld) {
  Bench bench;
  EXPECT_EQ(bench.state()->remark, "");
  EXPECT_EQ(bench.endpoints.back().minimum_tls, TlsVersion::V1_2);
  bench.settings().minimum_tls = RedfishSettings::MinimumTls::V1_0;
  EXPECT_THAT(bench.state()->remark, HasSubstr("minimumTLS"));
  EXPECT_EQ(bench.endpoints.back().minimum_tls, TlsVersion::V1_0);
}

TEST(RedfishControllers, OfNodesThatNobodyAsksAboutAreForgotten) {
  Bench bench;
  for (int i = 1; i <= 20; ++i) {
    bench.node.name = "n" + std::to_string(i);
    ASSERT_TRUE(bench.state());
  }
  EXPECT_EQ(KeptControllers::of(bench.driver), 20U);
  for (int minute = 0; minute < 130; ++minute) {
    bench.bmc.clock.advance(minutes{1});
    ASSERT_TRUE(bench.state());
  }
  EXPECT_EQ(KeptControllers::of(bench.driver), 1U);
}

TEST(RedfishControllers, ForgetNodesOfAnEnclosureThatAreGone) {
  drover::test::ManualClock clock;
  Bmc bmc(clock);
  const auto nodes_after_asking = [&](const std::string& node) {
    const auto turn = bmc.take_turn(seconds{1}, {});
    turn->known(node, hours{1}).system = "/redfish/v1/Systems/" + node;
    return turn->nodes();
  };
  EXPECT_EQ(nodes_after_asking("gone"), 1U);
  clock.advance(minutes{40});
  EXPECT_EQ(nodes_after_asking("stays"), 2U);
  clock.advance(minutes{40});
  EXPECT_EQ(nodes_after_asking("stays"), 1U);
}

}  // namespace
}  // namespace drover::redfish::test
