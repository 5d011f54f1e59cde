#include "adapters/redfish/conversation.h"

#include <algorithm>

#include "adapters/redfish/address.h"
#include "adapters/redfish/answer.h"

namespace drover::redfish {
namespace {

constexpr Duration kGetDeadline = seconds{20};
constexpr Duration kChangeDeadline = seconds{60};
constexpr Duration kReconnect = seconds{1};
constexpr std::size_t kMaxBodyBytes = 1 << 20;
constexpr int kMaxRedirects = 3;

}  // namespace

Conversation::Conversation(HttpTransport& transport, Authority there, const Clock& clock, const Wait& wait, CallTime time,
                           std::stop_token stop)
    : transport_(transport), there_(std::move(there)), clock_(clock), wait_(wait), time_(time), stop_(std::move(stop)) {}

Error Conversation::out_of_time(const std::string& what) const {
  return {ErrorClass::Retryable, what + " at " + there_.text() + ": the management controller takes too long"};
}

bool Conversation::pause(Duration duration) {
  if (clock_.monotonic() + duration >= time_.until) return false;
  return wait_(duration, stop_);
}

Result<HttpResponse> Conversation::send(const HttpRequest& request, bool once) {
  const bool is_safe = is_safe_method(request.method);
  while (true) {
    HttpRequest timed = request;
    const Duration left = time_.until - clock_.monotonic();
    if (left <= Duration::zero()) return out_of_time(request.method + " " + request.target);
    timed.deadline = std::min(left, is_safe ? kGetDeadline : kChangeDeadline);
    auto response = transport_.send(timed, stop_);
    Duration again{};
    if (response) {
      const auto passes = passes_after(*response, request.method);
      if (!passes) return response;
      again = *passes;
    } else {
      if (response.error().cls != ErrorClass::Retryable) return response;
      again = kReconnect;
    }
    if (once || clock_.monotonic() + again > time_.patience) return response;
    if (!pause(again)) return response;
  }
}

Result<HttpResponse> Conversation::exchange(const std::string& method, const std::string& link, const std::string& body,
                                            bool once) {
  HttpRequest request{.method = method, .body = body, .max_body_bytes = kMaxBodyBytes};
  // Without compression, which makes ETags weak; and a connection each, because some choke on those that stay.
  request.headers = {
      {"odata-version", "4.0"}, {"accept", "application/json"}, {"accept-encoding", "identity"}, {"connection", "close"}};
  if (!body.empty()) request.headers.emplace_back("content-type", "application/json");
  request.headers.insert(request.headers.end(), authentication_.begin(), authentication_.end());
  std::string next = link;
  for (int redirects = 0; redirects <= kMaxRedirects; ++redirects) {
    auto target = path_of(next, there_);
    if (!target) return Error{target.error().cls, there_.text() + ": " + target.error().message};
    request.target = std::move(*target);
    auto response = send(request, once);
    if (!response) return response;
    const std::string what = method + " " + request.target.substr(0, request.target.find('?')) + " at " + there_.text();
    next = redirected_to(*response, method);
    if (next.empty() && !is_success(*response)) return refusal(*response, method, what);
    if (next.empty()) return response;
  }
  return Error{ErrorClass::Invalid, method + " " + request.target + " at " + there_.text() + ": redirected in a circle"};
}

Result<Json> Conversation::get(const std::string& link) {
  while (true) {
    const auto response = exchange("GET", link, "");
    if (!response) return response.error();
    auto document = parse_document(response->body);
    if (document) return document;
    const Error error{document.error().cls, "GET " + link + " at " + there_.text() + ": " + document.error().message};
    if (clock_.monotonic() + kReconnect > time_.patience || !pause(kReconnect)) return error;
  }
}

Result<HttpResponse> Conversation::post(const std::string& link, const Json& body) {
  return exchange("POST", link, body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Result<HttpResponse> Conversation::post_once(const std::string& link, const Json& body) {
  return exchange("POST", link, body.dump(-1, ' ', false, Json::error_handler_t::replace), /*once=*/true);
}

Status Conversation::remove(const std::string& link) {
  if (const auto response = exchange("DELETE", link, "", /*once=*/true); !response) return response.error();
  return ok();
}

}  // namespace drover::redfish
