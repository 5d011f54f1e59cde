#include "adapters/http_curl/curl_call.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"

namespace drover {
namespace {

constexpr long kBufferBytes = 256L << 10;
constexpr long kKeepAliveIdleSeconds = 30;
constexpr long kKeepAliveIntervalSeconds = 10;

// A refused option would be a promise of this file that libcurl does not keep.
template <typename T>
void set(CURL* easy, CURLoption option, T value) {
  DROVER_CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK);
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

}  // namespace

CurlHandle::CurlHandle() : easy_(curl_easy_init()), multi_(curl_multi_init()) {
  DROVER_CHECK(easy_ != nullptr && multi_ != nullptr);
  DROVER_CHECK(curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 1L) == CURLM_OK);
}

CurlHandle::~CurlHandle() {
  curl_easy_cleanup(easy_);
  curl_multi_cleanup(multi_);
}

CurlCall::CurlCall(CurlHandle& handle, const HttpEndpoint& endpoint, const Authority& authority, const HttpRequest& request,
                   ChunkSink& sink, Deadline deadline, std::stop_token stop)
    : handle_(handle),
      endpoint_(endpoint),
      authority_(authority),
      request_(request),
      sink_(sink),
      deadline_(deadline),
      stop_(std::move(stop)),
      started_(std::chrono::steady_clock::now()) {}

CurlCall::~CurlCall() {
  curl_multi_remove_handle(handle_.multi(), handle_.easy());
  curl_easy_reset(handle_.easy());  // forgets every pointer into this call; connections stay with the multi handle
  curl_slist_free_all(header_lines_);
}

Result<StreamEnd> CurlCall::run() {
  if (stop_.stop_requested()) return cancelled();
  set_options();
  const std::stop_callback wake(stop_, [this] { curl_multi_wakeup(handle_.multi()); });
  DROVER_CHECK(curl_multi_add_handle(handle_.multi(), handle_.easy()) == CURLM_OK);
  return wait_for_end();
}

