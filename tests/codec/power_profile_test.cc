#include "codec/power_profile.h"

#include <gtest/gtest.h>

#include "codec/power_profile_status.h"

namespace drover {
namespace {

Result<PowerProfile> read(const std::string& spec) {
  return decode_power_profile(R"({"metadata":{"name":"p"},"spec":)" + spec + "}");
}

TEST(PowerProfile, IsReadWhole) {
  const auto profile = read(R"({"nodeSelector":{"matchLabels":{"rack":"a"}},"priority":3,
    "model":{"curve":"Linear","idleWatts":100,"maxWatts":200,"standbyWatts":6,
      "frequencySteps":[{"megahertz":2000,"maxWatts":180},{"megahertz":1000,"maxWatts":120}]},
    "boot":{"time":"2m","joules":5000},"shutdown":{"time":"10s"}})");
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_EQ(profile->name, "p");
  EXPECT_EQ(profile->priority, 3);
  EXPECT_EQ(profile->nodes.requirements.size(), 1U);
  EXPECT_DOUBLE_EQ(profile->model.watts_at(0.55), 155);
  EXPECT_EQ(profile->model.standby_watts, 6);
  EXPECT_EQ(profile->model.boot_joules, 5000);
  EXPECT_EQ(profile->model.shutdown_joules, 1000);  // ten seconds at idle power
  EXPECT_EQ(profile->model.frequency_steps, (std::vector<FrequencyStep>{{0.5, 120}, {1, 180}}));
}

TEST(PowerProfile, ATableHasElevenFigures) {
  const auto full =
      read(R"({"nodeSelector":{},"model":{"curve":"Table","standbyWatts":5,"watts":[10,20,30,40,50,60,70,80,90,100,110]}})");
  ASSERT_TRUE(full);
  EXPECT_DOUBLE_EQ(full->model.watts_at(0.25), 35);
  const auto cut = read(R"({"nodeSelector":{},"model":{"curve":"Table","standbyWatts":5,"watts":[1,2]}})");
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().message,
            "powerprofiles.policy.drover.dev p: .spec.model: curve is Table: write eleven figures under watts, at 0, 10, ... 100 % "
            "of the CPU");
}

TEST(PowerProfile, NamesADriverOrNone) {
  const std::string model = R"({"nodeSelector":{},"model":{"idleWatts":1,"maxWatts":2,"standbyWatts":0})";
  EXPECT_EQ(read(model + "}")->driver, PowerDriverKind::None);
  EXPECT_EQ(read(model + R"(,"driver":{"type":"Metal3","metal3":{}}})")->driver, PowerDriverKind::Metal3);
  EXPECT_EQ(read(model + R"(,"driver":{"type":"WakeOnLAN"}})")->driver, PowerDriverKind::WakeOnLan);
  EXPECT_EQ(read(model + R"(,"driver":{"type":"Lever"}})").error().message,
            "powerprofiles.policy.drover.dev p: .spec.driver.type: write None, Redfish, Metal3, WakeOnLAN or Libvirt");
}

TEST(PowerProfile, TellsHowNodesWithoutAControllerAreSwitchedOff) {
  const std::string model = R"({"nodeSelector":{},"model":{"idleWatts":1,"maxWatts":2,"standbyWatts":0})";
  const auto profile =
      read(model + R"(,"driver":{"type":"WakeOnLAN","wakeOnLAN":{"macAnnotation":"a/mac","broadcast":"10.0.0.255",)" +
           R"("shutdown":{"namespace":"drover-power","image":"debian:12","serviceAccountName":"off"}}}})");
  ASSERT_TRUE(profile);
  EXPECT_EQ(std::get<WakeOnLanSettings>(profile->settings),
            (WakeOnLanSettings{"a/mac", "10.0.0.255", PodSettings{"drover-power", "debian:12", "off"}}));
}

