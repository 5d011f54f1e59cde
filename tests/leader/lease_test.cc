#include "leader/lease.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drover {
namespace {

using nlohmann::json;

TEST(Lease, GoesThereAndBackWithWhatOthersHaveWrittenOnIt) {
  const std::string text = R"({"metadata":{"name":"l","namespace":"d","resourceVersion":"7","labels":{"a":"b"},"managedFields":[1]},
    "spec":{"holderIdentity":"me","leaseDurationSeconds":15,"acquireTime":"2026-11-22T10:00:00.500000Z",
            "renewTime":"2026-11-22T10:00:02.000000Z","leaseTransitions":3}})";
  const Lease lease = parse_lease(text).value();
  EXPECT_EQ(lease.holder, "me");
  EXPECT_EQ(lease.duration, seconds{15});
  EXPECT_EQ(lease.transitions, 3);
  const json written = json::parse(to_json(lease, {"d", "l"}));
  json expected = json::parse(text);
  expected["metadata"].erase("managedFields");
  expected["apiVersion"] = "coordination.k8s.io/v1";
  expected["kind"] = "Lease";
  EXPECT_EQ(written, expected);
}

TEST(Lease, OneThatSaysLittleIsReadAllTheSame) {
  const Lease lease =
      parse_lease(R"({"metadata":{},"spec":{"holderIdentity":5,"leaseDurationSeconds":"x","renewTime":"soon"}})").value();
  EXPECT_EQ(lease.holder, "");
  EXPECT_EQ(lease.duration, Duration::zero());
  EXPECT_EQ(lease.renewed, std::nullopt);
  EXPECT_EQ(parse_lease(R"({"metadata":{},"spec":{"leaseDurationSeconds":99999999}})")->duration, hours{1});
  EXPECT_EQ(parse_lease(R"({"metadata":{},"spec":{"leaseDurationSeconds":-5}})")->duration, Duration::zero());
  EXPECT_EQ(json::parse(to_json(lease, {"d", "l"}))["spec"]["leaseDurationSeconds"], 1);
}

TEST(Lease, WhatIsNoLeaseIsAnError) {
  for (const char* text : {"", "[]", "{}", "{\"metadata\":1}"})
    EXPECT_EQ(parse_lease(text).error().cls, ErrorClass::Invalid) << text;
}

}  // namespace
}  // namespace drover
