#include "core/volume_demands.h"

#include <gmock/gmock.h>

#include "core/feasibility.h"
#include "core/world.h"

namespace drover::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// VM db on n1, with claim data that is bound to volume pv; n2 is free.
class Volumes : public ::testing::Test {
 protected:
  Volumes() {
    w.add_node("n1");
    w.add_node("n2");
    w.add_vm("db", "n1", {}, [](Pod& pod) { pod.claims = {"data"}; });
    w.view.known_volumes = {.claims = true, .volumes = true, .csi_nodes = true};
    claim("data", "pv");
    volume("pv", {});
  }
  void claim(const std::string& name, const std::string& volume, VolumeClaim::State state = VolumeClaim::State::Bound) {
    w.put_claim(name, {volume, state});
  }
  void volume(const std::string& name, VolumeTraits traits, std::uint64_t handle = 0) {
    w.put_volume(name, {std::make_shared<const VolumeTraits>(std::move(traits)), handle});
  }
  void csi_volume(const std::string& name, std::uint64_t handle) {
    volume(name, {.node_affinity = {}, .zones = {}, .csi_driver = "disk"}, handle);
  }
  void limit(const std::string& node, std::int64_t most) {
    w.view.csi_nodes[{"", node}] = std::make_shared<const CsiNode>(CsiNode{{{"disk", most}}});
  }
  [[nodiscard]] std::vector<std::string> of(const std::string& node) const {
    return obstacles(w.view, w.vm_ref("db"), w.node_ref(node), Plan(w.view), {});
  }
  [[nodiscard]] bool may_run(const std::string& node) const {
    return Feasibility(w.view, w.vm_ref("db"), Plan(w.view), {}).may_run(w.node_ref(node));
  }
  static Requirement in(std::string key, std::vector<std::string> values) {
    return {.key = std::move(key), .op = Requirement::Operator::In, .values = std::move(values)};
  }

  World w;
};

TEST_F(Volumes, OfEverywhereKeepItFromNoNode) {
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Volumes, KeepItFromNodesThatTheyDoNotReach) {
  volume("pv", {.node_affinity = {{{.expressions = {in("kubernetes.io/hostname", {"n1"})}, .fields = {}},
                                   {.expressions = {in("pool", {"x"})}, .fields = {}}}},
                .zones = {},
                .csi_driver = ""});
  EXPECT_THAT(of("n2"),
              ElementsAre("volume pv of its claim data reaches only nodes with (kubernetes.io/hostname In (n1)) or (pool In (x))"));
  EXPECT_FALSE(may_run("n2"));
  w.change_node("n2", [](Node& n) { n.labels.set("pool", "x"); });
  EXPECT_THAT(of("n2"), IsEmpty());
  EXPECT_TRUE(may_run("n2"));
}

TEST_F(Volumes, WithNoTermOfNodeAffinityReachNoNode) {
  volume("pv", {.node_affinity = std::vector<NodeSelectorTerm>{}, .zones = {}, .csi_driver = ""});
  EXPECT_EQ(of("n2").size(), 1U);
}

