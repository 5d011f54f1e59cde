// Switching a node off by a pod and on by a packet, and telling which it is.
#include "adapters/wake_on_lan/wake_on_lan_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/fake_kube_api.h"
#include "adapters/wake_on_lan/magic_packet.h"
#include "codec/decoder.h"
#include "support/driven.h"
#include "support/manual_clock.h"

namespace drover::wake_on_lan {
namespace {

using Json = nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FakeNetwork final : public Network {
 public:
  Status send(const std::string& address, std::uint16_t port, const std::string& datagram) override {
    sent.push_back(address + ":" + std::to_string(port));
    last = datagram;
    return ok();
  }
  Result<Heard> knock(const std::string& address, std::uint16_t port, Duration /*within*/) override {
    knocked.push_back(address + ":" + std::to_string(port));
    return heard;
  }
  Result<Heard> heard = Heard::Answer;
  std::vector<std::string> sent;
  std::vector<std::string> knocked;
  std::string last;
};

class OverTheLan : public testing::Test {
 protected:
  OverTheLan() { node_is(true); }

  void node_is(bool ready, const std::string& boot = "boot-1") {
    api.put(resource::kNodes, {"", "n1"},
            {{"metadata", {{"uid", "uid-n1"}}},
             {"status",
              {{"conditions", Json::array({{{"type", "Ready"}, {"status", ready ? "True" : "Unknown"}}})},
               {"nodeInfo", {{"bootID", boot}}},
               {"addresses",
                Json::array({{{"type", "Hostname"}, {"address", "n1"}}, {{"type", "InternalIP"}, {"address", "192.0.2.7"}}})}}}});
    api.put(resource::kLeases, {"kube-node-lease", "n1"}, {{"spec", {{"renewTime", "12:00:00"}}}});
  }
  void node_falls_silent() {
    node_is(false);
    network.heard = Heard::Silence;
  }
  [[nodiscard]] NodeDriver target() const {
    NodeDriver made = test::driven("n1", PowerDriverKind::WakeOnLan, "cellar", settings);
    Node node = *made.node;
    node.uid = "uid-n1";
    node.marks.life = life;
    if (!mac.empty()) node.annotations.set("example.org/mac", mac);
    made.node = std::make_shared<const Node>(std::move(node));
    return made;
  }
  std::string state() {
    const auto answer = driver.state(target(), {});
    return answer ? std::string(to_string(answer->state)) : answer.error().message;
  }
  std::string told(PowerRequest request) {
    const auto done = driver.switch_to(target(), request, {});
    return done ? "ok" : done.error().message;
  }
  [[nodiscard]] std::vector<Json> pods() const { return api.objects(resource::kPods); }
  void pod_says(const std::string& phase, const Json& state = Json::object()) {
    Json pod = pods().front();
    pod["status"] = {{"phase", phase}, {"containerStatuses", Json::array({{{"state", state}}})}};
    api.put(resource::kPods, {"drover-power", pod["metadata"]["name"]}, pod);
  }

