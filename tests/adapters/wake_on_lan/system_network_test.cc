// The system's network, on the loopback interface.
#include "adapters/wake_on_lan/system_network.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adapters/wake_on_lan/magic_packet.h"

namespace drover::wake_on_lan {
namespace {

using testing::HasSubstr;

// Bound to a free port of 127.0.0.1.
class Bound {
 public:
  explicit Bound(int type) : descriptor_(socket(AF_INET, type, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address_;
    EXPECT_EQ(bind(descriptor_, reinterpret_cast<sockaddr*>(&address_), length), 0);
    EXPECT_EQ(getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address_), &length), 0);
  }
  ~Bound() { close(descriptor_); }
  Bound(const Bound&) = delete;
  Bound& operator=(const Bound&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] std::uint16_t port() const { return ntohs(address_.sin_port); }

 private:
  const int descriptor_;
  sockaddr_in address_{};
};

TEST(SystemNetwork, SendsTheWholePacket) {
  const Bound receiver(SOCK_DGRAM);
  const std::string packet = magic_packet(*parse_mac("52:54:00:12:34:56"));
  ASSERT_TRUE(SystemNetwork().send("127.0.0.1", receiver.port(), packet));
  std::string got(200, '\0');
  const auto size = recv(receiver.get(), got.data(), got.size(), 0);
  ASSERT_EQ(size, 102);
  EXPECT_EQ(got.substr(0, 102), packet);
}

TEST(SystemNetwork, MaySendToABroadcastAddress) {
  const Bound receiver(SOCK_DGRAM);
  EXPECT_TRUE(SystemNetwork().send("127.255.255.255", receiver.port(), "x"));
}

TEST(SystemNetwork, HearsAListener) {
  const Bound listener(SOCK_STREAM);
  ASSERT_EQ(listen(listener.get(), 1), 0);
  const auto heard = SystemNetwork().knock("127.0.0.1", listener.port(), seconds{2});
  ASSERT_TRUE(heard);
  EXPECT_EQ(*heard, Heard::Answer);
}

TEST(SystemNetwork, TakesARefusalForAnAnswerAsWell) {
  const Bound nobody_listens(SOCK_STREAM);
  const auto heard = SystemNetwork().knock("127.0.0.1", nobody_listens.port(), seconds{2});
  ASSERT_TRUE(heard);
  EXPECT_EQ(*heard, Heard::Answer);
}

TEST(SystemNetwork, HearsSilenceWhereNobodyTakesTheConnection) {
  const Bound listener(SOCK_STREAM);
  ASSERT_EQ(listen(listener.get(), 0), 0);
  // Its queue is full by then: what comes besides is dropped, as by a machine that is off.
  std::vector<std::unique_ptr<Bound>> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.push_back(std::make_unique<Bound>(SOCK_STREAM | SOCK_NONBLOCK));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(listener.port());
    (void)connect(waiting.back()->get(), reinterpret_cast<sockaddr*>(&to), sizeof to);
  }
  const auto heard = SystemNetwork().knock("127.0.0.1", listener.port(), milliseconds{200});
  ASSERT_TRUE(heard);
  EXPECT_EQ(*heard, Heard::Silence);
}

TEST(SystemNetwork, TakesNumbersForAddressesOnly) {
  for (const char* address : {"localhost", "", "127.0.0.1; reboot", "300.1.1.1"}) {
    EXPECT_THAT(SystemNetwork().send(address, 9, "x").error().message, HasSubstr("is no IP address"));
    EXPECT_THAT(SystemNetwork().knock(address, 9, seconds{1}).error().message, HasSubstr("is no IP address"));
  }
}

}  // namespace
}  // namespace drover::wake_on_lan
