// What a management controller's answer means for the next step. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "ports/http_transport.h"

namespace drover::redfish {

[[nodiscard]] bool is_success(const HttpResponse& response);
// Where a redirect that keeps the method leads, or "".
[[nodiscard]] std::string redirected_to(const HttpResponse& response, std::string_view method);

// How long to wait before the same request is made again, when what the answer says will pass: busy (503), a BMC's own fault (5xx
// to what changes nothing), Dell's SYS518, HPE's InvalidOperationForSystemState and UnableToModifyDuringSystemPOST, iDRAC 10's 409
// to On soon after off. Such an order was not carried out. Nothing: it will not pass.
[[nodiscard]] std::optional<Duration> passes_after(const HttpResponse& response, std::string_view method);

// Of an answer that is no success. `what` is what was asked: "POST /redfish/v1/... at n1-bmc:443".
[[nodiscard]] Error refusal(const HttpResponse& response, std::string_view method, const std::string& what);

}  // namespace drover::redfish
