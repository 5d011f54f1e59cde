// From a node to its host: every way, in its order, and what is refused.
#include "adapters/metal3/fixture.h"

namespace drover::metal3 {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Resolving : public WithHost {
 protected:
  Resolving() {
    const Json annotation = {{"annotations", {{"metal3.io/BareMetalHost", "rack/h1"}}}};
    put(kMachines, "cl/m1", {{"spec", {{"infrastructureRef", {{"kind", "Metal3Machine"}, {"name", "m3m-1"}}}}}});
    put({"infrastructure.cluster.x-k8s.io", "v1beta1", "metal3machines", true}, "cl/m3m-1", {{"metadata", annotation}});
  }
  void put(const ResourceType& type, const std::string& key, Json object) { api.put(type, *parse_key(key), std::move(object)); }

  static Node with(const std::string& annotation, const std::string& value, const std::string& provider_id = "") {
    Node node = node_of(provider_id);
    node.annotations.set(annotation, value);
    return node;
  }
  static Node of_machine(const std::string& provider_id = "") {
    Node node = with("cluster.x-k8s.io/machine", "m1", provider_id);
    node.annotations.set("cluster.x-k8s.io/cluster-namespace", "cl");
    return node;
  }
  std::string found(const Node& node, const std::string& ns = "") {
    const auto host = hosts.of(node, ns, {});
    if (!host) return std::string(to_string(host.error().cls)) + ": " + host.error().message;
    return host->has_value() ? to_string((*host)->key) : "none";
  }

