#include "app/metered_kube_api.h"

namespace drover {
namespace {

template <typename T>
std::string code(const Result<T>& result) {
  if (result) return "2xx";
  const Error& error = result.error();
  return error.http_status != 0 ? std::to_string(error.http_status) : std::string(metric_label(error.cls));
}

// "pods", "migrationpolicies.policy.drover.dev": two groups have migrationpolicies.
std::string full_name(const ResourceType& type) {
  return type.group.empty() ? type.resource : type.resource + "." + type.group;
}

}  // namespace

template <typename Call>
auto MeteredKubeApi::metered(std::string_view verb, const ResourceType& type, Call call) {
  const Duration began = clock_.monotonic();
  auto result = call();
  telemetry_.count("drover_api_requests_total", {{"verb", verb}, {"resource", full_name(type)}, {"code", code(result)}});
  // A watch lasts for as long as it is quiet; its time says nothing.
  if (verb != "watch") {
    telemetry_.observe("drover_api_request_duration_seconds", {{"verb", verb}}, to_seconds(clock_.monotonic() - began));
  }
  return result;
}

Result<std::string> MeteredKubeApi::list(const ResourceType& type, const ListOptions& options, std::stop_token stop) {
  return metered("list", type, [&] { return api_.list(type, options, stop); });
}
Status MeteredKubeApi::watch(const ResourceType& type, const WatchOptions& options, const WatchLine& line, std::stop_token stop) {
  return metered("watch", type, [&] { return api_.watch(type, options, line, stop); });
}
Result<std::string> MeteredKubeApi::get(const ResourceType& type, const ObjectKey& key, std::stop_token stop) {
  return metered("get", type, [&] { return api_.get(type, key, stop); });
}
Result<std::string> MeteredKubeApi::create(const ResourceType& type, const std::string& ns, const std::string& body,
                                           const WriteOptions& options, std::stop_token stop) {
  return metered(options.dry_run ? "dry-create" : "create", type, [&] { return api_.create(type, ns, body, options, stop); });
}
Result<std::string> MeteredKubeApi::replace(const ResourceType& type, const ObjectKey& key, const std::string& body,
                                            const WriteOptions& options, std::stop_token stop) {
  return metered("update", type, [&] { return api_.replace(type, key, body, options, stop); });
}
Result<std::string> MeteredKubeApi::apply(const ResourceType& type, const ObjectKey& key, std::string_view subresource,
                                          const std::string& body, const WriteOptions& options, std::stop_token stop) {
  return metered("apply", type, [&] { return api_.apply(type, key, subresource, body, options, stop); });
}
Status MeteredKubeApi::evict(const ObjectKey& pod, const std::string& uid, std::stop_token stop) {
  return metered("evict", resource::kPods, [&] { return api_.evict(pod, uid, stop); });
}
Status MeteredKubeApi::remove(const ResourceType& type, const ObjectKey& key, const DeleteOptions& options, std::stop_token stop) {
  return metered("delete", type, [&] { return api_.remove(type, key, options, stop); });
}
}  // namespace drover
