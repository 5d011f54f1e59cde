// corev1.Node as a Node.
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/node.h"

namespace drover {

class JsonValue;

[[nodiscard]] Result<Node> decode_node(std::string_view json);
[[nodiscard]] Node read_node(JsonValue object);

// The node as the API server wrote it, with the marks of `marked` (model/node.h, write_marks) instead of those that were there:
// annotations, taint and spec.unschedulable. Nothing else is touched.
[[nodiscard]] std::string encode_node_marks(std::string_view node_json, const Node& marked);

// A ResourceList: cpu in thousandths, all else in whole units, rounded up.
[[nodiscard]] Resources read_resources(JsonValue list);

// Tolerations of a pod.
[[nodiscard]] std::vector<Toleration> read_tolerations(JsonValue list);

}  // namespace drover