TEST(PowerProfile, NamesALibvirtHost) {
  const std::string model = R"({"nodeSelector":{},"model":{"idleWatts":1,"maxWatts":2,"standbyWatts":0})";
  const auto with = [&](const std::string& settings) {
    return read(model + R"(,"driver":{"type":"Libvirt","libvirt":{"uri":"qemu+tls://kvm/system")" + settings + "}}}");
  };
  EXPECT_EQ(std::get<LibvirtSettings>(with(R"(,"domain":"vm-{node}")")->settings),
            (LibvirtSettings{"qemu+tls://kvm/system", "vm-{node}", {}}));
  EXPECT_EQ(std::get<LibvirtSettings>(with(R"(,"suspend":{"target":"Hybrid","wakeAfter":"90m"})")->settings),
            (LibvirtSettings{"qemu+tls://kvm/system", "", HostSuspend{HostSuspend::Target::Hybrid, minutes{90}}}));
  EXPECT_FALSE(with(R"(,"suspend":{"wakeAfter":"59s"})"));
  EXPECT_FALSE(with(R"(,"suspend":{"target":"Nothing","wakeAfter":"2h"})"));
}

TEST(PowerProfile, SaysHowOftenAndHowItsNodesAreSwitched) {
  const std::string model = R"({"nodeSelector":{},"model":{"idleWatts":1,"maxWatts":2,"standbyWatts":0},"limits":)";
  const auto written = read(model + R"({"cyclesPerDay":2,"minimumOn":"1h","wakeDeadline":"5m","forceOffAfter":"90s"}})");
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->limits, (PowerLimits{2, hours{1}, minutes{5}, seconds{90}}));
  EXPECT_FALSE(read(model + R"({"forceOffAfter":"Never"}})")->limits.force_off_after);
  EXPECT_EQ(read(model + R"({"forceOffAfter":"soon"}})").error().message,
            "powerprofiles.policy.drover.dev p: .spec.limits.forceOffAfter: is not a duration; write it like 3m, or Never");
}

TEST(PowerProfile, KeepsTheTimeOfItsConditionReady) {
  const Instant at = *parse_rfc3339("2026-11-28T07:00:00Z");
  PowerProfileStatus status{.observed_generation = 3, .nodes = 12, .asleep = 4, .ready = true, .message = "m", .since = at};
  status.wake_p50 = seconds{61};
  const std::string written = encode_power_profile_status("rack", status);
  EXPECT_NE(written.find(R"("wakeSecondsP50":61)"), std::string::npos);
  const auto profile = decode_power_profile(R"({"metadata":{"name":"rack"},"spec":{"nodeSelector":{},
      "model":{"idleWatts":1,"maxWatts":2,"standbyWatts":0}},)" +
                                            written.substr(written.find(R"("status")")));
  ASSERT_TRUE(profile) << profile.error().message;
  EXPECT_TRUE(profile->ready);
  EXPECT_EQ(profile->ready_since, at);
}

TEST(PowerProfile, RefusesImpossibleWatts) {
  EXPECT_FALSE(read(R"({"nodeSelector":{},"model":{"idleWatts":-1,"maxWatts":2,"standbyWatts":0}})"));
  EXPECT_FALSE(read(R"({"nodeSelector":{},"model":{"idleWatts":1,"maxWatts":1e18,"standbyWatts":0}})"));
}

TEST(PowerProfile, ReadsHowTheManagementControllerIsTrusted) {
  const auto settings = [](const std::string& more) {
    auto profile =
        read(R"({"nodeSelector":{},"model":{"idleWatts":1,"maxWatts":2,"standbyWatts":0},"driver":{"type":"Redfish","redfish":
        {"address":"https://{node}-bmc","secret":{"namespace":"drover-system","name":"bmc"})" +
             more + "}}}");
    return profile ? Result<RedfishSettings>(std::get<RedfishSettings>(profile->settings))
                   : Result<RedfishSettings>(profile.error());
  };
  EXPECT_EQ(settings("")->authentication, RedfishSettings::Authentication::Basic);
  EXPECT_FALSE(settings("")->insecure_skip_verify);
  std::string colons = "AB";
  std::string plain = "ab";
  for (int i = 1; i < 32; ++i) {
    colons += ":0F";
    plain += "0f";
  }
  const auto all = settings(R"(,"authentication":"Session","insecureSkipVerify":true,"sha256Fingerprint":")" + colons + "\"");
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->sha256_fingerprint, plain);
  EXPECT_EQ(all->authentication, RedfishSettings::Authentication::Session);
  EXPECT_TRUE(all->insecure_skip_verify);
  EXPECT_FALSE(settings(R"(,"sha256Fingerprint":"abcd")"));
  EXPECT_FALSE(settings(R"(,"authentication":"None")"));
  EXPECT_EQ(settings("")->minimum_tls, RedfishSettings::MinimumTls::V1_2);
  EXPECT_EQ(settings(R"(,"minimumTLS":"1.0")")->minimum_tls, RedfishSettings::MinimumTls::V1_0);
  EXPECT_EQ(settings(R"(,"minimumTLS":"1.3")")->minimum_tls, RedfishSettings::MinimumTls::V1_3);
  EXPECT_FALSE(settings(R"(,"minimumTLS":"1.4")"));
}

}  // namespace
}  // namespace drover