TEST_F(Volumes, KeepItInTheirZone) {
  volume("pv", {.node_affinity = {}, .zones = {in("topology.kubernetes.io/zone", {"b", "c"})}, .csi_driver = ""});
  EXPECT_THAT(of("n2"), ElementsAre("volume pv of its claim data is in another zone: (topology.kubernetes.io/zone In (b, c))"));
  w.change_node("n2", [](Node& n) { n.labels.set("topology.kubernetes.io/zone", "c"); });
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Volumes, KnowZonesByTheirOldLabelsToo) {
  volume("pv", {.node_affinity = {}, .zones = {in("failure-domain.beta.kubernetes.io/zone", {"b"})}, .csi_driver = ""});
  EXPECT_EQ(of("n2").size(), 1U);
  w.change_node("n2", [](Node& n) { n.labels.set("topology.kubernetes.io/zone", "b"); });
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Volumes, AreInTheZoneOfANodeThatIsInNone) {
  volume("pv", {.node_affinity = {}, .zones = {in("topology.kubernetes.io/region", {"r"})}, .csi_driver = ""});
  EXPECT_EQ(of("n2").size(), 1U) << "it has a zone, so a region is asked of it too";
  w.change_node("n2", [](Node& n) {
    Labels kept;
    for (const auto& [key, value] : n.labels) {
      if (key != "topology.kubernetes.io/zone") kept.set(key, value);
    }
    n.labels = kept;
  });
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Volumes, KeepItFromEveryNodeWhileAClaimCannotBeUsed) {
  claim("data", "", VolumeClaim::State::Unbound);
  EXPECT_THAT(of("n2"), ElementsAre("its claim data is not bound to a volume yet"));
  claim("data", "pv", VolumeClaim::State::Lost);
  EXPECT_THAT(of("n2"), ElementsAre("its claim data has lost its volume pv"));
  claim("data", "pv", VolumeClaim::State::Deleting);
  EXPECT_THAT(of("n2"), ElementsAre("its claim data is being deleted"));
  claim("data", "gone");
  EXPECT_THAT(of("n2"), ElementsAre("its claim data is bound to volume gone, which is not there"));
  w.view.volume_claims.clear();
  EXPECT_THAT(of("n2"), ElementsAre("its claim data is not there"));
}

TEST_F(Volumes, OfAHotPluggedClaimAreAskedForToo) {
  w.change_vm("db", [](Vm& vm) { vm.claims = {"data", "plugged"}; });
  EXPECT_THAT(of("n2"), ElementsAre("its claim plugged is not there"));
}

TEST_F(Volumes, ThatMayNotBeReadKeepItFromNoNode) {
  csi_volume("pv", 1);
  limit("n2", 0);
  EXPECT_EQ(of("n2").size(), 1U);
  w.view.known_volumes.csi_nodes = false;
  EXPECT_THAT(of("n2"), IsEmpty());
  w.view.known_volumes.volumes = false;
  w.view.volumes.clear();
  EXPECT_THAT(of("n2"), IsEmpty());
  w.view.known_volumes.claims = false;
  w.view.volume_claims.clear();
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Volumes, AreAttachedUpToTheNodesLimit) {
  csi_volume("pv", 1);
  csi_volume("other", 2);
  claim("other", "other");
  w.add_pod("web", "n2", {}, [](Pod& pod) { pod.claims = {"other"}; });
  limit("n2", 2);
  EXPECT_THAT(of("n2"), IsEmpty());
  limit("n2", 1);
  EXPECT_THAT(of("n2"), ElementsAre("the node attaches at most 1 volumes of disk; it has 1 and 1 would come"));
  EXPECT_TRUE(may_run("n2")) << "what is there may go";
}

TEST_F(Volumes, AreAttachedOnce) {
  csi_volume("pv", 1);
  claim("same", "pv");
  limit("n2", 1);
  w.add_pod("web", "n2", {}, [](Pod& pod) { pod.claims = {"data", "same", "gone"}; });
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Volumes, OfOtherDriversDoNotCount) {
  csi_volume("pv", 1);
  volume("nfs", {.node_affinity = {}, .zones = {}, .csi_driver = "file"}, 7);
  claim("nfs", "nfs");
  limit("n2", 1);
  w.add_pod("web", "n2", {}, [](Pod& pod) { pod.claims = {"nfs"}; });
  EXPECT_THAT(of("n2"), IsEmpty());
}

TEST_F(Volumes, OfArrivalsCount) {
  csi_volume("pv", 1);
  csi_volume("other", 2);
  claim("other", "other");
  limit("n2", 1);
  w.add_vm("web", "n1", [](Vm& vm) { vm.claims = {"other"}; });
  EXPECT_THAT(of("n2"), IsEmpty());
  w.add_migration("m1", "web", "n2");
  EXPECT_EQ(of("n2").size(), 1U);
}

}  // namespace
}  // namespace drover::test
