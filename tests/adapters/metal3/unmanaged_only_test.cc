// Another driver is kept off hosts that Metal3 manages.
#include "adapters/metal3/unmanaged_only.h"

#include "act/fakes.h"
#include "adapters/metal3/fixture.h"

namespace drover::metal3 {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Guarding : public WithHost {
 protected:
  std::string state(const NodeDriver& target) {
    const auto answer = guarded.state(target, {});
    return answer ? std::string(to_string(answer->state)) : answer.error().message;
  }
  std::string told(const NodeDriver& target, PowerRequest request) {
    const auto done = guarded.switch_to(target, request, {});
    return done ? "ok" : done.error().message;
  }
  static NodeDriver redfish(const std::string& provider_id) { return driven(node_of(provider_id), PowerDriverKind::Redfish); }

  test::FakePowerDriver inner;
  UnmanagedOnly guarded{inner, hosts};
  const NodeDriver managed = redfish("metal3://rack/h1/m3m-1");
};

TEST_F(Guarding, RefusesANodeOfAHostThatMetal3Manages) {
  const auto why =
      AllOf(HasSubstr("node n1 runs on BareMetalHost rack/h1"), HasSubstr("write driver: {type: Metal3}"), HasSubstr("rack-a"));
  EXPECT_THAT(state(managed), why);
  for (const auto request : {PowerRequest::On, PowerRequest::GracefulOff, PowerRequest::ForceOff})
    EXPECT_THAT(told(managed, request), why);
  EXPECT_THAT(inner.orders(), IsEmpty());
}

TEST_F(Guarding, LetsThroughWhenTheHostIsDetached) {
  put_host(host_with("/status/operationalStatus", "detached"));
  EXPECT_EQ(state(managed), "on");
  EXPECT_EQ(told(managed, PowerRequest::GracefulOff), "ok");
}

TEST_F(Guarding, AsksNothingForANodeThatSaysNothingOfMetal3) {
  EXPECT_EQ(told(redfish(""), PowerRequest::GracefulOff), "ok");
  EXPECT_THAT(api.calls(), IsEmpty());
  EXPECT_THAT(inner.orders(), ElementsAre("n1 GracefulOff"));
}

TEST_F(Guarding, SwitchesNothingOffWhenItCannotBeTold) {
  api.order({"get", "baremetalhosts", {ErrorClass::Denied, "forbidden", 403}});
  EXPECT_THAT(told(managed, PowerRequest::GracefulOff),
              AllOf(HasSubstr("can't be told whether Metal3 manages"), HasSubstr("manifests/metal3-rbac.yaml")));
  api.order({"get", "baremetalhosts", {ErrorClass::Retryable, "timed out"}});
  EXPECT_THAT(state(managed), HasSubstr("timed out")) << "a node that is on is not emptied for it";
  EXPECT_THAT(inner.orders(), IsEmpty());
}

TEST_F(Guarding, WakesAndWatchesASleeperAlsoWhenItCannotBeTold) {
  inner.says = [](const auto&, const auto&) { return PowerAnswer{.state = Powered::Off, .meter = {}, .remark = {}}; };
  api.order({"get", "baremetalhosts", {ErrorClass::Retryable, "timed out"}});
  EXPECT_EQ(state(managed), "off");
  api.order({"get", "baremetalhosts", {ErrorClass::Retryable, "timed out"}});
  EXPECT_EQ(told(managed, PowerRequest::On), "ok");
}

TEST_F(Guarding, CountsAHostInAnotherClusterAsNotTold) {
  api.drop(kBareMetalHosts, {"rack", "h1"});
  EXPECT_THAT(told(managed, PowerRequest::GracefulOff), HasSubstr("--metal3-kubeconfig"));
}

}  // namespace
}  // namespace drover::metal3
