#include "base/hash.h"

#include <gtest/gtest.h>

#include <set>

namespace drover {
namespace {

// The published vectors of FNV-1a, 64 bits: names made of it must never change between versions.
TEST(StableHash, IsFnv1a) {
  EXPECT_EQ(stable_hash(""), 0xcbf29ce484222325ULL);
  EXPECT_EQ(stable_hash("a"), 0xaf63dc4c8601ec8cULL);
  EXPECT_EQ(stable_hash("foobar"), 0x85944171f73967e8ULL);
}

TEST(StableHash, GoesOnFromASeed) {
  EXPECT_EQ(stable_hash("bar", stable_hash("foo")), stable_hash("foobar"));
}

TEST(StableHash, TakesBytesAboveAsciiAsTheyAre) {
  EXPECT_NE(stable_hash("\xff"), stable_hash("\x7f"));
}

TEST(HashText, HasTheDigitsAskedForAndNoVowels) {
  EXPECT_EQ(hash_text(0), "bbbbbbbbbb");
  EXPECT_EQ(hash_text(1, 3), "cbb");
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = hash_text(stable_hash(std::to_string(i)));
    EXPECT_EQ(text.size(), 10U);
    EXPECT_EQ(text.find_first_not_of("bcdfghjklmnpqrstvwxz2456789"), std::string::npos) << text;
    seen.insert(text);
  }
  EXPECT_EQ(seen.size(), 1000U);
}

}  // namespace
}  // namespace drover
