#include "base/alongside.h"

#include <gtest/gtest.h>

#include <map>

namespace drover {
namespace {

TEST(Alongside, FindsWhatIsThereInOrder) {
  const std::map<int, int> squares{{1, 1}, {3, 9}, {4, 16}, {9, 81}};
  Alongside at(squares);
  for (int key = 0; key <= 10; ++key) {
    const int* found = at.find(key);
    ASSERT_EQ(found != nullptr, squares.contains(key)) << key;
    if (found != nullptr) {
      EXPECT_EQ(*found, key * key);
      EXPECT_EQ(at.find(key), found) << "a second time";
    }
  }
}

TEST(AlongsideDeathTest, IsNotAskedForWhatItHasPassed) {
  const std::map<int, int> squares{{1, 1}, {3, 9}, {4, 16}};
  Alongside at(squares);
  EXPECT_EQ(at.find(2), nullptr);
  EXPECT_NE(at.find(3), nullptr);
  EXPECT_DEATH(static_cast<void>(at.find(1)), "check failed");
}

}  // namespace
}  // namespace drover
