// KubeServer: the simulated API server at the KubeApi port, with JSON as text, for whoever writes to it: what act/ and leader/
// call. A call takes effect at once; what may happen to it on its way is sim/connection.h's. Those who watch are told values
// (sim/api.h).
//
// Thread safety: none.
#pragma once

#include <optional>
#include <set>

#include "leader/lease.h"
#include "ports/kube_api.h"
#include "sim/api.h"
#include "sim/data_center.h"
#include "sim/event_queue.h"

namespace drover::sim {

class KubeServer final : public KubeApi {
 public:
  KubeServer(Api& api, DataCenter& world, const EventQueue& queue) : api_(api), world_(world), queue_(queue) {}

  // Pods of one node (field selector spec.nodeName): launchers alone.
  Result<std::string> list(const ResourceType& type, const ListOptions& options, std::stop_token stop) override;
  Status watch(const ResourceType& type, const WatchOptions& options, const WatchLine& line, std::stop_token stop) override;
  Result<std::string> get(const ResourceType& type, const ObjectKey& key, std::stop_token stop) override;
  Result<std::string> create(const ResourceType& type, const std::string& ns, const std::string& body, const WriteOptions& options,
                             std::stop_token stop) override;
  Result<std::string> replace(const ResourceType& type, const ObjectKey& key, const std::string& body, const WriteOptions& options,
                              std::stop_token stop) override;
  Result<std::string> apply(const ResourceType& type, const ObjectKey& key, std::string_view subresource, const std::string& body,
                            const WriteOptions& options, std::stop_token stop) override;
  Status evict(const ObjectKey& pod, const std::string& uid, std::stop_token stop) override;
  Status remove(const ResourceType& type, const ObjectKey& key, const DeleteOptions& options, std::stop_token stop) override;

  // Who holds the Lease now: "" when it has run out, was released or never was.
  [[nodiscard]] std::string leader() const;

 private:
  Result<std::string> create_migration(const std::string& body, bool dry_run);
  Result<std::string> replace_node(const ObjectKey& key, const std::string& body);
  Result<std::string> write_lease(const std::string& body);

  Api& api_;
  DataCenter& world_;
  const EventQueue& queue_;
  std::set<ObjectKey> events_;
  std::optional<Lease> lease_;  // the only one there is
  Instant lease_written_{};
  std::uint64_t lease_version_ = 0;
};

}  // namespace drover::sim
