#include "codec/volume.h"

#include <gtest/gtest.h>

#include "codec/decode.h"

namespace drover {
namespace {

VolumeClaim claim(std::string_view metadata, std::string_view phase = "Bound", std::string_view volume = "pv-1") {
  const auto read =
      decode<VolumeClaim>(Kind::VolumeClaim, R"({"metadata":{"name":"data","namespace":"vms")" + std::string(metadata) +
                                                 R"(},"spec":{"accessModes":["ReadWriteMany"],"volumeName":")" +
                                                 std::string(volume) + R"("},"status":{"phase":")" + std::string(phase) + "\"}}");
  EXPECT_TRUE(read) << read.error().message;
  return read.value_or({});
}
constexpr std::string_view kBound = R"(,"annotations":{"pv.kubernetes.io/bind-completed":"yes"})";

Volume volume(std::string_view spec, std::string_view labels = "{}") {
  const auto read = decode<Volume>(
      Kind::Volume, R"({"metadata":{"name":"pv","labels":)" + std::string(labels) + R"(},"spec":)" + std::string(spec) + "}");
  EXPECT_TRUE(read) << read.error().message;
  return read.value_or({});
}

using State = VolumeClaim::State;

TEST(VolumeClaimReader, NamesItsVolumeOnceItIsBound) {
  EXPECT_EQ(claim(kBound), (VolumeClaim{"pv-1", State::Bound}));
  EXPECT_EQ(claim(""), (VolumeClaim{"pv-1", State::Unbound})) << "Kubernetes has not ended binding it";
  EXPECT_EQ(claim(kBound, "Pending", ""), (VolumeClaim{"", State::Unbound}));
}

TEST(VolumeClaimReader, TellsOfClaimsThatNoPodCanUse) {
  EXPECT_EQ(claim(kBound, "Lost").state, State::Lost);
  EXPECT_EQ(claim(std::string(kBound) + R"(,"deletionTimestamp":"2026-01-01T00:00:00Z")").state, State::Deleting);
}

TEST(VolumeReader, KeepsNothingOfAVolumeOfEverywhere) {
  EXPECT_EQ(volume(R"({"nfs":{"server":"x"},"capacity":{"storage":"1Gi"}})", R"({"app":"x"})"), Volume{});
}

TEST(VolumeReader, TellsWhichNodesItReaches) {
  const Volume read = volume(R"({"nodeAffinity":{"required":{"nodeSelectorTerms":[
      {"matchExpressions":[{"key":"zone","operator":"In","values":["a"]}]}]}}})");
  ASSERT_NE(read.traits, nullptr);
  const Requirement in_a{.key = "zone", .op = Requirement::Operator::In, .values = {"a"}};
  EXPECT_EQ(read.traits->node_affinity, (std::vector<NodeSelectorTerm>{{.expressions = {in_a}, .fields = {}}}));
  EXPECT_EQ(volume(R"({"nodeAffinity":{}})"), Volume{});
}

TEST(VolumeReader, TellsItsZones) {
  const auto zones = [](std::string_view labels) {
    const Volume read = volume("{}", labels);
    return read.traits == nullptr ? std::vector<Requirement>{} : read.traits->zones;
  };
  const auto in = [](std::string key, std::vector<std::string> values) {
    return std::vector<Requirement>{{.key = std::move(key), .op = Requirement::Operator::In, .values = std::move(values)}};
  };
  EXPECT_EQ(zones(R"({"topology.kubernetes.io/zone":"a"})"), in("topology.kubernetes.io/zone", {"a"}));
  EXPECT_EQ(zones(R"({"failure-domain.beta.kubernetes.io/region":"r__s"})"),
            in("failure-domain.beta.kubernetes.io/region", {"r", "s"}));
  for (const char* bad : {"", "a__", "__a", "a____b"}) {
    EXPECT_TRUE(zones(R"({"topology.kubernetes.io/zone":")" + std::string(bad) + "\"}").empty()) << bad;
  }
}

TEST(VolumeReader, TellsVolumesOfADriverApart) {
  const auto csi = [](const std::string& handle) { return volume(R"({"csi":{"driver":"d","volumeHandle":")" + handle + "\"}}"); };
  EXPECT_EQ(csi("1").traits->csi_driver, "d");
  EXPECT_EQ(csi("1"), csi("1"));
  EXPECT_NE(csi("1"), csi("2"));
}

TEST(VolumeReader, SharesWhatVolumesHaveInCommon) {
  Decoder decoder(Kind::Volume);
  const auto traits = [&](const std::string& handle) {
    const auto object =
        decoder.object(R"({"metadata":{"name":"pv"},"spec":{"csi":{"driver":"d","volumeHandle":")" + handle + "\"}}}");
    return std::get<std::shared_ptr<const Volume>>(object->value)->traits;
  };
  EXPECT_EQ(traits("1"), traits("2"));
}

TEST(CsiNodeReader, TellsLimitsOfDriversThatHaveOne) {
  const auto read = decode<CsiNode>(Kind::CsiNode, R"({"metadata":{"name":"n1"},"spec":{"drivers":[
      {"name":"a","nodeID":"x","allocatable":{"count":3}},{"name":"b","allocatable":{}},{"name":"c"},{"name":"d","allocatable":{"count":0}}]}})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->limits, (std::map<std::string, std::int64_t>{{"a", 3}, {"d", 0}}));
  EXPECT_TRUE(decode<CsiNode>(Kind::CsiNode, R"({"metadata":{"name":"n1"},"spec":{"drivers":null}})")->limits.empty());
  const auto named = decode<CsiNode>(Kind::CsiNode, R"({"metadata":{"name":"n1"},"spec":{"drivers":[{"name":"b"},{"name":"a"}]}})");
  EXPECT_EQ(named->drivers, (std::set<std::string>{"a", "b"})) << "those without a limit, too";
}

}  // namespace
}  // namespace drover
