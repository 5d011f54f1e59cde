// Nodes that are domains: libvirt itself, with its test driver in place of a hypervisor.
#include "adapters/libvirt/libvirt_driver.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "support/driven.h"
#include "support/manual_clock.h"
#include "support/temporary_folder.h"

namespace drover::libvirt {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kUuid = "11111111-2222-3333-4444-55555555000";  // and the domain's number

std::string domain(int number, const std::string& name, const std::string& more = "") {
  return "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>" + name + "</name><uuid>" + kUuid +
         std::to_string(number) + "</uuid><memory>1024</memory><os><type>hvm</type></os>" + more + "</domain>";
}

std::string test_state(int state) {
  return "<test:runstate>" + std::to_string(state) + "</test:runstate>";
}

class Domains : public testing::Test {
 protected:
  Domains() {
    std::ofstream(file()) << "<node>" << domain(1, "n1") << domain(2, "vm-of-n2") << domain(3, "off", test_state(5))
                          << domain(4, "paused", test_state(3)) << domain(5, "crashed", test_state(6))
                          << domain(6, "suspended", test_state(7)) << domain(7, "passing", "<test:transient/>") << "</node>";
    settings.uri = "test://" + file();
  }
  [[nodiscard]] std::string file() const { return folder.path("host.xml"); }
  [[nodiscard]] NodeDriver target(const std::string& name, const std::string& uuid = "") const {
    NodeDriver made = test::driven(name, PowerDriverKind::Libvirt, "lab", settings);
    Node node = *made.node;
    node.uid = "uid-" + name;
    node.system_uuid = uuid;
    node.marks.life = life;
    made.node = std::make_shared<const Node>(std::move(node));
    return made;
  }
  static std::string shown(const Result<PowerAnswer>& answer) {
    if (!answer) return std::string(to_string(answer.error().cls)) + ": " + answer.error().message;
    return std::string(to_string(answer->state)) + (answer->remark.empty() ? "" : ": " + answer->remark);
  }
  std::string state(const std::string& name, const std::string& uuid = "") { return shown(driver.state(target(name, uuid), {})); }
  std::string told(PowerRequest request, const std::string& name, const std::string& uuid = "") {
    const auto done = driver.switch_to(target(name, uuid), request, {});
    return done ? "ok" : std::string(to_string(done.error().cls)) + ": " + done.error().message;
  }

