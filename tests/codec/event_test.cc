#include "codec/event.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace drover {
namespace {

KubeEvent event() {
  return {.name = "db-0.1",
          .regarding = {"kubevirt.io/v1", "VirtualMachineInstance", {"vms", "db-0"}, "u"},
          .warning = false,
          .reason = "Moved",
          .action = "Move",
          .note = "Moved to n2.",
          .instance = "drover-0",
          .first = *parse_rfc3339("2026-11-22T10:00:00.123456Z"),
          .count = 1,
          .last = {}};
}

TEST(Event, IsWrittenAsTheApiDemands) {
  EXPECT_EQ(nlohmann::json::parse(encode_event(event())), nlohmann::json::parse(R"({"apiVersion":"events.k8s.io/v1","kind":"Event",
    "metadata":{"name":"db-0.1","namespace":"vms"},"eventTime":"2026-11-22T10:00:00.123456Z","reportingController":"drover.dev/drover",
    "reportingInstance":"drover-0","action":"Move","reason":"Moved","note":"Moved to n2.","type":"Normal",
    "regarding":{"apiVersion":"kubevirt.io/v1","kind":"VirtualMachineInstance","name":"db-0","namespace":"vms","uid":"u"}})"));
}

TEST(Event, ThatRepeatsIsASeries) {
  KubeEvent repeated = event();
  repeated.count = 7;
  repeated.last = repeated.first + hours{1};
  EXPECT_EQ(nlohmann::json::parse(encode_event(repeated))["series"],
            nlohmann::json::parse(R"({"count":7,"lastObservedTime":"2026-11-22T11:00:00.123456Z"})"));
}

TEST(Event, AboutAClusterWideObjectIsKeptInDefault) {
  KubeEvent cluster = event();
  cluster.regarding.key.ns.clear();
  EXPECT_EQ(nlohmann::json::parse(encode_event(cluster))["metadata"]["namespace"], "default");
}

TEST(Event, IsCutAtACharactersBoundary) {
  KubeEvent wordy = event();
  wordy.note = std::string(1023, 'a') + "\u00e9tc";  // the two bytes of the letter would stand at 1023 and 1024
  EXPECT_EQ(nlohmann::json::parse(encode_event(wordy))["note"], std::string(1023, 'a'));
}

}  // namespace
}  // namespace drover
