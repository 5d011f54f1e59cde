#include "adapters/metal3/hosts.h"

#include "adapters/json_common/fields.h"

namespace drover::metal3 {
namespace {

using nlohmann::json;

constexpr Duration kClaimAge = minutes{10};  // after which a node that is no longer asked about has no host
constexpr const char* kHostAnnotation = "metal3.io/BareMetalHost";

Error missing(const Link& link, const std::string& what) {
  return {ErrorClass::Invalid, link.from + " leads to " + what +
                                   ", which is not there; is it in another cluster? Then name that with --metal3-kubeconfig"};
}

// An answer of the API server, told as what it means here.
Error told(const Link& link, const std::string& what, Error error) {
  if (error.cls == ErrorClass::NotFound) return missing(link, what);
  error.message = what + " can't be read: " + error.message;
  if (error.cls == ErrorClass::Denied) error.message += " (manifests/metal3-rbac.yaml has the rights that are needed)";
  return error;
}

}  // namespace

Result<std::optional<Host>> Hosts::of(const Node& node, const std::string& ns, const std::stop_token& stop) {
  const auto links = links_of(node);
  if (!links) return links.error();
  std::optional<Error> first;
  for (const Link& link : *links) {
    Found found = at(link, ns, stop);
    if (!found) {
      found = Error{found.error().cls, "node " + node.name + ": " + found.error().message};
      if (found.error().cls != ErrorClass::Invalid) return found;
      if (!first) first = found.error();  // the next way may lead there
      continue;
    }
    if (!found->has_value()) continue;
    if (const auto claimed = claim(**found, node.name); !claimed) return claimed.error();
    return found;
  }
  if (first) return *first;
  return std::optional<Host>();
}

Hosts::Found Hosts::at(const Link& link, const std::string& ns, const std::stop_token& stop) {
  switch (link.to) {
    case Link::To::Host: return by_key(link, stop);
    case Link::To::HostUid: return by_uid(link, ns, stop);
    case Link::To::Machine: return by_machine(link, stop);
    case Link::To::OpenShiftMachine: return by_openshift_machine(link, stop);
  }
  return std::optional<Host>();
}

Hosts::Found Hosts::by_key(const Link& link, const std::stop_token& stop) {
  const std::string what = "BareMetalHost " + to_string(link.key);
  const auto object = api_.get(kBareMetalHosts, link.key, stop);
  if (!object) return told(link, what, object.error());
  auto host = read_host(*object);
  if (!host) return host.error();
  if (!link.uid.empty() && host->uid != link.uid) return missing(link, what + " of uid " + link.uid);
  if (!link.consumer.empty() && host->consumer != link.consumer) {
    return Error{ErrorClass::Invalid, link.from + " leads to " + what + " as that of Metal3Machine " + link.consumer + ", but " +
                                          (host->consumer.empty() ? "nobody has it now" : host->consumer + " has it now") +
                                          ": it is another machine, and is left alone"};
  }
  return std::optional(std::move(host).value());
}

// A host is large, and lists of them are rare: where one was found it is looked for by name the next time.
Hosts::Found Hosts::by_uid(const Link& link, const std::string& ns, const std::stop_token& stop) {
  Link named = link;
  named.to = Link::To::Host;
  {
    const MutexLock lock(mutex_);
    if (const auto known = keys_.find(link.uid); known != keys_.end()) named.key = known->second;
  }
  if (!named.key.name.empty()) {
    Found found = by_key(named, stop);
    if (found || found.error().cls != ErrorClass::Invalid) return found;
  }
  ListOptions options{.ns = ns, .label_selector = {}, .field_selector = {}, .limit = 50};
  std::map<std::string, ObjectKey> keys;
  do {
    const auto page = api_.list(kBareMetalHosts, options, stop);
    if (!page) return told(link, "the list of BareMetalHosts", page.error());
    const json root = json::parse(*page, nullptr, false);
    const auto items = root.find("items");
    if (items == root.end()) return Error{ErrorClass::Retryable, "the answer to a list of BareMetalHosts is none"};
    for (const json& item : *items) {
      const json& metadata = member(item, "metadata");
      keys[text(metadata, "uid")] = {text(metadata, "namespace"), text(metadata, "name")};
    }
    options.continue_token = text(member(root, "metadata"), "continue");
  } while (!options.continue_token.empty());
  const auto at = keys.find(link.uid);
  const bool there = at != keys.end();
  if (there) named.key = at->second;
  {
    const MutexLock lock(mutex_);
    keys_ = std::move(keys);
  }
  const std::string where = ns.empty() ? "" : " in namespace " + ns + " (driver.metal3.namespace)";
  return there ? by_key(named, stop) : Found(missing(link, "a BareMetalHost of uid " + link.uid + where));
}

Result<std::string> Hosts::get_served(const std::string& group, const std::string& resource, const ObjectKey& key,
                                      const std::stop_token& stop) {
  auto object = api_.get({group, "v1beta1", resource, true}, key, stop);
  if (object || object.error().cls != ErrorClass::NotFound) return object;
  return api_.get({group, "v1beta2", resource, true}, key, stop);
}

Hosts::Found Hosts::by_machine(const Link& link, const std::stop_token& stop) {
  const std::string what = "Machine " + to_string(link.key);
  const auto machine = get_served("cluster.x-k8s.io", "machines", link.key, stop);
  if (!machine) return told(link, what, machine.error());
  const json root = json::parse(*machine, nullptr, false);
  const json& infrastructure = member(member(root, "spec"), "infrastructureRef");
  if (text(infrastructure, "kind") != "Metal3Machine") return std::optional<Host>();  // another provider's
  const ObjectKey key{link.key.ns, text(infrastructure, "name")};
  const std::string then = "Metal3Machine " + to_string(key);
  const auto metal3_machine = get_served("infrastructure.cluster.x-k8s.io", "metal3machines", key, stop);
  if (!metal3_machine) return told(link, then, metal3_machine.error());
  return annotated(*metal3_machine, then, {Link::To::Host, {}, "", key.name, link.from}, stop);
}

Hosts::Found Hosts::by_openshift_machine(const Link& link, const std::stop_token& stop) {
  const std::string what = "Machine " + to_string(link.key);
  const auto machine = api_.get({"machine.openshift.io", "v1beta1", "machines", true}, link.key, stop);
  if (!machine) return told(link, what, machine.error());
  if (annotation_of(*machine, kHostAnnotation).empty()) return std::optional<Host>();  // another platform's
  return annotated(*machine, what, {Link::To::Host, {}, "", "", link.from}, stop);
}

Hosts::Found Hosts::annotated(const std::string& object, const std::string& what, Link then, const std::stop_token& stop) {
  const std::string value = annotation_of(object, kHostAnnotation);
  const auto key = parse_key(value);
  if (!key) {
    return Error{ErrorClass::Invalid, then.from + " leads to " + what + ", whose annotation " + kHostAnnotation +
                                          (value.empty() ? " is not there: it has no host yet" : " is not NAMESPACE/NAME")};
  }
  then.key = *key;
  return by_key(then, stop);
}

Status Hosts::claim(const Host& host, const std::string& node) {
  const Duration now = clock_.monotonic();
  const MutexLock lock(mutex_);
  auto& nodes = claims_[host.uid];
  std::erase_if(nodes, [&](const auto& entry) { return now - entry.second > kClaimAge; });
  nodes[node] = now;
  for (const auto& [other, when] : nodes) {
    if (other == node) continue;
    return Error{ErrorClass::Invalid, "nodes " + node + " and " + other + " both say that they run on BareMetalHost " +
                                          to_string(host.key) + ": correct the one that does not, or its annotation " +
                                          std::string(node_wish::kBareMetalHost)};
  }
  return ok();
}

}  // namespace drover::metal3