  const test::TemporaryFolder folder;
  LibvirtSettings settings;
  NodeLife life = NodeLife::Empty;
  test::ManualClock clock;
  LibvirtDriver driver{clock};
};

TEST_F(Domains, AreShutDownAndCreated) {
  EXPECT_EQ(state("n1"), "on");
  EXPECT_EQ(told(PowerRequest::GracefulOff, "n1"), "ok");
  EXPECT_EQ(state("n1"), "off");
  EXPECT_EQ(told(PowerRequest::On, "n1"), "ok");
  EXPECT_EQ(state("n1"), "on");
}

TEST_F(Domains, LoseTheirPowerWhenForced) {
  EXPECT_EQ(told(PowerRequest::ForceOff, "n1"), "ok");
  EXPECT_EQ(state("n1"), "off");
}

TEST_F(Domains, AreLeftWhenTheyAreSoAlready) {
  EXPECT_EQ(told(PowerRequest::On, "n1"), "ok");
  EXPECT_EQ(told(PowerRequest::GracefulOff, "off"), "ok");
  EXPECT_EQ(told(PowerRequest::ForceOff, "off"), "ok");
  EXPECT_EQ(state("off"), "off");
}

TEST_F(Domains, AreFoundByTheNodesSystemUuidFirst) {
  EXPECT_EQ(told(PowerRequest::GracefulOff, "n1", kUuid + std::string("2")), "ok");
  EXPECT_EQ(state("vm-of-n2"), "off");
  EXPECT_EQ(state("n1"), "on");
}

TEST_F(Domains, AreFoundByAUuidInTheOrderOfOlderFirmware) {
  EXPECT_EQ(state("n9", "11111111-2222-3333-4444-555555550003"), "off");
  std::ofstream(folder.path("order.xml"))
      << "<node><domain type='test'><name>x</name><uuid>00112233-4455-6677-8899-aabbccddeeff</uuid>"
         "<memory>1024</memory><os><type>hvm</type></os></domain></node>";
  settings.uri = "test://" + folder.path("order.xml");
  EXPECT_EQ(state("n9", "33221100-5544-7766-8899-aabbccddeeff"), "on");
  EXPECT_THAT(state("n9", "33221100-5544-7766-9988-aabbccddeeff"), HasSubstr("there is no domain"));
}

TEST_F(Domains, AreFoundByTheNameThatTheProfileSays) {
  settings.domain = "vm-of-{node}";
  EXPECT_EQ(state("n2", kUuid + std::string("1")), "on");
  EXPECT_THAT(state("n3"), AllOf(StartsWith("invalid"), HasSubstr("there is no domain vm-of-n3, which is to be node n3")));
}

TEST_F(Domains, AreNotTakenForANodeOfTheSameNameWithAnotherUuid) {
  const auto why = AllOf(HasSubstr("domain n1 has UUID 11111111-2222-3333-4444-555555550001, node n1 has 99999999"),
                         HasSubstr("name it in driver.libvirt.domain"));
  EXPECT_THAT(state("n1", "99999999-2222-3333-4444-555555550001"), why);
  EXPECT_THAT(told(PowerRequest::ForceOff, "n1", "99999999-2222-3333-4444-555555550001"), why);
  EXPECT_EQ(state("n1"), "on");
}

TEST_F(Domains, SayWhatIsUnusualOfThem) {
  EXPECT_EQ(state("paused"), "on: domain paused is paused");
  EXPECT_THAT(told(PowerRequest::On, "paused"), HasSubstr("look why, and resume it"));
  EXPECT_EQ(state("crashed"), "unknown: domain crashed has crashed");
  EXPECT_EQ(state("suspended"), "on: domain suspended is suspended");
}

TEST_F(Domains, AreNotSwitchedOffWhenTheyWouldBeGoneThen) {
  for (const auto request : {PowerRequest::GracefulOff, PowerRequest::ForceOff})
    EXPECT_THAT(told(request, "passing"), AllOf(StartsWith("invalid"), HasSubstr("transient: off, it would be gone for good")));
  EXPECT_EQ(state("passing"), "on");
}

TEST_F(Domains, AreUnknownWhereLibvirtCannotBeReached) {
  settings.uri = "test:///no/such/file";
  EXPECT_THAT(state("n1"), HasSubstr("libvirt at test:///no/such/file can't be reached"));
  settings.uri = "qemu+ext:///system?command=/bin/true";
  EXPECT_THAT(state("n1"), HasSubstr("PowerProfile lab: driver.libvirt.uri: transport ext"));
}

TEST_F(Domains, AreHeardAgainWhenTheHostIsThereAgain) {
  settings.uri = "test://" + folder.path("later.xml");
  EXPECT_THAT(state("n1"), HasSubstr("can't be reached"));
  std::ofstream(folder.path("later.xml")) << "<node>" << domain(1, "n1") << "</node>";
  EXPECT_EQ(state("n1"), "on");
}

// Takes connections and says nothing.
class MuteHost {
 public:
  MuteHost() : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address_;
    EXPECT_EQ(bind(descriptor_, reinterpret_cast<sockaddr*>(&address_), length), 0);
    EXPECT_EQ(getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address_), &length), 0);
    EXPECT_EQ(listen(descriptor_, 8), 0);
  }
  ~MuteHost() { close(descriptor_); }
  MuteHost(const MuteHost&) = delete;
  MuteHost& operator=(const MuteHost&) = delete;
  [[nodiscard]] std::string uri() const { return "qemu+tcp://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)) + "/system"; }

 private:
  const int descriptor_;
  sockaddr_in address_{};
};

TEST_F(Domains, OfAHostThatHangsHoldUpNobodyElse) {
  LibvirtDriver hurried(clock, milliseconds{200});
  std::string other;
  {
    const MuteHost mute;
    LibvirtSettings hanging;
    hanging.uri = mute.uri();
    NodeDriver held = test::driven("n8", PowerDriverKind::Libvirt, "lab", hanging);
    EXPECT_THAT(shown(hurried.state(held, {})), HasSubstr("has not answered within 200ms"));
    EXPECT_THAT(shown(hurried.state(held, {})), HasSubstr("hangs: an earlier call has not come back"));
    other = shown(hurried.state(target("n1"), {}));
  }
  EXPECT_EQ(other, "on");
}

TEST_F(Domains, AreLeftWhenTheCallerStops) {
  const MuteHost mute;
  settings.uri = mute.uri();
  std::stop_source stop;
  stop.request_stop();
  const auto answer = driver.state(target("n1"), stop.get_token());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().cls, ErrorClass::Cancelled);
}

TEST_F(Domains, HostsThatCannotBeSuspendedAreLeftOnWithTheReason) {
  settings.suspend = HostSuspend{HostSuspend::Target::Disk, hours{2}};
  const auto why = AllOf(StartsWith("invalid"), HasSubstr("its capabilities have no <suspend_disk/>"));
  EXPECT_THAT(state("n1"), why);
  EXPECT_THAT(told(PowerRequest::GracefulOff, "n1"), why);
  EXPECT_THAT(told(PowerRequest::ForceOff, "n1"), HasSubstr("can't be forced off"));
  EXPECT_EQ(told(PowerRequest::On, "n1"), "ok") << "it answers, so it is awake";
}

TEST_F(Domains, HostsThatAnswerNobodyAreNotOffForThat) {
  settings.uri = "test:///no/such/file";
  settings.suspend = HostSuspend{};
  life = NodeLife::Asleep;
  EXPECT_THAT(state("n1"), HasSubstr("can't be reached"));
  EXPECT_THAT(told(PowerRequest::On, "n1"),
              AllOf(HasSubstr("wakes by its own clock"), HasSubstr("driver.libvirt.suspend.wakeAfter")));
}

}  // namespace
}  // namespace drover::libvirt
