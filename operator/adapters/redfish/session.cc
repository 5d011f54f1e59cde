#include "adapters/redfish/session.h"

#include <functional>

#include "adapters/redfish/resources.h"

namespace drover::redfish {

std::size_t fingerprint(const Credentials& credentials) {
  return std::hash<std::string>()(credentials.user + '\0' + credentials.password);
}

Headers authentication_of(const Session& session) {
  return {{"x-auth-token", session.token}};
}

Result<Session> open_session(Conversation& with, const Credentials& credentials, HttpEndpoint endpoint) {
  with.authenticate({});
  const auto root = with.get(std::string(kServiceRoot));
  if (!root) return root.error();
  const std::string sessions = read_service_root(*root).sessions;
  if (sessions.empty()) return Error{ErrorClass::NotFound, "the management controller has no sessions (Links.Sessions)"};
  const auto opened = with.post_once(sessions, {{"UserName", credentials.user}, {"Password", credentials.password}});
  if (!opened) return opened.error();
  const std::string* token = opened->header("x-auth-token");
  if (token == nullptr || token->empty())
    return Error{ErrorClass::Retryable, "the management controller opened a session without X-Auth-Token"};
  Session session{*token, "", std::move(endpoint), fingerprint(credentials)};
  if (const std::string* location = opened->header("location")) session.link = *location;
  if (session.link.empty()) {
    if (const auto body = parse_document(opened->body)) session.link = link(*body);  // {"@odata.id": ...}
  }
  with.authenticate(authentication_of(session));
  return session;
}

}  // namespace drover::redfish
