// The Kubernetes API as Drover uses it: resources by path, JSON as text. kube/ implements it over an HttpTransport,
// sim/kube_server.h for a simulated data centre.
//
// Every call may block; each is thread-safe. Errors carry the class that decides what happens next (base/result.h).
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/object.h"

namespace drover {

// A kind of object: group "" is the core API. resource is the plural name.
struct ResourceType {
  std::string group;
  std::string version;
  std::string resource;
  bool namespaced = true;
  friend auto operator<=>(const ResourceType&, const ResourceType&) = default;
};

namespace resource {
inline const ResourceType kNodes{"", "v1", "nodes", false};
inline const ResourceType kSecrets{"", "v1", "secrets", true};
inline const ResourceType kPods{"", "v1", "pods", true};
inline const ResourceType kNamespaces{"", "v1", "namespaces", false};
inline const ResourceType kEvents{"events.k8s.io", "v1", "events", true};
inline const ResourceType kLeases{"coordination.k8s.io", "v1", "leases", true};
inline const ResourceType kDisruptionBudgets{"policy", "v1", "poddisruptionbudgets", true};
inline const ResourceType kVmis{"kubevirt.io", "v1", "virtualmachineinstances", true};
inline const ResourceType kMigrations{"kubevirt.io", "v1", "virtualmachineinstancemigrations", true};
inline const ResourceType kKubeVirts{"kubevirt.io", "v1", "kubevirts", true};
inline const ResourceType kKubeVirtPolicies{"migrations.kubevirt.io", "v1alpha1", "migrationpolicies", false};
inline const ResourceType kPolicies{"policy.drover.dev", "v1alpha1", "migrationpolicies", true};
inline const ResourceType kClusterPolicies{"policy.drover.dev", "v1alpha1", "clustermigrationpolicies", false};
inline const ResourceType kPowerProfiles{"policy.drover.dev", "v1alpha1", "powerprofiles", false};
inline const ResourceType kVolumeClaims{"", "v1", "persistentvolumeclaims", true};
inline const ResourceType kVolumes{"", "v1", "persistentvolumes", false};
inline const ResourceType kCsiNodes{"storage.k8s.io", "v1", "csinodes", false};
}  // namespace resource

struct ListOptions {
  std::string ns;  // empty: all namespaces
  std::string label_selector;
  std::string field_selector;
  std::int64_t limit = 500;  // objects a page; 0: everything in one answer
  std::string continue_token;
  std::string resource_version;  // "" newest, "0" whatever the server has cached
};

struct WatchOptions {
  std::string ns;
  std::string label_selector;
  std::string field_selector;
  std::string resource_version;  // where to begin
  // Called, when set, once the server has agreed to the watch; its first line may be long in coming.
  std::function<void()> accepted{};
  Duration timeout = seconds{290};  // the server is asked to end the watch after this; the client allows 15 s more
};

// Receives one line of a watch (a JSON object {"type": ..., "object": ...}) at a time; false ends the watch.
using WatchLine = std::function<bool(std::string_view line)>;

struct WriteOptions {
  bool dry_run = false;  // dryRun=All
  std::string field_manager = "drover";
};

// Preconditions of a delete (metav1.Preconditions); empty ones are not sent.
struct DeleteOptions {
  std::string uid;
  std::string resource_version;
};

class KubeApi {
 public:
  virtual ~KubeApi() = default;

  // One page of a list as the server wrote it. Gone: the continue token has expired.
  [[nodiscard]] virtual Result<std::string> list(const ResourceType& type, const ListOptions& options, std::stop_token stop) = 0;
  // Blocks until the watch ends. A value means it ended in good order (timeout, Stop, or the server closed it); Gone: the
  // resource version is too old, list again; anything else: the watch broke.
  [[nodiscard]] virtual Status watch(const ResourceType& type, const WatchOptions& options, const WatchLine& line,
                                     std::stop_token stop) = 0;
  [[nodiscard]] virtual Result<std::string> get(const ResourceType& type, const ObjectKey& key, std::stop_token stop) = 0;
  // The created object. AlreadyExists: an object of that name is there. UnknownOutcome: read it by name before anything else.
  [[nodiscard]] virtual Result<std::string> create(const ResourceType& type, const std::string& ns, const std::string& body,
                                                   const WriteOptions& options, std::stop_token stop) = 0;
  // PUT, under the object's metadata.resourceVersion. Conflict: someone else was first.
  [[nodiscard]] virtual Result<std::string> replace(const ResourceType& type, const ObjectKey& key, const std::string& body,
                                                    const WriteOptions& options, std::stop_token stop) = 0;
  // Server-side apply (forced: our fields are ours), of the object or of a subresource such as "status".
  [[nodiscard]] virtual Result<std::string> apply(const ResourceType& type, const ObjectKey& key, std::string_view subresource,
                                                  const std::string& body, const WriteOptions& options, std::stop_token stop) = 0;
  [[nodiscard]] virtual Status remove(const ResourceType& type, const ObjectKey& key, const DeleteOptions& options,
                                      std::stop_token stop) = 0;
  // Asks for the pod's eviction (policy/v1): a deletion that PodDisruptionBudgets may refuse, as Retryable. NotFound: it is gone;
  // Conflict: it has another uid by now.
  [[nodiscard]] virtual Status evict(const ObjectKey& pod, const std::string& uid, std::stop_token stop) = 0;
};

}  // namespace drover
