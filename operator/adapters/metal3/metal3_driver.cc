#include "adapters/metal3/metal3_driver.h"

#include <nlohmann/json.hpp>

namespace drover::metal3 {
namespace {

constexpr int kTries = 3;  // Metal3's operator writes hosts, too

std::string body_of(const Host& host, bool online) {
  return nlohmann::json{
      {"apiVersion", "metal3.io/v1alpha1"},
      {"kind", "BareMetalHost"},
      {"metadata",
       {{"namespace", host.key.ns}, {"name", host.key.name}, {"uid", host.uid}, {"resourceVersion", host.resource_version}}},
      {"spec", {{"online", online}}}}
      .dump();
}

}  // namespace

Result<Host> Metal3Driver::host_of(const NodeDriver& target, const std::stop_token& stop) {
  const auto* settings = std::get_if<Metal3Settings>(&target.profile->settings);
  auto host = hosts_.of(*target.node, settings != nullptr ? settings->ns : std::string(), stop);
  if (!host) return host.error();
  if (host->has_value()) return std::move(**host);
  return Error{ErrorClass::Invalid, "node " + target.node->name +
                                        " does not say which BareMetalHost it runs on: annotate it with " +
                                        std::string(node_wish::kBareMetalHost) + "=NAMESPACE/NAME"};
}

Result<PowerAnswer> Metal3Driver::state(const NodeDriver& target, std::stop_token stop) {
  const auto host = host_of(target, stop);
  if (!host) return host.error();
  const Powered is = powered(*host);
  const bool stays_on = host->online.value_or(true) && is != Powered::Off;
  if (const auto could = permits(*host, PowerRequest::GracefulOff); stays_on && !could) return could.error();
  return PowerAnswer{.state = is, .meter = {}, .remark = remark(*host)};
}

Status Metal3Driver::switch_to(const NodeDriver& target, PowerRequest request, std::stop_token stop) {
  const bool online = request == PowerRequest::On;
  for (int left = kTries; true;) {
    const auto host = host_of(target, stop);
    if (!host) return host.error();
    if (auto may = permits(*host, request); !may) return may;
    if (host->online == online) return ok();
    const auto done = api_.apply(kBareMetalHosts, host->key, "", body_of(*host, online), {}, stop);
    if (done) return ok();
    Error error = done.error();
    if (error.cls == ErrorClass::Conflict && --left > 0) continue;  // written in between: what it is now counts
    if (error.cls == ErrorClass::Conflict || error.cls == ErrorClass::UnknownOutcome) error.cls = ErrorClass::Retryable;
    error.message = "BareMetalHost " + to_string(host->key) + ", spec.online: " + error.message;
    return error;
  }
}

}  // namespace drover::metal3
