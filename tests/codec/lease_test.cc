#include "codec/lease.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drover {
namespace {

TEST(Lease, IsReadBackAsItWasWritten) {
  const Lease lease{.key = {"drover", "drover"},
                    .uid = "u",
                    .resource_version = "7",
                    .holder = "drover-0",
                    .duration = seconds{15},
                    .acquired = parse_rfc3339("2026-11-22T10:00:00.000001Z"),
                    .renewed = parse_rfc3339("2026-11-22T10:00:10.5Z"),
                    .transitions = 3};
  EXPECT_EQ(decode_lease(encode_lease(lease)).value_or({}), lease);
}

TEST(Lease, ThatNobodyHoldsHasNoHolder) {
  const auto body = nlohmann::json::parse(encode_lease({.key = {"a", "b"},
                                                        .uid = "",
                                                        .resource_version = "",
                                                        .holder = "",
                                                        .duration = seconds{15},
                                                        .acquired = {},
                                                        .renewed = {},
                                                        .transitions = 0}));
  EXPECT_FALSE(body["spec"].contains("holderIdentity"));
  EXPECT_FALSE(body["metadata"].contains("resourceVersion"));
  EXPECT_EQ(decode_lease(R"({"metadata":{"name":"b","namespace":"a"},"spec":{"holderIdentity":null}})")->holder, "");
}

}  // namespace
}  // namespace drover
