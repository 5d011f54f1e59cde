#include "kube/connection.h"

#include <cstdlib>

#include "kube/in_cluster.h"
#include "kube/kubeconfig.h"
#include "kube/renewing_transport.h"

namespace drover::kube {

Environment process_environment() {
  return [](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return std::string(value == nullptr ? "" : value);
  };
}

Result<Connection> find_connection(const ConnectionChoice& choice, const Environment& environment, const Clock& clock) {
  if (!choice.kubeconfig.empty()) return load_kubeconfig({choice.kubeconfig}, choice.context, clock);
  if (const std::string list = environment("KUBECONFIG"); !list.empty()) {
    return load_kubeconfig(split_kubeconfig_list(list), choice.context, clock);
  }
  if (choice.context.empty() && !environment("KUBERNETES_SERVICE_HOST").empty()) return in_cluster(environment, clock);
  const std::string home = environment("HOME");
  if (home.empty()) {
    return Error{ErrorClass::Invalid, "no kubeconfig: HOME is not set; give --kubeconfig FILE or set KUBECONFIG"};
  }
  return load_kubeconfig({home + "/.kube/config"}, choice.context, clock);
}

Result<std::unique_ptr<HttpTransport>> open_transport(const Connection& connection, const TransportFactory& factory) {
  Result<std::unique_ptr<HttpTransport>> first = factory(connection.endpoint);
  if (!first) return first;
  return std::unique_ptr<HttpTransport>(
      std::make_unique<RenewingTransport>(connection.endpoint, connection.credentials, factory, std::move(first).value()));
}

}  // namespace drover::kube