  const ResourceType kMachines{"cluster.x-k8s.io", "v1beta1", "machines", true};
};

TEST_F(Resolving, ReadsTheProviderId) {
  EXPECT_EQ(found(node_of("metal3://rack/h1/m3m-1")), "rack/h1");
}

TEST_F(Resolving, ReadsOpenShiftsProviderId) {
  EXPECT_EQ(found(node_of("baremetalhost:///rack/h1/uid-h1")), "rack/h1");
  EXPECT_THAT(found(node_of("baremetalhost:///rack/h1/uid-of-before")), HasSubstr("of uid uid-of-before, which is not there"));
}

TEST_F(Resolving, ReadsTheProviderIdOfEarlierVersionsWhichIsAUid) {
  EXPECT_EQ(found(node_of("metal3://uid-h1")), "rack/h1");
  EXPECT_THAT(found(node_of("metal3://uid-h7")), HasSubstr("a BareMetalHost of uid uid-h7, which is not there"));
}

TEST_F(Resolving, ReadsTheLabelWithTheUid) {
  Node node = node_of("k3s://n1");
  node.labels.set("metal3.io/uuid", "uid-h1");
  EXPECT_EQ(found(node), "rack/h1");
}

TEST_F(Resolving, ListsHostsOnceAndThenReadsTheOne) {
  const Node node = node_of("metal3://uid-h1");
  EXPECT_EQ(found(node), "rack/h1");
  EXPECT_EQ(found(node), "rack/h1");
  EXPECT_EQ(api.count("list"), 1U);
}

TEST_F(Resolving, ListsAgainWhenAHostOfThatNameIsAnother) {
  const Node node = node_of("metal3://uid-h1");
  EXPECT_EQ(found(node), "rack/h1");
  put_host(host_with("/metadata/uid", "uid-new"));
  api.put(kBareMetalHosts, {"rack", "h2"}, host());
  EXPECT_EQ(found(node), "rack/h2");
}

TEST_F(Resolving, FollowsClusterApisMachine) {
  EXPECT_EQ(found(of_machine()), "rack/h1");
  EXPECT_EQ(found(of_machine("metal3://uid-of-no-host")), "rack/h1");
}

TEST_F(Resolving, FollowsClusterApisMachineInTheVersionThatIsServed) {
  api.order({"get", "machines", {ErrorClass::NotFound, "the server could not find the requested resource", 404}});
  api.order({"get", "metal3machines", {ErrorClass::NotFound, "the server could not find the requested resource", 404}});
  EXPECT_EQ(found(of_machine()), "rack/h1");
}

TEST_F(Resolving, SaysWhereAChainOfMachinesEnds) {
  put({"infrastructure.cluster.x-k8s.io", "v1beta1", "metal3machines", true}, "cl/m3m-1", Json::object());
  EXPECT_THAT(found(of_machine()), HasSubstr("Metal3Machine cl/m3m-1, whose annotation metal3.io/BareMetalHost is not there"));
  api.drop({"infrastructure.cluster.x-k8s.io", "v1beta1", "metal3machines", true}, {"cl", "m3m-1"});
  EXPECT_THAT(found(of_machine()), AllOf(HasSubstr("Metal3Machine cl/m3m-1"), HasSubstr("--metal3-kubeconfig")));
}

TEST_F(Resolving, FollowsOpenShiftsMachine) {
  put(kMachines, "openshift-machine-api/m1", {{"metadata", {{"annotations", {{"metal3.io/BareMetalHost", "rack/h1"}}}}}});
  EXPECT_EQ(found(with("machine.openshift.io/machine", "openshift-machine-api/m1")), "rack/h1");
}

TEST_F(Resolving, BelievesAPersonsAnnotationWhereNothingElseSaysIt) {
  EXPECT_EQ(found(with("drover.dev/bare-metal-host", "rack/h1")), "rack/h1");
  EXPECT_EQ(found(with("drover.dev/bare-metal-host", "rack/h1", "k3s://n1")), "rack/h1");
  EXPECT_THAT(found(with("drover.dev/bare-metal-host", "h1")),
              AllOf(HasSubstr("drover.dev/bare-metal-host is \"h1\""), HasSubstr("write NAMESPACE/NAME")));
}

TEST_F(Resolving, RefusesWhenTheAnnotationAndTheProviderIdDiffer) {
  const Node node = with("drover.dev/bare-metal-host", "rack/h2", "metal3://rack/h1/m3m-1");
  EXPECT_THAT(found(node), AllOf(HasSubstr("rack/h2"), HasSubstr("rack/h1"), HasSubstr("take the annotation off")));
  EXPECT_THAT(api.calls(), IsEmpty());
}

TEST_F(Resolving, RefusesAHostThatAnotherMachineHasNow) {
  put_host(host_with("/spec/consumerRef/name", "m3m-2"));
  EXPECT_THAT(found(node_of("metal3://rack/h1/m3m-1")), HasSubstr("m3m-2 has it now: it is another machine"));
  EXPECT_THAT(found(of_machine()), HasSubstr("m3m-2 has it now"));
}

TEST_F(Resolving, RefusesAHostThatNobodyHasAnyMore) {
  Json freed = host();
  freed["spec"].erase("consumerRef");
  put_host(freed);
  EXPECT_THAT(found(node_of("metal3://rack/h1/m3m-1")), HasSubstr("nobody has it now"));
}

TEST_F(Resolving, RefusesBothOfTwoNodesThatNameOneHost) {
  Node other = node_of("metal3://rack/h1/m3m-1");
  other.name = "n2";
  EXPECT_EQ(found(node_of("metal3://rack/h1/m3m-1")), "rack/h1");
  EXPECT_THAT(found(other), HasSubstr("nodes n2 and n1 both say that they run on BareMetalHost rack/h1"));
  EXPECT_THAT(found(node_of("metal3://rack/h1/m3m-1")), HasSubstr("nodes n1 and n2 both say"));
  clock.advance(minutes{11});
  EXPECT_EQ(found(other), "rack/h1") << "n1 has not been asked about for so long that it is gone";
}

TEST_F(Resolving, LooksForUidsInTheNamespaceThatTheProfileNames) {
  EXPECT_EQ(found(node_of("metal3://uid-h1"), "rack"), "rack/h1");
  EXPECT_THAT(found(node_of("metal3://uid-h7"), "rack"), HasSubstr("in namespace rack (driver.metal3.namespace)"));
}

TEST_F(Resolving, AsksNothingOfANodeThatSaysNothingOfMetal3) {
  EXPECT_EQ(found(node_of("")), "none");
  EXPECT_EQ(found(node_of("tinkerbell://x/y")), "none");
  EXPECT_EQ(found(of_machine("vsphere://4210")), "none") << "Cluster API annotates other providers' nodes, too";
  EXPECT_THAT(api.calls(), IsEmpty());
}

TEST_F(Resolving, KnowsMachinesOfOtherProviders) {
  put(kMachines, "cl/m1", {{"spec", {{"infrastructureRef", {{"kind", "TinkerbellMachine"}, {"name", "t"}}}}}});
  EXPECT_EQ(found(of_machine()), "none");
  put(kMachines, "openshift-machine-api/m1", Json::object());
  EXPECT_EQ(found(with("machine.openshift.io/machine", "openshift-machine-api/m1")), "none");
}

TEST_F(Resolving, PutsNothingIntoAPathThatIsNoName) {
  for (const std::string id :
       {"metal3://rack/h1", "metal3://rack/../secrets/x", "metal3://", "metal3://rack/H1?x/m", "baremetalhost:///rack/h1"})
    EXPECT_THAT(found(node_of(id)), HasSubstr("names no BareMetalHost; write")) << id;
  EXPECT_THAT(api.calls(), IsEmpty());
}

TEST_F(Resolving, SaysWhichRightsAreMissing) {
  api.order({"get", "baremetalhosts", {ErrorClass::Denied, "forbidden", 403}});
  EXPECT_THAT(found(node_of("metal3://rack/h1/m3m-1")),
              AllOf(HasSubstr("BareMetalHost rack/h1 can't be read: forbidden"), HasSubstr("manifests/metal3-rbac.yaml")));
}

TEST_F(Resolving, DoesNotTakeAnotherWayWhileTheFirstCannotBeTold) {
  api.order({"get", "baremetalhosts", {ErrorClass::Retryable, "timed out"}});
  EXPECT_THAT(found(of_machine("metal3://rack/h1/m3m-1")), HasSubstr("timed out"));
  EXPECT_THAT(api.calls(), ElementsAre("get baremetalhosts rack/h1"));
}

TEST_F(Resolving, BearsAnswersThatAreNone) {
  put_host({{"kind", "Table"}, {"items", 3}});
  EXPECT_THAT(found(node_of("metal3://rack/h1/m3m-1")), HasSubstr("is none"));
  EXPECT_THAT(found(node_of("metal3://uid-h1")), HasSubstr("not there"));
}

}  // namespace
}  // namespace drover::metal3
