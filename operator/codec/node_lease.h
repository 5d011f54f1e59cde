// coordination/v1 Lease, as far as it says who works on a node.
#pragma once

#include "codec/json_value.h"
#include "model/node_lease.h"

namespace drover {

[[nodiscard]] NodeLease read_node_lease(JsonValue object);

}  // namespace drover
