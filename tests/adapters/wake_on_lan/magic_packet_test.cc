#include "adapters/wake_on_lan/magic_packet.h"

#include <gtest/gtest.h>

namespace drover::wake_on_lan {
namespace {

TEST(MagicPacket, IsSixBytesFfAndTheAddressSixteenTimes) {
  const auto mac = parse_mac("52:54:00:12:ab:FF");
  ASSERT_TRUE(mac);
  const std::string packet = magic_packet(*mac);
  ASSERT_EQ(packet.size(), 102U);
  EXPECT_EQ(packet.substr(0, 6), std::string(6, '\xff'));
  for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(packet.substr(6 + 6 * i, 6), std::string("\x52\x54\x00\x12\xab\xff", 6)) << i;
}

TEST(MagicPacket, ReadsBothWaysOfWritingAnAddress) {
  EXPECT_EQ(parse_mac("52-54-00-12-ab-ff"), parse_mac("52:54:00:12:AB:FF"));
}

TEST(MagicPacket, RefusesWhatIsNoAddressOfOneCard) {
  for (const char* text : {"", "52:54:00:12:ab", "52:54:00:12:ab:ff:00", "52:54:00:12:ab:fg", "52:54-00:12:ab:ff",
                           "525400.12abff.123", " 2:54:00:12:ab:ff", "+2:54:00:12:ab:ff", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01",
                           "00:00:00:00:00:00", "52:54:00:12:ab:f;"})
    EXPECT_FALSE(parse_mac(text)) << text;
}

}  // namespace
}  // namespace drover::wake_on_lan
