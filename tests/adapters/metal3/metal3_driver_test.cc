// Switching a node through its BareMetalHost, and every refusal.
#include "adapters/metal3/metal3_driver.h"

#include "adapters/metal3/fixture.h"

namespace drover::metal3 {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class SwitchingHosts : public WithHost {
 protected:
  std::string state(const NodeDriver& target = driven()) {
    const auto answer = driver.state(target, {});
    if (!answer) return std::string(to_string(answer.error().cls)) + ": " + answer.error().message;
    return std::string(to_string(answer->state)) + (answer->remark.empty() ? "" : ": " + answer->remark);
  }
  std::string told(PowerRequest request, const NodeDriver& target = driven()) {
    const auto done = driver.switch_to(target, request, {});
    return done ? "ok" : std::string(to_string(done.error().cls)) + ": " + done.error().message;
  }
  std::string off() { return told(PowerRequest::GracefulOff); }
  // What holds back every order to switch off also keeps a node that is on from being emptied for it.
  void expect_left_on(const testing::Matcher<const std::string&>& why) {
    EXPECT_THAT(off(), why);
    EXPECT_THAT(state(), why);
    EXPECT_EQ(api.count("apply"), 0U);
  }

  Metal3Driver driver{api, hosts};
};

TEST_F(SwitchingHosts, WritesOnlineAndNothingElse) {
  const Json before = host_now();
  EXPECT_EQ(off(), "ok");
  Json wanted = before;
  wanted["spec"]["online"] = false;
  const Json after = host_now();
  EXPECT_EQ(after["spec"], wanted["spec"]);
  EXPECT_EQ(after["status"], wanted["status"]);
  EXPECT_EQ(
      Json::parse(api.bodies().back()),
      (Json{
          {"apiVersion", "metal3.io/v1alpha1"},
          {"kind", "BareMetalHost"},
          {"metadata",
           {{"namespace", "rack"}, {"name", "h1"}, {"uid", "uid-h1"}, {"resourceVersion", before["metadata"]["resourceVersion"]}}},
          {"spec", {{"online", false}}}}));
}

TEST_F(SwitchingHosts, SwitchesOn) {
  put_host(host(false));
  EXPECT_EQ(told(PowerRequest::On), "ok");
  EXPECT_EQ(host_now()["spec"]["online"], true);
}

TEST_F(SwitchingHosts, WritesNothingWhenItIsAskedForAlready) {
  EXPECT_EQ(told(PowerRequest::On), "ok");
  put_host(host(false));
  EXPECT_EQ(off(), "ok");
  EXPECT_EQ(api.count("apply"), 0U);
}

TEST_F(SwitchingHosts, LeavesForceToMetal3sOperatorWhichComesToItByItself) {
  EXPECT_EQ(told(PowerRequest::ForceOff), "ok");
  EXPECT_EQ(host_now()["spec"]["online"], false);
  EXPECT_EQ(told(PowerRequest::ForceOff), "ok");
  EXPECT_EQ(api.count("apply"), 1U);
}

TEST_F(SwitchingHosts, ReadsAgainWhenTheHostWasWrittenInBetween) {
  api.order({"apply", "baremetalhosts", {ErrorClass::Conflict, "the object has been modified", 409}});
  api.hook = [this, n = 0](const std::string& call) mutable {
    if (call.starts_with("apply") && ++n == 1) put_host(host_with("/metadata/labels", {{"new", "yes"}}));
  };
  EXPECT_EQ(off(), "ok");
  EXPECT_EQ(host_now()["spec"]["online"], false);
}

TEST_F(SwitchingHosts, JudgesAnewWhatWasWrittenInBetween) {
  api.order({"apply", "baremetalhosts", {ErrorClass::Conflict, "the object has been modified", 409}});
  api.hook = [this](const std::string& call) {
    if (call.starts_with("apply")) put_host(host_with("/spec/disablePowerOff", true));
  };
  EXPECT_THAT(off(), HasSubstr("disablePowerOff"));
}

TEST_F(SwitchingHosts, GivesUpForNowWhenItIsAlwaysWrittenInBetween) {
  for (int i = 0; i < 5; ++i) api.order({"apply", "baremetalhosts", {ErrorClass::Conflict, "the object has been modified", 409}});
  EXPECT_THAT(off(), testing::StartsWith("not done, may be tried again: BareMetalHost rack/h1, spec.online: "));
  EXPECT_EQ(api.count("apply"), 3U);
}

TEST_F(SwitchingHosts, MayBeToldAgainWhenTheAnswerWasLost) {
  api.order({"apply", "baremetalhosts", {ErrorClass::UnknownOutcome, "no answer"}, true});
  EXPECT_THAT(off(), HasSubstr("no answer"));
  EXPECT_EQ(off(), "ok");
  EXPECT_EQ(api.count("apply"), 1U);
}

TEST_F(SwitchingHosts, ReadsWhichItIs) {
  EXPECT_EQ(state(), "on");
  put_host(host(false));
  EXPECT_EQ(state(), "off");
  put_host(host_with("/status/poweredOn", true, false));
  EXPECT_EQ(state(), "on") << "it is going down";
  put_host(host_with("/status/poweredOn", false, true));
  EXPECT_EQ(state(), "off") << "it is coming up";
}

TEST_F(SwitchingHosts, DoesNotKnowWithoutAWord) {
  Json silent = host(false);
  silent["status"].erase("poweredOn");
  put_host(silent);
  EXPECT_EQ(state(), "unknown");
}

TEST_F(SwitchingHosts, DoesNotBelieveAHostThatIsUnwell) {
  put_host(host_with("/status/errorType", "power management error", false));
  EXPECT_THAT(state(), HasSubstr("unknown: BareMetalHost rack/h1 has status.errorType \"power management error\""));
  put_host(host_with("/status/operationalStatus", "error", false));
  EXPECT_EQ(state(), "unknown");
}

TEST_F(SwitchingHosts, TakesTheErrorOfASoftShutdownThatWasNotHeededAsPartOfIt) {
  Json hard = host_with("/status/errorType", "power management error", false);
  hard["status"]["errorMessage"] = "Continuing with hard poweroff after soft poweroff fails. More details: timeout";
  hard["status"]["operationalStatus"] = "error";
  hard["status"]["poweredOn"] = true;
  put_host(hard);
  EXPECT_EQ(state(), "unknown: BareMetalHost rack/h1 did not heed the soft shutdown; its power is being taken away");
  EXPECT_EQ(off(), "ok");
}

TEST_F(SwitchingHosts, RefusesStatesInWhichOnlineIsNotHeeded) {
  for (const std::string state_name : {"available", "deprovisioning", "unmanaged", "deleting", ""}) {
    put_host(host_with("/status/provisioning/state", state_name));
    expect_left_on(AllOf(testing::StartsWith("invalid: "), HasSubstr("is in state \"" + state_name + "\""),
                         HasSubstr("must be provisioned or externally provisioned")));
    EXPECT_THAT(told(PowerRequest::On), HasSubstr("is in state"));
  }
  put_host(host_with("/status/provisioning/state", "preparing"));
  expect_left_on(testing::StartsWith("not done, may be tried again: "));
}

TEST_F(SwitchingHosts, SwitchesHostsThatMetal3DidNotProvision) {
  put_host(host_with("/status/provisioning/state", "externally provisioned"));
  EXPECT_EQ(off(), "ok");
}

TEST_F(SwitchingHosts, RefusesAHostThatIsPaused) {
  put_host(host_with("/metadata/annotations", {{"baremetalhost.metal3.io/paused", ""}}));
  expect_left_on(HasSubstr("is paused, so nobody switches it: take its annotation baremetalhost.metal3.io/paused off"));
  EXPECT_THAT(told(PowerRequest::On), HasSubstr("is paused"));
}

TEST_F(SwitchingHosts, RefusesAHostThatIsDetached) {
  put_host(host_with("/metadata/annotations", {{"baremetalhost.metal3.io/detached", ""}}));
  expect_left_on(HasSubstr("is detached"));
  put_host(host_with("/status/operationalStatus", "detached"));
  expect_left_on(AllOf(HasSubstr("is detached"), HasSubstr("write driver: {type: Redfish}")));
}

TEST_F(SwitchingHosts, RefusesAHostThatWouldBeRebootedInstead) {
  put_host(host_with("/spec/disablePowerOff", true));
  expect_left_on(HasSubstr("spec.disablePowerOff, by which it would be rebooted instead"));
  put_host(host_with("/spec/disablePowerOff", true, false));
  EXPECT_EQ(told(PowerRequest::On), "ok");
}

TEST_F(SwitchingHosts, RefusesAHostThatIsBeingDeleted) {
  put_host(host_with("/metadata/deletionTimestamp", "2026-01-01T00:00:00Z"));
  expect_left_on(HasSubstr("is being deleted"));
}

TEST_F(SwitchingHosts, RefusesToSwitchOffWhileSomeoneElseRestartsTheHost) {
  put_host(host_with("/metadata/annotations", {{"reboot.metal3.io/remediation", "{\"mode\":\"hard\"}"}}));
  expect_left_on(AllOf(testing::StartsWith("not done, may be tried again: "), HasSubstr("reboot.metal3.io/remediation")));
}

TEST_F(SwitchingHosts, RefusesToSwitchOffAHostThatIsUnwell) {
  Json sick = host_with("/status/errorType", "registration error");
  sick["status"]["errorMessage"] = "wrong password";
  put_host(sick);
  expect_left_on(AllOf(HasSubstr("registration error"), HasSubstr("wrong password")));
  for (const std::string word : {"servicing", "delayed", "discovered", "error"}) {
    put_host(host_with("/status/operationalStatus", word));
    expect_left_on(HasSubstr("status.operationalStatus " + word));
  }
}

TEST_F(SwitchingHosts, WakesAHostHoweverUnwellItIs) {
  for (const std::string word : {"servicing", "delayed", "error"}) {
    Json sick = host_with("/status/operationalStatus", word, false);
    sick["status"]["errorType"] = "power management error";
    put_host(sick);
    EXPECT_EQ(told(PowerRequest::On), "ok") << word;
  }
}

TEST_F(SwitchingHosts, SaysHowToNameAHostThatNothingNames) {
  const auto target = driven(node_of(""));
  const auto how = HasSubstr("annotate it with drover.dev/bare-metal-host=NAMESPACE/NAME");
  EXPECT_THAT(state(target), how);
  EXPECT_THAT(told(PowerRequest::GracefulOff, target), how);
  EXPECT_THAT(api.calls(), IsEmpty());
}

TEST_F(SwitchingHosts, LooksWhereTheProfileSays) {
  EXPECT_THAT(state(driven(node_of("metal3://uid-7"), PowerDriverKind::Metal3, Metal3Settings{"rack"})),
              HasSubstr("in namespace rack (driver.metal3.namespace)"));
}

}  // namespace
}  // namespace drover::metal3
