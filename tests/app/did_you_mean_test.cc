#include "app/did_you_mean.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

TEST(DidYouMean, FindsTheNearestWordIfItIsNear) {
  const std::vector<std::string> words = {"simulate", "seed", "suspend", "plan"};
  for (const auto& [typed, meant] : std::vector<std::pair<std::string, std::string>>{{"simulat", "simulate"},
                                                                                     {"siumlate", "simulate"},
                                                                                     {"sed", "seed"},
                                                                                     {"pln", "plan"},
                                                                                     {"suspnd", "suspend"},
                                                                                     {"frobnicate", ""},
                                                                                     {"", ""},
                                                                                     {std::string(500, 's'), ""}}) {
    EXPECT_EQ(nearest_word(typed, words), meant) << typed;
  }
}

}  // namespace
}  // namespace drover
