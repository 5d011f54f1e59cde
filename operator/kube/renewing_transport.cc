#include "kube/renewing_transport.h"

namespace drover::kube {

Result<std::shared_ptr<HttpTransport>> RenewingTransport::current() {
  std::optional<ClientCertificate> wanted = credentials_->client_certificate();
  const MutexLock lock(mutex_);
  if (!wanted || wanted == certificate_) return current_;
  HttpEndpoint endpoint = endpoint_;
  endpoint.client_certificate_pem = wanted->certificate_pem;
  endpoint.client_key_pem = wanted->key_pem;
  endpoint.client_certificate_file.clear();
  endpoint.client_key_file.clear();
  Result<std::unique_ptr<HttpTransport>> made = factory_(endpoint);
  if (!made) return made.error();
  current_ = std::move(made).value();
  certificate_ = std::move(wanted);
  return current_;
}

Result<HttpResponse> RenewingTransport::send(const HttpRequest& request, std::stop_token stop) {
  const Result<std::shared_ptr<HttpTransport>> transport = current();
  if (!transport) return transport.error();
  return (*transport)->send(request, stop);
}

Result<StreamEnd> RenewingTransport::stream(const HttpRequest& request, ChunkSink& sink, std::stop_token stop) {
  const Result<std::shared_ptr<HttpTransport>> transport = current();
  if (!transport) return transport.error();
  return (*transport)->stream(request, sink, stop);
}

}  // namespace drover::kube
