#include "kube/in_cluster.h"

#include "kube/files.h"

namespace drover::kube {

Result<Connection> in_cluster(const Environment& environment, const Clock& clock, const std::string& folder) {
  const std::string host = environment("KUBERNETES_SERVICE_HOST");
  const std::string port = environment("KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty()) {
    return Error{ErrorClass::Invalid,
                 "in-cluster configuration: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must both be set, as "
                 "Kubernetes does in every pod; outside of one give --kubeconfig FILE"};
  }
  const auto missing = [&](const std::string& what) {
    return Error{ErrorClass::Invalid, "in-cluster configuration: " + what +
                                          "; the pod needs a ServiceAccount with automountServiceAccountToken not turned off"};
  };
  Connection connection;
  connection.endpoint.ca_file = folder + "/ca.crt";
  if (const Result<std::string> authority = read_file(connection.endpoint.ca_file); !authority)
    return missing(authority.error().message);
  const std::string token = folder + "/token";
  if (const Result<std::string> readable = read_secret_line(token); !readable) return missing(readable.error().message);
  connection.endpoint.url = "https://" + (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
  connection.credentials = std::make_shared<TokenFile>(token, clock);
  if (const Result<std::string> ns = read_secret_line(folder + "/namespace")) connection.ns = *ns;
  connection.source = "the pod's ServiceAccount";
  return connection;
}

}  // namespace drover::kube
