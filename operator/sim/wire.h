// The objects of the simulated API server as JSON text, as far as those who call it read them; and what a write makes of one. Pure
// functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/migration.h"
#include "model/node.h"
#include "model/pod.h"
#include "model/vm.h"

namespace drover::sim {

[[nodiscard]] std::string text_of(const Vm& vm);
[[nodiscard]] std::string text_of(const Migration& migration);
[[nodiscard]] std::string text_of(const Node& node, std::uint64_t version);
[[nodiscard]] std::string list_of(const std::vector<const Pod*>& pods);

// metadata.resourceVersion; "" when there is none.
[[nodiscard]] std::string version_in(std::string_view text);
// metadata.name and namespace.
[[nodiscard]] ObjectKey key_in(std::string_view text);
// The node as a PUT of the text leaves it: its status is not the writer's.
[[nodiscard]] Result<Node> replaced(const Node& node, std::string_view text);

}  // namespace drover::sim
