// What a Node says of the BareMetalHost that it runs on. Pure.
//
// A kubelet can write its own Node's annotations and labels, so what is found here is not proof; hosts.h holds it against the host.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/node.h"

namespace drover::metal3 {

// One way that leads from a node to its host.
struct Link {
  enum class To {
    Host,              // key is a BareMetalHost's
    HostUid,           // uid is one's; its namespace is not told
    Machine,           // key is a Machine's of cluster.x-k8s.io
    OpenShiftMachine,  // key is a Machine's of machine.openshift.io
  };
  To to = To::Host;
  ObjectKey key;
  std::string uid;       // of the host, where it is told
  std::string consumer;  // the Metal3Machine that must have the host, where it is told
  std::string from;      // "spec.providerID": for people
  friend bool operator==(const Link&, const Link&) = default;
};

// In the order in which they are to be tried: the annotation that a person wrote (node_wish::kBareMetalHost), spec.providerID,
// label metal3.io/uuid, Cluster API's annotation, OpenShift's. None: nothing on the node speaks of Metal3. Under a providerID of
// another provider the machines' annotations do not count, because those have them, too. Invalid: what is written can't be read, or
// two of them name different hosts.
[[nodiscard]] Result<std::vector<Link>> links_of(const Node& node);

// "ns/name"; nothing when it is not of that form.
[[nodiscard]] std::optional<ObjectKey> parse_key(std::string_view text);

}  // namespace drover::metal3
