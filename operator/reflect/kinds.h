// Where the API server serves each kind.
#pragma once

#include "model/kind.h"
#include "ports/kube_api.h"

namespace drover::reflect {

[[nodiscard]] const ResourceType& resource_type(Kind kind);

}  // namespace drover::reflect
