// Where a node's management controller is, and where the links lead that it gives. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "adapters/http_common/endpoint.h"
#include "base/result.h"
#include "model/power.h"

namespace drover::redfish {

// Every {node} replaced.
[[nodiscard]] std::string with_node(std::string text, const std::string& node);

struct BmcAddress {
  std::string url;  // "https://n1-bmc.example.org:8443", without a path; in lower case
  Authority authority;
};

// The node's annotation drover.dev/bmc-address, else the profile's address. Invalid, naming what to write: it is no address, or
// credentials would go over the wire in the clear, or to an address that the node's kubelet may have written and nobody vouches
// for.
[[nodiscard]] Result<BmcAddress> bmc_address(const NodeDriver& target);

// The path and query that a link leads to: "/redfish/v1/Systems/1", or a URL of the same scheme, host and port. Invalid when it
// leads elsewhere, where credentials must not follow.
[[nodiscard]] Result<std::string> path_of(const std::string& link, const Authority& here);

// "1" of "/redfish/v1/Systems/1/".
[[nodiscard]] std::string_view last_segment(std::string_view path);

}  // namespace drover::redfish
