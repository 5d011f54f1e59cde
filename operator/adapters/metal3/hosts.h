// From nodes to their BareMetalHosts, in the cluster where these are: this one, or the one that manages it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "adapters/metal3/host.h"
#include "adapters/metal3/links.h"
#include "base/mutex.h"
#include "ports/clock.h"
#include "ports/kube_api.h"

namespace drover::metal3 {

inline const ResourceType kBareMetalHosts{"metal3.io", "v1alpha1", "baremetalhosts", true};

// Thread-safe. What is passed by reference must outlive it.
class Hosts {
 public:
  Hosts(KubeApi& api, const Clock& clock) : api_(api), clock_(clock) {}

  // The host as it is now; nothing when the node is not Metal3's, as far as it says. `ns`: the only namespace in which a host is
  // looked for by its uid; empty: all.
  // Errors: Invalid when the node names a host that is not there or that another machine or another node has, and whatever keeps
  // the question from being answered.
  [[nodiscard]] Result<std::optional<Host>> of(const Node& node, const std::string& ns, const std::stop_token& stop);

 private:
  using Found = Result<std::optional<Host>>;

  Found at(const Link& link, const std::string& ns, const std::stop_token& stop);
  Found by_key(const Link& link, const std::stop_token& stop);
  Found by_uid(const Link& link, const std::string& ns, const std::stop_token& stop);
  Found by_machine(const Link& link, const std::stop_token& stop);
  Found by_openshift_machine(const Link& link, const std::stop_token& stop);
  Found annotated(const std::string& object, const std::string& what, Link then, const std::stop_token& stop);
  // Of the versions of a Cluster API kind the one that is served.
  Result<std::string> get_served(const std::string& group, const std::string& resource, const ObjectKey& key,
                                 const std::stop_token& stop);
  // Invalid when another node has named the same host of late.
  Status claim(const Host& host, const std::string& node);

  KubeApi& api_;
  const Clock& clock_;
  Mutex mutex_;
  std::map<std::string, ObjectKey> keys_ DROVER_GUARDED_BY(mutex_);  // of hosts by uid, as last listed
  // By the host's uid: which nodes named it, and when last.
  std::map<std::string, std::map<std::string, Duration>> claims_ DROVER_GUARDED_BY(mutex_);
};

}  // namespace drover::metal3
