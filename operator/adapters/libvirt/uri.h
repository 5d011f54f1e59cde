// libvirt's connection URIs, as a PowerProfile has them. Pure.
#pragma once

#include <string>

#include "base/result.h"

namespace drover::libvirt {

// {node} in a text stands for the node's name.
[[nodiscard]] std::string for_node(std::string text, const std::string& node);

// Invalid for what would run a program of the writer's choice beside the operator: the transport ext, and the parameters command
// and netcat. All else is libvirt's to judge.
[[nodiscard]] Status check_uri(const std::string& uri);

}  // namespace drover::libvirt
