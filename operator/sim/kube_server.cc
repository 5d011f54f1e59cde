#include "sim/kube_server.h"

#include <utility>

#include "codec/migration.h"
#include "codec/policy.h"
#include "sim/wire.h"

namespace drover::sim {
namespace {

constexpr std::string_view kOnNode = "spec.nodeName=";

Error not_found(const ResourceType& type, const ObjectKey& key) {
  return {ErrorClass::NotFound, type.resource + " \"" + key.name + "\" not found", 404};
}
Error already_exists(const ResourceType& type, const ObjectKey& key) {
  return {ErrorClass::AlreadyExists, type.resource + " \"" + key.name + "\" already exists", 409};
}
Error modified(const ResourceType& type, const ObjectKey& key) {
  return {ErrorClass::Conflict,
          "Operation cannot be fulfilled on " + type.resource + " \"" + key.name +
              "\": the object has been modified; please apply your changes to the latest version and try again",
          409};
}
Error not_served(const ResourceType& type) {
  return {ErrorClass::NotFound, "the simulated API server does not serve this of " + type.resource, 404};
}

}  // namespace

Result<std::string> KubeServer::list(const ResourceType& type, const ListOptions& options, std::stop_token /*stop*/) {
  if (type != resource::kPods || !options.field_selector.starts_with(kOnNode)) return not_served(type);
  std::vector<const Pod*> there;
  const auto pods = api_.view().pods_by_node.find(options.field_selector.substr(kOnNode.size()));
  if (pods != api_.view().pods_by_node.end()) {
    for (const ObjectKey& key : pods->second) there.push_back(api_.view().pods.at(key).get());
  }
  return list_of(there);
}

Status KubeServer::watch(const ResourceType& type, const WatchOptions& /*options*/, const WatchLine& /*line*/,
                         std::stop_token /*stop*/) {
  return not_served(type);
}

Result<std::string> KubeServer::get(const ResourceType& type, const ObjectKey& key, std::stop_token /*stop*/) {
  const ClusterView& view = api_.view();
  if (type == resource::kVmis) {
    const Vm* vm = view.vm(key);
    return vm != nullptr ? Result<std::string>(text_of(*vm)) : not_found(type, key);
  }
  if (type == resource::kMigrations) {
    const auto at = view.migrations.find(key);
    return at != view.migrations.end() ? Result<std::string>(text_of(*at->second)) : not_found(type, key);
  }
  if (type == resource::kNodes) {
    const Node* node = view.node(key.name);
    return node != nullptr ? Result<std::string>(text_of(*node, api_.version_of_node(key.name))) : not_found(type, key);
  }
  if (type == resource::kLeases) return lease_ ? Result<std::string>(to_json(*lease_, key)) : not_found(type, key);
  return not_served(type);
}

Result<std::string> KubeServer::create(const ResourceType& type, const std::string& /*ns*/, const std::string& body,
                                       const WriteOptions& options, std::stop_token /*stop*/) {
  if (type == resource::kMigrations) return create_migration(body, options.dry_run);
  const ObjectKey key = key_in(body);
  if (type == resource::kEvents) {
    return events_.insert(key).second ? Result<std::string>(body) : already_exists(type, key);
  }
  if (type == resource::kLeases) return lease_ ? already_exists(type, key) : write_lease(body);
  return not_served(type);
}

Result<std::string> KubeServer::create_migration(const std::string& body, bool dry_run) {
  auto migration = decode_migration(body);
  if (!migration) return migration.error();
  const ObjectKey key = migration->key;
  // Webhooks are asked before the name is.
  if (const auto admitted = world_.admit_migration(*migration); !admitted) return admitted.error();
  if (api_.view().migrations.contains(key)) return already_exists(resource::kMigrations, key);
  if (dry_run) return body;
  world_.create_migration(std::move(migration).value());
  return text_of(*api_.view().migrations.at(key));
}

Result<std::string> KubeServer::replace(const ResourceType& type, const ObjectKey& key, const std::string& body,
                                        const WriteOptions& /*options*/, std::stop_token /*stop*/) {
  if (type == resource::kNodes) return replace_node(key, body);
  if (type == resource::kLeases) {
    if (!lease_) return not_found(type, key);
    return version_in(body) == lease_->resource_version ? write_lease(body) : modified(type, key);
  }
  return not_served(type);
}

// A PUT without a resource version overwrites whatever is there.
Result<std::string> KubeServer::replace_node(const ObjectKey& key, const std::string& body) {
  const Node* node = api_.view().node(key.name);
  if (node == nullptr) return not_found(resource::kNodes, key);
  const std::string version = version_in(body);
  if (!version.empty() && version != std::to_string(api_.version_of_node(key.name))) return modified(resource::kNodes, key);
  auto written = replaced(*node, body);
  if (!written) return written.error();
  api_.put(std::move(written).value());
  return get(resource::kNodes, key, {});
}

Result<std::string> KubeServer::write_lease(const std::string& body) {
  auto written = parse_lease(body);
  if (!written) return written.error();
  written->resource_version = std::to_string(++lease_version_);
  lease_ = std::move(written).value();
  lease_written_ = queue_.now();
  return to_json(*lease_, key_in(body));
}

// Of policies the status. Another object of the policy's name is not what was meant.
Result<std::string> KubeServer::apply(const ResourceType& type, const ObjectKey& key, std::string_view /*subresource*/,
                                      const std::string& body, const WriteOptions& /*options*/, std::stop_token /*stop*/) {
  const auto at = api_.view().policies.find(key);
  if (at == api_.view().policies.end()) return not_found(type, key);
  auto written = decode_policy(body);
  if (!written) return written.error();
  if (written->ref.uid != at->second->ref.uid) return modified(type, key);
  api_.change_policy(key, [&](Policy& policy) { policy.status = std::move(written->status); });
  return body;
}

Status KubeServer::remove(const ResourceType& type, const ObjectKey& key, const DeleteOptions& options, std::stop_token /*stop*/) {
  if (type != resource::kMigrations) return not_served(type);
  const auto at = api_.view().migrations.find(key);
  if (at == api_.view().migrations.end()) return not_found(type, key);
  if (!options.uid.empty() && options.uid != at->second->uid) return modified(type, key);
  world_.delete_migration(key);
  return ok();
}

// Machines here bear nothing but VMs and what is their own.
Status KubeServer::evict(const ObjectKey& pod, const std::string& /*uid*/, std::stop_token /*stop*/) {
  return not_found(resource::kPods, pod);
}

std::string KubeServer::leader() const {
  return lease_ && queue_.now() < lease_written_ + lease_->duration ? lease_->holder : "";
}

}  // namespace drover::sim
