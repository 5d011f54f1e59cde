// Policies as `kubectl apply` takes them, without an API server: YAML with MigrationPolicies, ClusterMigrationPolicies,
// PowerProfiles and the namespaces that policies select, one after another or in a List. Read by the same codec as the API server's
// answers, and as strictly as kubectl: a field that there is none of is refused.
//
// Thread safety: pure functions, but for reading the files.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/cluster_view.h"

namespace drover {

struct PolicyFile {
  std::vector<Policy> policies;
  std::vector<Namespace> namespaces;
  std::vector<PowerProfile> profiles;
};

// `file` is its name in messages. Invalid: not YAML, another kind of object, a field of the wrong type, a policy that can't be
// acted on. Each policy has the uid "policy-NAMESPACE/NAME" and the generation 1.
[[nodiscard]] Result<PolicyFile> parse_policies(const std::string& text, const std::string& file, Instant created);
[[nodiscard]] Result<PolicyFile> read_policies(const std::string& path, Instant created);

}  // namespace drover
