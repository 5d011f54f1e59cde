#include "kube/answers.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "kube/paths.h"

namespace drover::kube {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxPlainText = 300;
constexpr int kMaxRetryAfterSeconds = 3600;

// metav1.Status, as far as it matters.
struct KubeStatus {
  int code = 0;
  std::string reason;
  std::string message;
  std::optional<Duration> retry_after;
};

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Causes name field and fault; the message of a webhook often leaves them out.
void append_causes(const json& details, std::string& message) {
  const auto causes = details.find("causes");
  if (causes == details.end() || !causes->is_array()) return;
  for (const json& cause : *causes) {
    if (!cause.is_object()) continue;
    const std::string text = text_of(cause, "message");
    const std::string field = text_of(cause, "field");
    const bool said = message.find(text) != std::string::npos && message.find(field) != std::string::npos;
    if (text.empty() || said) continue;
    message += "; ";
    if (!field.empty()) message += field + ": ";
    message += text;
  }
}

std::optional<KubeStatus> parse_status(const std::string& body) {
  const json root = json::parse(body, nullptr, false);
  if (!root.is_object() || text_of(root, "kind") != "Status") return std::nullopt;
  KubeStatus status;
  if (const auto code = root.find("code"); code != root.end() && code->is_number_integer()) status.code = code->get<int>();
  status.reason = text_of(root, "reason");
  status.message = text_of(root, "message");
  if (const auto details = root.find("details"); details != root.end() && details->is_object()) {
    append_causes(*details, status.message);
    if (const auto wait = details->find("retryAfterSeconds"); wait != details->end() && wait->is_number_integer()) {
      status.retry_after = seconds{std::clamp(wait->get<int>(), 0, kMaxRetryAfterSeconds)};
    }
  }
  return status;
}

// A proxy or load balancer answered: the beginning of its text, on one line.
std::string plain_text(const std::string& body) {
  std::string text;
  for (const char c : body.substr(0, kMaxPlainText)) text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

ErrorClass conflict_class(const Asked& asked, const std::string& reason) {
  if (reason == "AlreadyExists") return ErrorClass::AlreadyExists;
  if (reason == "Conflict") return ErrorClass::Conflict;
  return asked.verb == "create" ? ErrorClass::AlreadyExists : ErrorClass::Conflict;
}

ErrorClass server_error_class(const Asked& asked, int code, const std::string& message) {
  if (!asked.changes || code == 503) return ErrorClass::Retryable;
  // Admission comes before storage, so that nothing can have been stored.
  if (message.find("failed calling webhook") != std::string::npos) return ErrorClass::Retryable;
  return ErrorClass::UnknownOutcome;  // an etcd timeout, say: the write may have gone through
}

ErrorClass class_of(const Asked& asked, int code, const std::string& reason, const std::string& message) {
  switch (code) {
    case 401:
    case 403: return ErrorClass::Denied;
    case 404: return ErrorClass::NotFound;
    case 408: return server_error_class(asked, code, message);
    case 409: return conflict_class(asked, reason);
    case 410: return ErrorClass::Gone;
    case 429: return ErrorClass::Retryable;
    default: return code >= 500 ? server_error_class(asked, code, message) : ErrorClass::Invalid;
  }
}

std::string resource_with_subresource(const Asked& asked) {
  if (asked.subresource.empty()) return asked.type->resource;
  return asked.type->resource + "/" + asked.subresource;
}

// What to do about it, where we know.
std::string fix_for(const Asked& asked, int code, const std::string& message, std::string_view credentials) {
  if (code == 401) return "; the API server does not accept " + std::string(credentials) + ": renew it";
  if (code == 403 && message.find(" cannot ") != std::string::npos) {
    std::string fix = "; grant the verb \"" + std::string(asked.verb) + "\" on \"" + resource_with_subresource(asked) +
                      "\" in the API group \"" + asked.type->group + "\"";
    if (!asked.key.ns.empty()) fix += " in the namespace \"" + asked.key.ns + "\"";
    return fix + " to Drover's role";
  }
  if (code == 404 && (message.empty() || message.find("could not find the requested resource") != std::string::npos ||
                      message.find("page not found") != std::string::npos)) {
    std::string fix = "; the server does not know " + full_name(*asked.type);
    if (!asked.subresource.empty()) fix += "/" + asked.subresource;
    fix += " in version " + asked.type->version;
    return asked.type->group.empty() ? fix : fix + ": is its CRD installed?";
  }
  if (code >= 300 && code < 400) return "; redirects are not followed: give the server's final address";
  return "";
}

Error error_of(const Asked& asked, int code, const std::string& reason, const std::string& message, std::string_view credentials) {
  Error error;
  error.cls = class_of(asked, code, reason, message);
  error.http_status = code;
  std::string said = message;
  if (said.empty()) said = reason.empty() ? "HTTP status " + std::to_string(code) : reason;
  error.message = describe(asked) + ": " + said + fix_for(asked, code, message, credentials);
  return error;
}

}  // namespace

bool is_success(const HttpResponse& response) {
  return response.status >= 200 && response.status < 300;
}

std::string describe(const Asked& asked) {
  std::string text(asked.verb);
  text += " " + full_name(*asked.type);
  if (!asked.subresource.empty()) text += "/" + asked.subresource;
  if (!asked.key.name.empty()) return text + " " + to_string(asked.key);
  if (!asked.key.ns.empty()) return text + " in " + asked.key.ns;
  return text;
}

Error classify(const Asked& asked, const HttpResponse& response, std::string_view credentials) {
  const std::optional<KubeStatus> status = parse_status(response.body);
  Error error = status ? error_of(asked, response.status, status->reason, status->message, credentials)
                       : error_of(asked, response.status, "", plain_text(response.body), credentials);
  error.retry_after = retry_after(response);
  if (!error.retry_after && status) error.retry_after = status->retry_after;
  return error;
}

Error classify_watch_error(const Asked& asked, const std::string& status) {
  const std::optional<KubeStatus> parsed = parse_status(status);
  if (!parsed) return {ErrorClass::Retryable, describe(asked) + ": the server sent an ERROR event that is no Status"};
  const bool expired = parsed->reason == "Expired" || parsed->reason == "Gone";
  Error error = error_of(asked, expired ? 410 : parsed->code, parsed->reason, parsed->message, "");
  // Within a stream no other fault is for good: begin again.
  if (error.cls != ErrorClass::Gone && error.cls != ErrorClass::Denied) error.cls = ErrorClass::Retryable;
  error.retry_after = parsed->retry_after;
  return error;
}

std::optional<Duration> retry_after(const HttpResponse& response) {
  const std::string* text = response.header("retry-after");
  if (text == nullptr) return std::nullopt;
  int count = 0;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (fault != std::errc() || end != text->data() + text->size() || count < 0) return std::nullopt;
  return seconds{std::min(count, kMaxRetryAfterSeconds)};
}

}  // namespace drover::kube
