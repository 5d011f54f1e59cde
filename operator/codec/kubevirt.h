// KubeVirt's own configuration: the KubeVirt object (kubevirt.io/v1) and its MigrationPolicy (migrations.kubevirt.io/v1alpha1);
// and core/v1 Namespace, of which only the labels matter.
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/cluster_view.h"
#include "model/kubevirt.h"

namespace drover {

class JsonValue;

// As KubeVirt does, the configuration is left at its defaults while status.phase is empty.
[[nodiscard]] Result<KubeVirt> decode_kubevirt(std::string_view json);
[[nodiscard]] KubeVirt read_kubevirt(JsonValue object);

[[nodiscard]] Result<KubeVirtMigrationPolicy> decode_kubevirt_policy(std::string_view json);
[[nodiscard]] KubeVirtMigrationPolicy read_kubevirt_policy(JsonValue object);

[[nodiscard]] Result<Namespace> decode_namespace(std::string_view json);
[[nodiscard]] Namespace read_namespace(JsonValue object);

}  // namespace drover
