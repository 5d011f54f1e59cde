// What the spec of a pod asks of its node, and a pool in which pods that ask the same share one value.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "codec/pool.h"
#include "model/pod.h"

namespace drover {

class JsonValue;

// Fields of a PodSpec that make up a Scheduling; others are ignored (false).
[[nodiscard]] bool read_scheduling_field(std::string_view key, JsonValue value, Scheduling& into);

// The terms of a corev1.NodeSelector.
[[nodiscard]] std::vector<NodeSelectorTerm> read_node_terms(JsonValue selector);

[[nodiscard]] std::uint64_t hash_of(const Scheduling& scheduling);
using SchedulingPool = Pool<Scheduling>;

}  // namespace drover
