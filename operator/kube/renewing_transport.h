// A transport that is made anew when the credentials' client certificate changes. Exchanges in progress keep the old one.
//
// Thread safety: full, as the port asks.
#pragma once

#include <memory>
#include <optional>

#include "base/mutex.h"
#include "kube/credentials.h"
#include "ports/http_transport.h"

namespace drover::kube {

class RenewingTransport final : public HttpTransport {
 public:
  RenewingTransport(HttpEndpoint endpoint, std::shared_ptr<Credentials> credentials, TransportFactory factory,
                    std::unique_ptr<HttpTransport> first)
      : endpoint_(std::move(endpoint)),
        credentials_(std::move(credentials)),
        factory_(std::move(factory)),
        current_(std::move(first)) {}

  Result<HttpResponse> send(const HttpRequest& request, std::stop_token stop) override;
  Result<StreamEnd> stream(const HttpRequest& request, ChunkSink& sink, std::stop_token stop) override;

 private:
  [[nodiscard]] Result<std::shared_ptr<HttpTransport>> current();

  const HttpEndpoint endpoint_;
  const std::shared_ptr<Credentials> credentials_;
  const TransportFactory factory_;
  Mutex mutex_;
  std::shared_ptr<HttpTransport> current_ DROVER_GUARDED_BY(mutex_);
  std::optional<ClientCertificate> certificate_ DROVER_GUARDED_BY(mutex_);  // that current_ uses; none: the endpoint's own
};

}  // namespace drover::kube
