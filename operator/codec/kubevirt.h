// KubeVirt's own configuration: the KubeVirt object (kubevirt.io/v1) and its MigrationPolicy (migrations.kubevirt.io/v1alpha1);
// and core/v1 Namespace, of which only the labels matter.
#pragma once

#include "model/cluster_view.h"
#include "model/kubevirt.h"

namespace drover {

class JsonValue;

// As KubeVirt does, the configuration is left at its defaults while status.phase is empty.
[[nodiscard]] KubeVirt read_kubevirt(JsonValue object);

[[nodiscard]] KubeVirtMigrationPolicy read_kubevirt_policy(JsonValue object);

[[nodiscard]] Namespace read_namespace(JsonValue object);

}  // namespace drover
