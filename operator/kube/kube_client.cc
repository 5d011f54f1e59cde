#include "kube/kube_client.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "kube/paths.h"
#include "kube/watch_sink.h"

namespace drover::kube {
namespace {

constexpr Duration kWatchSlack = seconds{15};     // beyond the timeout that the server was asked to keep
constexpr Duration kThrottledPause = seconds{1};  // when a 429 doesn't say how long

HttpRequest make_request(std::string method, std::string target, std::string body = "",
                         std::string content_type = "application/json") {
  HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  if (!body.empty()) request.headers.emplace_back("content-type", std::move(content_type));
  request.body = std::move(body);
  return request;
}

Query write_query(const WriteOptions& options) {
  Query query;
  query.add("fieldManager", options.field_manager);
  if (options.dry_run) query.add("dryRun", "All");
  return query;
}

// metadata.name of what is to be created, for messages only.
std::string name_in(const std::string& body) {
  const nlohmann::json object = nlohmann::json::parse(body, nullptr, false);
  const auto metadata = object.is_object() ? object.find("metadata") : object.end();
  if (metadata == object.end() || !metadata->is_object()) return "";
  const auto name = metadata->find("name");
  return name != metadata->end() && name->is_string() ? name->get<std::string>() : "";
}

// An Error of the transport, in the words of the call. A dry run stores nothing, so that nothing is unknown after it.
Error in_context(const Asked& asked, Error error) {
  if (error.cls == ErrorClass::UnknownOutcome && !asked.changes) error.cls = ErrorClass::Retryable;
  error.message = describe(asked) + ": " + error.message;
  return error;
}

bool is_throttled(const HttpResponse& response) {
  return response.status == 429 || (response.status == 503 && retry_after(response).has_value());
}

Status without_value(const Result<std::string>& result) {
  return result ? ok() : Status(result.error());
}

}  // namespace

KubeClient::KubeClient(std::shared_ptr<HttpTransport> transport, Connection connection, const Clock& clock,
                       KubeClientOptions options)
    : transport_(std::move(transport)),
      connection_(std::move(connection)),
      clock_(clock),
      options_(std::move(options)),
      bucket_(options_.calls_per_second, options_.burst) {}

Result<std::string> KubeClient::list(const ResourceType& type, const ListOptions& options, std::stop_token stop) {
  Query query;
  query.add("labelSelector", options.label_selector).add("fieldSelector", options.field_selector);
  if (options.limit > 0) query.add("limit", std::to_string(options.limit));
  query.add("continue", options.continue_token);
  // A continue token carries its resource version; the server refuses both together.
  if (options.continue_token.empty()) query.add("resourceVersion", options.resource_version);
  const Asked asked{.verb = "list", .type = &type, .key = {options.ns, ""}};
  return call(asked, make_request("GET", collection_path(type, options.ns) + query.text()), stop);
}

Result<std::string> KubeClient::get(const ResourceType& type, const ObjectKey& key, std::stop_token stop) {
  return call({.verb = "get", .type = &type, .key = key}, make_request("GET", object_path(type, key)), stop);
}

Result<std::string> KubeClient::create(const ResourceType& type, const std::string& ns, const std::string& body,
                                       const WriteOptions& options, std::stop_token stop) {
  const Asked asked{.verb = "create", .type = &type, .key = {ns, name_in(body)}, .changes = !options.dry_run};
  return call(asked, make_request("POST", collection_path(type, ns) + write_query(options).text(), body), stop);
}

Result<std::string> KubeClient::replace(const ResourceType& type, const ObjectKey& key, const std::string& body,
                                        const WriteOptions& options, std::stop_token stop) {
  const Asked asked{.verb = "update", .type = &type, .key = key, .changes = !options.dry_run};
  return call(asked, make_request("PUT", object_path(type, key) + write_query(options).text(), body), stop);
}

Result<std::string> KubeClient::apply(const ResourceType& type, const ObjectKey& key, std::string_view subresource,
                                      const std::string& body, const WriteOptions& options, std::stop_token stop) {
  const Asked asked{
      .verb = "patch", .type = &type, .key = key, .subresource = std::string(subresource), .changes = !options.dry_run};
  std::string path = object_path(type, key);
  if (!subresource.empty()) path += "/" + escape(subresource);
  const std::string query = write_query(options).add("force", "true").text();
  return call(asked, make_request("PATCH", path + query, body, "application/apply-patch+yaml"), stop);
}

Status KubeClient::remove(const ResourceType& type, const ObjectKey& key, const DeleteOptions& options, std::stop_token stop) {
  nlohmann::json preconditions = nlohmann::json::object();
  if (!options.uid.empty()) preconditions["uid"] = options.uid;
  if (!options.resource_version.empty()) preconditions["resourceVersion"] = options.resource_version;
  std::string body;
  if (!preconditions.empty()) {
    body = nlohmann::json{{"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"preconditions", preconditions}}.dump();
  }
  const Asked asked{.verb = "delete", .type = &type, .key = key, .changes = true};
  return without_value(call(asked, make_request("DELETE", object_path(type, key), std::move(body)), stop));
}

Status KubeClient::evict(const ObjectKey& pod, const std::string& uid, std::stop_token stop) {
  nlohmann::json eviction{
      {"apiVersion", "policy/v1"}, {"kind", "Eviction"}, {"metadata", {{"name", pod.name}, {"namespace", pod.ns}}}};
  if (!uid.empty()) eviction["deleteOptions"]["preconditions"]["uid"] = uid;
  const Asked asked{.verb = "evict", .type = &resource::kPods, .key = pod, .subresource = "eviction", .changes = true};
  return without_value(call(asked, make_request("POST", object_path(resource::kPods, pod) + "/eviction", eviction.dump()), stop));
}

Headers KubeClient::common_headers(const Headers& authentication) const {
  Headers headers{{"accept", "application/json"}, {"user-agent", options_.user_agent}};
  headers.insert(headers.end(), connection_.headers.begin(), connection_.headers.end());
  headers.insert(headers.end(), authentication.begin(), authentication.end());
  return headers;
}

Status KubeClient::pace(const Asked& asked, std::stop_token stop) {
  if (*asked.type == resource::kLeases) return ok();
  Duration delay{};
  {
    const MutexLock lock(mutex_);
    delay = bucket_.take(clock_.monotonic());
  }
  if (delay > Duration::zero() && !options_.wait(delay, stop)) return Error{ErrorClass::Cancelled, describe(asked) + ": cancelled"};
  return ok();
}

Result<std::string> KubeClient::call(const Asked& asked, HttpRequest request, std::stop_token stop) {
  if (const Status paced = pace(asked, stop); !paced) return paced.error();
  request.target = connection_.path_prefix + request.target;
  const Headers own_headers = request.headers;
  const bool may_wait = !asked.changes && *asked.type != resource::kLeases;
  Duration waited{};
  for (bool renewed = false;;) {
    const Result<Headers> authentication = connection_.credentials->headers(stop);
    if (!authentication) return in_context(asked, authentication.error());
    request.headers = common_headers(*authentication);
    request.headers.insert(request.headers.end(), own_headers.begin(), own_headers.end());

    Result<HttpResponse> response = transport_->send(request, stop);
    if (!response) return in_context(asked, response.error());
    if (is_success(*response)) return std::move(response->body);
    if (response->status == 401 && !renewed && connection_.credentials->refused(*authentication)) {
      renewed = true;
      continue;
    }
    const Duration pause = std::max(retry_after(*response).value_or(kThrottledPause), Duration{milliseconds{100}});
    if (!may_wait || !is_throttled(*response) || waited + pause > options_.patience) {
      return classify(asked, *response, connection_.credentials->describe());
    }
    waited += pause;
    if (!options_.wait(pause, stop)) return Error{ErrorClass::Cancelled, describe(asked) + ": cancelled"};
  }
}

Status KubeClient::watch(const ResourceType& type, const WatchOptions& options, const WatchLine& line, std::stop_token stop) {
  const Asked asked{.verb = "watch", .type = &type, .key = {options.ns, ""}};
  Query query;
  query.add("watch", "true").add("allowWatchBookmarks", "true").add("labelSelector", options.label_selector);
  query.add("fieldSelector", options.field_selector).add("resourceVersion", options.resource_version);
  const auto timeout = std::chrono::ceil<seconds>(options.timeout);
  query.add("timeoutSeconds", std::to_string(timeout.count()));
  HttpRequest request = make_request("GET", connection_.path_prefix + collection_path(type, options.ns) + query.text());
  request.idle_timeout = timeout + kWatchSlack;

  for (bool renewed = false;; renewed = true) {
    if (const Status paced = pace(asked, stop); !paced) return paced.error();
    const Result<Headers> authentication = connection_.credentials->headers(stop);
    if (!authentication) return in_context(asked, authentication.error());
    request.headers = common_headers(*authentication);
    WatchSink sink(asked, options.accepted, line, clock_, clock_.monotonic() + request.idle_timeout, options_.max_line_bytes);
    const Result<StreamEnd> end = transport_->stream(request, sink, stop);
    if (!end) return in_context(asked, end.error());
    if (is_success(sink.response())) return sink.outcome(*end);
    if (sink.response().status == 401 && !renewed && connection_.credentials->refused(*authentication)) continue;
    return classify(asked, sink.response(), connection_.credentials->describe());
  }
}

}  // namespace drover::kube
