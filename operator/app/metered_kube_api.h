// A KubeApi that counts and times what it passes on. Thread-safe as what it wraps.
#pragma once

#include <string_view>

#include "ports/clock.h"
#include "ports/kube_api.h"
#include "ports/telemetry.h"

namespace drover {

class MeteredKubeApi final : public KubeApi {
 public:
  MeteredKubeApi(KubeApi& api, const Clock& clock, Telemetry& telemetry) : api_(api), clock_(clock), telemetry_(telemetry) {}

  Result<std::string> list(const ResourceType& type, const ListOptions& options, std::stop_token stop) override;
  Status watch(const ResourceType& type, const WatchOptions& options, const WatchLine& line, std::stop_token stop) override;
  Result<std::string> get(const ResourceType& type, const ObjectKey& key, std::stop_token stop) override;
  Result<std::string> create(const ResourceType& type, const std::string& ns, const std::string& body, const WriteOptions& options,
                             std::stop_token stop) override;
  Result<std::string> replace(const ResourceType& type, const ObjectKey& key, const std::string& body, const WriteOptions& options,
                              std::stop_token stop) override;
  Result<std::string> apply(const ResourceType& type, const ObjectKey& key, std::string_view subresource, const std::string& body,
                            const WriteOptions& options, std::stop_token stop) override;
  Status evict(const ObjectKey& pod, const std::string& uid, std::stop_token stop) override;
  Status remove(const ResourceType& type, const ObjectKey& key, const DeleteOptions& options, std::stop_token stop) override;

 private:
  template <typename Call>
  auto metered(std::string_view verb, const ResourceType& type, Call call);

  KubeApi& api_;
  const Clock& clock_;
  Telemetry& telemetry_;
};

}  // namespace drover
