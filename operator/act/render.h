// Effects in Kubernetes' words: what is created for them, as it will be read. Pure.
#pragma once

#include "core/effect.h"
#include "model/migration.h"

namespace drover {

// With Drover's marks, KubeVirt's timeouts, and the selector that names the target. (The VM's own selector wins on the same key.)
[[nodiscard]] Migration migration_of(const CreateMigration& effect);

}  // namespace drover
