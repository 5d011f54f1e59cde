// One exchange on one libcurl handle, driven by the calling thread from start to end.
//
// Thread safety: a CurlHandle and a CurlCall belong to one thread at a time.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "adapters/http_common/endpoint.h"
#include "adapters/http_common/tls.h"
#include "base/result.h"
#include "ports/http_transport.h"

namespace drover {

// A transfer handle with a multi handle of its own: the multi handle keeps the connections and can be woken from elsewhere.
class CurlHandle {
 public:
  CurlHandle();
  ~CurlHandle();
  CurlHandle(const CurlHandle&) = delete;
  CurlHandle& operator=(const CurlHandle&) = delete;

  [[nodiscard]] CURL* easy() const { return easy_; }
  [[nodiscard]] CURLM* multi() const { return multi_; }

 private:
  CURL* easy_;
  CURLM* multi_;
};

class CurlCall {
 public:
  // What the deadline of the request covers.
  enum class Deadline { UntilHead, UntilEnd };

  CurlCall(CurlHandle& handle, const HttpEndpoint& endpoint, const Authority& authority, const HttpRequest& request,
           ChunkSink& sink, Deadline deadline, std::stop_token stop);
  ~CurlCall();
  CurlCall(const CurlCall&) = delete;
  CurlCall& operator=(const CurlCall&) = delete;

  // An Error when no head came; otherwise how the body ended.
  [[nodiscard]] Result<StreamEnd> run();

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  void set_options();
  void set_method_and_body();
  [[nodiscard]] Result<StreamEnd> wait_for_end();
  [[nodiscard]] Result<StreamEnd> ended(CURLcode code);
  [[nodiscard]] Result<StreamEnd> out_of_time();
  [[nodiscard]] Result<StreamEnd> cancelled();
  [[nodiscard]] Error failed(CURLcode code);
  [[nodiscard]] TimePoint limit() const;

  void take_header_line(std::string_view line);
  [[nodiscard]] bool take_body(std::span<const char> bytes);  // false ends the transfer

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static CURLcode on_tls_context(CURL* easy, void* context, void* self);

  CurlHandle& handle_;
  const HttpEndpoint& endpoint_;
  const Authority& authority_;
  const HttpRequest& request_;
  ChunkSink& sink_;
  const Deadline deadline_;
  const std::stop_token stop_;
  const TimePoint started_;

  std::shared_ptr<TlsTrace> trace_ = std::make_shared<TlsTrace>();
  std::optional<Error> tls_error_;
  curl_slist* header_lines_ = nullptr;
  HttpResponse head_;
  bool head_complete_ = false;
  bool sink_stopped_ = false;
  TimePoint last_piece_;  // when the sink was ready for more
};

}  // namespace drover
