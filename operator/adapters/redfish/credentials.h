// The user name and password of a management controller, out of a Secret. Read when they are needed, forgotten after, and never in
// an Error.
#pragma once

#include <stop_token>
#include <string>

#include "base/result.h"
#include "model/power.h"
#include "ports/kube_api.h"

namespace drover::redfish {

struct Credentials {
  std::string user;
  std::string password;
};

// Errors name the profile, the Secret and what to write: Denied (no right to read it), Invalid (none of that name, a key is
// missing), Retryable, Cancelled.
[[nodiscard]] Result<Credentials> read_credentials(KubeApi& api, const PowerProfile& profile, const SecretRef& secret,
                                                   std::stop_token stop);

// "Basic ..." as an Authorization header has it.
[[nodiscard]] std::string basic_authorization(const Credentials& credentials);

}  // namespace drover::redfish
