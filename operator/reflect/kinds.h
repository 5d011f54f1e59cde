// Where the API server serves each kind.
#pragma once

#include "codec/object.h"
#include "ports/kube_api.h"

namespace drover::reflect {

[[nodiscard]] const ResourceType& resource_type(Kind kind);

}  // namespace drover::reflect
