#include "model/node_lease.h"

#include <gtest/gtest.h>

#include "codec/decode.h"

namespace drover {
namespace {

TEST(NodeLeaseReader, TellsWhoHoldsItAndUntilWhen) {
  const auto lease = decode<NodeLease>(Kind::NodeLease, R"({"metadata":{"name":"node-n1","namespace":"medik8s-leases"},"spec":{
    "holderIdentity":"node-maintenance","leaseDurationSeconds":3600,"renewTime":"2026-11-22T10:00:00.500000Z"}})");
  EXPECT_EQ(lease->holder, "node-maintenance");
  EXPECT_EQ(lease->until, *parse_rfc3339("2026-11-22T11:00:00Z") + milliseconds{500});
  const auto free = decode<NodeLease>(Kind::NodeLease, R"({"metadata":{"name":"node-n1"},"spec":{"holderIdentity":null}})");
  EXPECT_EQ(*free, NodeLease{});
}

}  // namespace
}  // namespace drover