  test::FakeKubeApi api;
  test::ManualClock clock;
  FakeNetwork network;
  WakeOnLanSettings settings{"example.org/mac", "192.0.2.255", PodSettings{"drover-power", "debian:12", "power-off"}};
  NodeLife life = NodeLife::Empty;
  std::string mac = "52:54:00:12:34:56";
  WakeOnLanDriver driver{api, network, clock};
};

TEST_F(OverTheLan, WakesByThreePacketsToTheSegment) {
  EXPECT_EQ(told(PowerRequest::On), "ok");
  EXPECT_THAT(network.sent, ElementsAre("192.0.2.255:9", "192.0.2.255:9", "192.0.2.255:9"));
  EXPECT_EQ(network.last, magic_packet(*parse_mac(mac)));
}

TEST_F(OverTheLan, SwitchesOffByAPodThatIsBoundToThisBoot) {
  EXPECT_EQ(told(PowerRequest::GracefulOff), "ok");
  ASSERT_EQ(pods().size(), 1U);
  const Json pod = pods().front();
  EXPECT_EQ(pod["metadata"]["namespace"], "drover-power");
  const Json& spec = pod["spec"];
  EXPECT_EQ(spec["nodeName"], "n1");
  EXPECT_EQ(spec["hostPID"], true);
  EXPECT_EQ(spec["restartPolicy"], "Never");
  EXPECT_EQ(spec["automountServiceAccountToken"], false);
  EXPECT_EQ(spec["serviceAccountName"], "power-off");
  EXPECT_EQ(spec["terminationGracePeriodSeconds"], 0);
  const Json& container = spec["containers"][0];
  EXPECT_EQ(container["image"], "debian:12");
  const auto command = container["command"].get<std::vector<std::string>>();
  EXPECT_EQ(command.front(), "nsenter");
  EXPECT_EQ(command.back(), "boot-1") << "an argument, no part of the script";
  EXPECT_THAT(command[command.size() - 2], AllOf(HasSubstr("= \"$0\" ] && exec systemctl"), testing::Not(HasSubstr("boot-1"))));
}

TEST_F(OverTheLan, MakesAPodThatCountsAsNoWorkload) {
  EXPECT_EQ(told(PowerRequest::GracefulOff), "ok");
  const auto page =
      Decoder(Kind::Pod).list(Json{{"kind", "PodList"}, {"metadata", {{"resourceVersion", "1"}}}, {"items", pods()}}.dump());
  ASSERT_TRUE(page);
  ASSERT_EQ(page->items.size(), 1U);
  EXPECT_FALSE(std::get<std::shared_ptr<const Pod>>(page->items.front().value)->is_workload());
}

TEST_F(OverTheLan, MakesOnePodHoweverOftenItIsTold) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(told(PowerRequest::GracefulOff), "ok");
  EXPECT_EQ(pods().size(), 1U);
  pod_says("Succeeded");
  EXPECT_EQ(told(PowerRequest::GracefulOff), "ok");
}

TEST_F(OverTheLan, SaysWhyThePodDoesNotRun) {
  EXPECT_EQ(told(PowerRequest::GracefulOff), "ok");
  pod_says("Pending", {{"waiting", {{"reason", "ImagePullBackOff"}, {"message", "no such image"}}}});
  EXPECT_THAT(told(PowerRequest::GracefulOff), HasSubstr("does not run: ImagePullBackOff: no such image"));
}

TEST_F(OverTheLan, DeletesAPodThatFailedAndMakesAnother) {
  EXPECT_EQ(told(PowerRequest::GracefulOff), "ok");
  pod_says("Failed", {{"terminated", {{"reason", "Error"}}}});
  EXPECT_THAT(told(PowerRequest::GracefulOff), HasSubstr("failed (Error) and was deleted"));
  EXPECT_THAT(pods(), IsEmpty());
  EXPECT_EQ(told(PowerRequest::GracefulOff), "ok");
}

TEST_F(OverTheLan, DoesNotTakeThePodOfAnEarlierBootForTheOrder) {
  EXPECT_EQ(told(PowerRequest::GracefulOff), "ok");
  node_is(true, "boot-2");
  EXPECT_THAT(told(PowerRequest::GracefulOff), HasSubstr("was an earlier one's and was deleted"));
  EXPECT_EQ(told(PowerRequest::GracefulOff), "ok");
  EXPECT_EQ(pods().front()["metadata"]["annotations"]["drover.dev/boot-id"], "boot-2");
}

TEST_F(OverTheLan, DeletesThePodOnceTheNodeIsOffOrWokenOrTakenBack) {
  const auto shut_down = [this] {
    life = NodeLife::PoweringOff;
    EXPECT_EQ(told(PowerRequest::GracefulOff), "ok");
    EXPECT_EQ(pods().size(), 1U);
  };
  shut_down();
  node_falls_silent();
  EXPECT_EQ(state(), "unknown");
  EXPECT_EQ(pods().size(), 1U);
  clock.advance(seconds{60});
  EXPECT_EQ(state(), "off");
  EXPECT_THAT(pods(), IsEmpty());
  node_is(true);
  network.heard = Heard::Answer;
  shut_down();
  EXPECT_EQ(told(PowerRequest::On), "ok");
  EXPECT_THAT(pods(), IsEmpty());
  shut_down();
  life = NodeLife::Active;
  EXPECT_EQ(state(), "on");
  EXPECT_THAT(pods(), IsEmpty());
}

TEST_F(OverTheLan, WakesEvenWhenThePodCannotBeDeleted) {
  api.order({"remove", "pods", {ErrorClass::Denied, "forbidden", 403}});
  EXPECT_EQ(told(PowerRequest::On), "ok");
}

TEST_F(OverTheLan, ListensAtTheKubeletsPort) {
  EXPECT_EQ(state(), "on");
  EXPECT_THAT(network.knocked, ElementsAre("192.0.2.7:10250"));
}

TEST_F(OverTheLan, IsOffAfterAMinutesSilenceAndOnAgainWithTheFirstAnswer) {
  life = NodeLife::PoweringOff;
  node_falls_silent();
  EXPECT_EQ(state(), "unknown");
  clock.advance(seconds{60});
  EXPECT_EQ(state(), "off");
  life = NodeLife::Waking;
  network.heard = Heard::Answer;
  EXPECT_EQ(state(), "on");
}

TEST_F(OverTheLan, NeverTakesACutOffNodeForAnOffOne) {
  node_falls_silent();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(state(), "unknown");
    clock.advance(minutes{1});
  }
}

