// What is said to one management controller within one call: requests with the headers that controllers bear, redirects on the same
// host, and what is tried again: which answers are passing is known of Dell, HPE and others (answer.h).
//
// Every request has its own deadline (20 s, an order 60 s) and ends with the call's. Nothing is tried again after `patience`.
// Thread safety: one thread at a time.
#pragma once

#include <stop_token>
#include <string>

#include "adapters/http_common/endpoint.h"
#include "adapters/redfish/document.h"
#include "ports/clock.h"
#include "ports/http_transport.h"
#include "schedule/wait.h"

namespace drover::redfish {

struct CallTime {
  Duration until;     // by the clock's monotonic time: the call has ended by then
  Duration patience;  // likewise: nothing is tried again after that
};

class Conversation {
 public:
  // The references must outlive it.
  Conversation(HttpTransport& transport, Authority there, const Clock& clock, const Wait& wait, CallTime time,
               std::stop_token stop);

  // Goes with every request from now on: an Authorization or an X-Auth-Token header.
  void authenticate(Headers authentication) { authentication_ = std::move(authentication); }

  // Errors: Retryable, Denied, NotFound, Invalid, Cancelled. They name the controller and the path.
  [[nodiscard]] Result<Json> get(const std::string& link);
  // The answer when it is a success. Errors besides those of get(): Conflict, the controller refuses now; UnknownOutcome, it may
  // have been carried out.
  [[nodiscard]] Result<HttpResponse> post(const std::string& link, const Json& body);
  // Likewise, and not again, however passing the fault.
  [[nodiscard]] Result<HttpResponse> post_once(const std::string& link, const Json& body);
  [[nodiscard]] Status remove(const std::string& link);

  // False when the call has no time for it, or is stopped.
  [[nodiscard]] bool pause(Duration duration);

 private:
  Result<HttpResponse> exchange(const std::string& method, const std::string& link, const std::string& body, bool once = false);
  Result<HttpResponse> send(const HttpRequest& request, bool once);
  [[nodiscard]] Error out_of_time(const std::string& what) const;

  HttpTransport& transport_;
  const Authority there_;
  const Clock& clock_;
  const Wait& wait_;
  const CallTime time_;
  const std::stop_token stop_;
  Headers authentication_;
};

}  // namespace drover::redfish
