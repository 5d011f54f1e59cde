// Where the API server is and who we are there: found as kubectl and other clients find it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "kube/credentials.h"
#include "ports/clock.h"
#include "ports/http_transport.h"

namespace drover::kube {

struct Connection {
  HttpEndpoint endpoint;
  std::string path_prefix;                   // "/k8s/clusters/c-1" when the server's address has a path, else ""
  std::shared_ptr<Credentials> credentials;  // never null
  Headers headers;                           // beside the credentials': impersonation
  std::string ns = "default";                // the namespace that the context or the pod names
  std::string source;                        // for people: "context dev of /home/a/.kube/config"
};

// The value of an environment variable; empty when unset.
using Environment = std::function<std::string(const std::string& name)>;
[[nodiscard]] Environment process_environment();

struct ConnectionChoice {
  std::string kubeconfig;  // --kubeconfig; empty: look around
  std::string context;     // --context; empty: the current-context. Means a kubeconfig even inside a pod.
};

// In this order: --kubeconfig, KUBECONFIG (a list), the pod's own ServiceAccount, ~/.kube/config. Errors name file, field, fix.
// `clock` must outlive the connection.
[[nodiscard]] Result<Connection> find_connection(const ConnectionChoice& choice, const Environment& environment,
                                                 const Clock& clock);

// A transport for the connection; it makes itself anew when the credentials come with another certificate (exec plugins).
// Runs the exec plugin, if any, on the first request, not here.
[[nodiscard]] Result<std::unique_ptr<HttpTransport>> open_transport(const Connection& connection, const TransportFactory& factory);

}  // namespace drover::kube
