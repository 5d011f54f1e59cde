// Sessions (X-Auth-Token), for those who want no password in every request. A controller has few of them, often four to sixteen,
// and leaks those that nobody ends: so one for each controller, kept between calls, ended by DELETE.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "adapters/redfish/conversation.h"
#include "adapters/redfish/credentials.h"

namespace drover::redfish {

struct Session {
  std::string token;
  std::string link;
  HttpEndpoint endpoint;  // to end it by
  std::size_t of = 0;     // which credentials it was opened with: fingerprint()
};

// Tells credentials apart, and gives nothing of them away.
[[nodiscard]] std::size_t fingerprint(const Credentials& credentials);

// Asks for one without an Authorization header. From now on the conversation authenticates with it. NotFound: the controller has no
// sessions; Retryable with status 503: all are taken.
[[nodiscard]] Result<Session> open_session(Conversation& with, const Credentials& credentials, HttpEndpoint endpoint);
[[nodiscard]] Headers authentication_of(const Session& session);

}  // namespace drover::redfish
