#include "adapters/http_curl/curl_transport.h"

#include <curl/curl.h>

#include <vector>

#include "adapters/http_common/collect.h"
#include "adapters/http_common/endpoint.h"
#include "adapters/http_common/tls.h"
#include "adapters/http_curl/curl_call.h"
#include "base/mutex.h"

namespace drover {
namespace {

constexpr std::size_t kIdleHandlesMax = 8;  // each keeps at most one connection

class CurlTransport final : public HttpTransport {
 public:
  CurlTransport(HttpEndpoint endpoint, Authority authority) : endpoint_(std::move(endpoint)), authority_(std::move(authority)) {}

  Result<HttpResponse> send(const HttpRequest& request, std::stop_token stop) override {
    CollectSink sink(request.max_body_bytes);
    const auto end = run(request, sink, CurlCall::Deadline::UntilEnd, std::move(stop));
    if (!end) return end.error();
    return sink.response(*end, request, authority_);
  }

  Result<StreamEnd> stream(const HttpRequest& request, ChunkSink& sink, std::stop_token stop) override {
    return run(request, sink, CurlCall::Deadline::UntilHead, std::move(stop));
  }

 private:
  Result<StreamEnd> run(const HttpRequest& request, ChunkSink& sink, CurlCall::Deadline deadline, std::stop_token stop) {
    if (auto checked = check_request(request, authority_); !checked) return checked.error();
    auto handle = take();
    auto end = CurlCall(*handle, endpoint_, authority_, request, sink, deadline, std::move(stop)).run();
    give_back(std::move(handle));
    return end;
  }

  std::unique_ptr<CurlHandle> take() {
    const MutexLock lock(mutex_);
    if (idle_.empty()) return std::make_unique<CurlHandle>();
    auto handle = std::move(idle_.back());
    idle_.pop_back();
    return handle;
  }

  void give_back(std::unique_ptr<CurlHandle> handle) {
    const MutexLock lock(mutex_);
    if (idle_.size() < kIdleHandlesMax) idle_.push_back(std::move(handle));
  }

  const HttpEndpoint endpoint_;
  const Authority authority_;
  Mutex mutex_;
  std::vector<std::unique_ptr<CurlHandle>> idle_ DROVER_GUARDED_BY(mutex_);
};

}  // namespace

Result<std::unique_ptr<HttpTransport>> make_curl_transport(const HttpEndpoint& endpoint) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK) return Error{ErrorClass::Invalid, std::string("libcurl: ") + curl_easy_strerror(initialised)};
  auto authority = parse_endpoint(endpoint);
  if (!authority) return authority.error();
  if (auto checked = check_tls(endpoint, *authority); !checked) return checked.error();
  return std::unique_ptr<HttpTransport>(std::make_unique<CurlTransport>(endpoint, std::move(*authority)));
}

}  // namespace drover