TEST_F(OverTheLan, DoesNotKnowWhileTheNetworkCannotBeTried) {
  life = NodeLife::Asleep;
  node_falls_silent();
  network.heard = Error{ErrorClass::Retryable, "192.0.2.7: Network is unreachable"};
  EXPECT_EQ(state(), "node n1 can't be heard: 192.0.2.7: Network is unreachable");
}

TEST_F(OverTheLan, PutsNoNodeToSleepWhoseSilenceWouldProveNothing) {
  network.heard = Heard::Silence;
  EXPECT_THAT(state(), AllOf(HasSubstr("does not answer Drover at 192.0.2.7:10250"), HasSubstr("let Drover reach that port")));
  life = NodeLife::PoweringOff;
  EXPECT_EQ(state(), "on") << "it is going down";
}

TEST_F(OverTheLan, PutsNoNodeToSleepThatItCouldNotWake) {
  for (const std::string wrong : {"", "52:54:00", "$(reboot)"}) {
    mac = wrong;
    const auto why = AllOf(HasSubstr("annotation example.org/mac"), HasSubstr("52:54:00:12:34:56"));
    EXPECT_THAT(state(), why);
    EXPECT_THAT(told(PowerRequest::GracefulOff), why);
    EXPECT_THAT(told(PowerRequest::On), why);
  }
  EXPECT_THAT(pods(), IsEmpty());
  EXPECT_THAT(network.sent, IsEmpty());
}

TEST_F(OverTheLan, OnlyWakesWithoutAWayToSwitchOff) {
  settings.shutdown.reset();
  const auto how = AllOf(HasSubstr("write driver.wakeOnLAN.shutdown"), HasSubstr("cellar"));
  EXPECT_THAT(state(), how);
  EXPECT_THAT(told(PowerRequest::GracefulOff), how);
  EXPECT_EQ(told(PowerRequest::On), "ok");
  life = NodeLife::Asleep;
  node_falls_silent();
  state();
  clock.advance(minutes{1});
  EXPECT_EQ(state(), "off") << "the profile was changed while it slept";
}

TEST_F(OverTheLan, HasNoForceButToAskAgain) {
  EXPECT_EQ(told(PowerRequest::ForceOff), told(PowerRequest::GracefulOff)) << "of a node that is Ready";
  node_is(false);
  EXPECT_THAT(told(PowerRequest::ForceOff), AllOf(HasSubstr("can't be forced off"), HasSubstr("switch it off by hand")));
}

TEST_F(OverTheLan, RunsNoPodOnANodeThatIsNotReadyOrAnother) {
  node_is(false);
  EXPECT_THAT(told(PowerRequest::GracefulOff), HasSubstr("not Ready"));
  api.put(resource::kNodes, {"", "n1"},
          {{"metadata", {{"uid", "uid-new"}}},
           {"status", {{"addresses", Json::array({{{"type", "InternalIP"}, {"address", "192.0.2.7"}}})}}}});
  EXPECT_THAT(told(PowerRequest::GracefulOff), HasSubstr("another one by now"));
  EXPECT_THAT(pods(), IsEmpty());
}

TEST_F(OverTheLan, SaysWhichRightsAreMissing) {
  api.order({"create", "pods", {ErrorClass::Denied, "forbidden", 403}});
  EXPECT_THAT(told(PowerRequest::GracefulOff), AllOf(HasSubstr("forbidden"), HasSubstr("manifests/wake-on-lan.yaml")));
}

}  // namespace
}  // namespace drover::wake_on_lan
