// Paths and queries of the Kubernetes API, escaped (RFC 3986). Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "ports/kube_api.h"

namespace drover::kube {

// "/api/v1/nodes", "/apis/kubevirt.io/v1/namespaces/vms/virtualmachineinstances". Without a namespace: all of them.
[[nodiscard]] std::string collection_path(const ResourceType& type, std::string_view ns);
[[nodiscard]] std::string object_path(const ResourceType& type, const ObjectKey& key);

// Everything but letters, digits and "-._~" as %XX.
[[nodiscard]] std::string escape(std::string_view text);

// "?a=b&c=d"; empty values are left out.
class Query {
 public:
  Query& add(std::string_view name, std::string_view value);
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// "nodes", "virtualmachineinstances.kubevirt.io": how people name a resource.
[[nodiscard]] std::string full_name(const ResourceType& type);

}  // namespace drover::kube
