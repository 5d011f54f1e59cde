#include "base/base64.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

TEST(Base64, DecodesWithPaddingAndLineBreaksOnly) {
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64("Zg=="), "f");
  EXPECT_EQ(decode_base64("Zm8="), "fo");
  EXPECT_EQ(decode_base64("Zm9v"), "foo");
  EXPECT_EQ(decode_base64("Zm9v\nYmFy\n"), "foobar");
  for (const char* bad : {"Z", "Zg", "Zg=", "Zm9", "Zm9v=", "Zg==Zg==", "Zm9?", "===="})
    EXPECT_EQ(decode_base64(bad), std::nullopt) << bad;
}

TEST(Base64, GoesThereAndBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
    bytes += static_cast<char>(i * 7);
  }
  EXPECT_EQ(encode_base64("fo"), "Zm8=");
}

}  // namespace
}  // namespace drover
