// Effects in Kubernetes' words: what is created for them, as it will be read. Live it is encoded for the API server; the simulator
// takes it as it is. Pure.
#pragma once

#include "core/effect.h"
#include "model/migration.h"

namespace drover {

// With Drover's marks, KubeVirt's timeouts, and the selector that names the target. (The VM's own selector wins on the same key.)
[[nodiscard]] Migration migration_of(const CreateMigration& effect);

}  // namespace drover