void CurlCall::set_options() {
  CURL* const easy = handle_.easy();
  set(easy, CURLOPT_URL, (authority_.scheme_text() + request_.target).c_str());
  set(easy, CURLOPT_PATH_AS_IS, 1L);
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy, CURLOPT_PROXY, "");  // also keeps the proxies of the environment out
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_QUICK_EXIT, 1L);  // a call that is given up does not wait for its name look-up
  set(easy, CURLOPT_BUFFERSIZE, kBufferBytes);
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  set(easy, CURLOPT_TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
  set(easy, CURLOPT_CONNECTTIMEOUT_MS,
      std::max<long>(1, std::chrono::duration_cast<milliseconds>(endpoint_.connect_timeout).count()));

  set(easy, CURLOPT_FRESH_CONNECT, is_safe_method(request_.method) ? 0L : 1L);  // see the header: never send twice
  set_method_and_body();

  // Verification is that of configure_tls. libcurl's own stays on without any authority: were the callback not run, nothing
  // would be trusted. A resumed session would keep our old certificate alive after a rotation.
  set(easy, CURLOPT_SSL_VERIFYPEER, endpoint_.insecure_skip_tls_verify ? 0L : 1L);
  set(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  set(easy, CURLOPT_CAINFO, static_cast<const char*>(nullptr));
  set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  set(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  set(easy, CURLOPT_SSL_CTX_FUNCTION, &CurlCall::on_tls_context);
  set(easy, CURLOPT_SSL_CTX_DATA, static_cast<void*>(this));

  set(easy, CURLOPT_HEADERFUNCTION, &CurlCall::on_header);
  set(easy, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(easy, CURLOPT_WRITEFUNCTION, &CurlCall::on_body);
  set(easy, CURLOPT_WRITEDATA, static_cast<void*>(this));
}

void CurlCall::set_method_and_body() {
  CURL* const easy = handle_.easy();
  const auto add_line = [this](const std::string& line) { header_lines_ = curl_slist_append(header_lines_, line.c_str()); };
  bool has_content_type = false;
  for (const auto& [name, value] : request_.headers) {
    // "Name;" is how libcurl takes a header without value; "Name:" would drop it.
    add_line(value.empty() ? name + ";" : name + ": " + value);
    has_content_type = has_content_type || lower_case(name) == "content-type";
  }
  add_line("Expect:");
  if (!has_content_type) add_line("Content-Type:");
  if (request_.method == "HEAD") {
    set(easy, CURLOPT_NOBODY, 1L);
  } else if (!request_.body.empty() || request_.method == "POST" || request_.method == "PUT") {
    set(easy, CURLOPT_POSTFIELDS, request_.body.data());
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  } else {
    set(easy, CURLOPT_HTTPGET, 1L);
    set(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
  set(easy, CURLOPT_HTTPHEADER, header_lines_);
}

Result<StreamEnd> CurlCall::wait_for_end() {
  CURLM* const multi = handle_.multi();
  while (true) {
    int running = 0;
    DROVER_CHECK(curl_multi_perform(multi, &running) == CURLM_OK);
    if (sink_stopped_) return StreamEnd::Stopped;
    if (stop_.stop_requested()) return cancelled();
    int queued = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &queued)) {
      if (message->msg == CURLMSG_DONE) return ended(message->data.result);
    }
    const auto left = limit() - std::chrono::steady_clock::now();
    if (left <= Duration::zero()) return out_of_time();
    // Rounded up, so as not to spin through the last millisecond.
    const auto wait = std::min<Duration>(left, hours{1});
    const int wait_ms = static_cast<int>(std::chrono::ceil<milliseconds>(wait).count());
    DROVER_CHECK(curl_multi_poll(multi, nullptr, 0, wait_ms, nullptr) == CURLM_OK);
  }
}

CurlCall::TimePoint CurlCall::limit() const {
  if (deadline_ == Deadline::UntilEnd || !head_complete_) return started_ + request_.deadline;
  return last_piece_ + request_.idle_timeout;
}

Result<StreamEnd> CurlCall::ended(CURLcode code) {
  if (code == CURLE_OK && head_complete_) return StreamEnd::Eof;
  if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (head_complete_) return StreamEnd::Truncated;
  return failed(code);
}

Result<StreamEnd> CurlCall::out_of_time() {
  if (head_complete_) return StreamEnd::Idle;
  return failed(CURLE_OPERATION_TIMEDOUT);
}

Result<StreamEnd> CurlCall::cancelled() {
  if (head_complete_) return StreamEnd::Cancelled;
  return exchange_error(ErrorClass::Cancelled, request_, authority_, "cancelled");
}

Error CurlCall::failed(CURLcode code) {
  if (tls_error_) return exchange_error(ErrorClass::Retryable, request_, authority_, tls_error_->message);
  if (const auto refusal = trace_->refusal()) return exchange_error(ErrorClass::Denied, request_, authority_, *refusal);
  if (code == CURLE_URL_MALFORMAT)
    return exchange_error(ErrorClass::Invalid, request_, authority_, "the target is not a valid URL");
  long sent = 0;
  curl_easy_getinfo(handle_.easy(), CURLINFO_REQUEST_SIZE, &sent);
  const auto what = std::string(sent == 0 ? "not sent: " : "sent, but no answer came: ") + curl_easy_strerror(code);
  return exchange_error(unanswered_class(request_, sent != 0), request_, authority_, what);
}

void CurlCall::take_header_line(std::string_view line) {
  if (line.starts_with("HTTP/")) {
    head_ = {};
    const auto digits = line.substr(std::min(line.find(' '), line.size() - 1) + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), head_.status);
    return;
  }
  if (head_complete_) return;  // a trailer
  if (trimmed(line).empty()) {
    if (head_.status < 200) return;  // an interim answer
    head_complete_ = true;
    sink_stopped_ = sink_.on_response(head_) == ChunkSink::Next::Stop;
    last_piece_ = std::chrono::steady_clock::now();
    return;
  }
  const auto colon = std::min(line.find(':'), line.size() - 1);
  const std::string name = lower_case(trimmed(line.substr(0, colon)));
  const std::string_view value = trimmed(line.substr(colon + 1));
  const auto known =
      std::find_if(head_.headers.begin(), head_.headers.end(), [&](const auto& header) { return header.first == name; });
  if (known == head_.headers.end()) {
    head_.headers.emplace_back(name, value);
  } else {
    known->second.append(", ").append(value);
  }
}

bool CurlCall::take_body(std::span<const char> bytes) {
  if (sink_stopped_ || stop_.stop_requested()) return false;
  sink_stopped_ = sink_.on_bytes(bytes) == ChunkSink::Next::Stop;
  last_piece_ = std::chrono::steady_clock::now();
  return !sink_stopped_;
}

std::size_t CurlCall::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto* call = static_cast<CurlCall*>(self);
  call->take_header_line({data, size * count});
  return call->sink_stopped_ ? 0 : size * count;
}

std::size_t CurlCall::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<CurlCall*>(self)->take_body({data, size * count}) ? size * count : 0;
}

CURLcode CurlCall::on_tls_context(CURL*, void* context, void* self) {
  auto* call = static_cast<CurlCall*>(self);
  auto configured = configure_tls(static_cast<SSL_CTX*>(context), call->endpoint_, call->authority_, call->trace_);
  if (configured) return CURLE_OK;
  call->tls_error_ = configured.error();
  return CURLE_SSL_CERTPROBLEM;
}

}  // namespace drover
