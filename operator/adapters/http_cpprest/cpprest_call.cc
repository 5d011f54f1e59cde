#include "adapters/http_cpprest/cpprest_call.h"

#include <cpprest/http_client.h>
#include <pplx/threadpool.h>
#include <sys/socket.h>

#include <cerrno>
#include <mutex>

#include "adapters/http_common/tls.h"

namespace drover {
namespace {

namespace http = web::http;
namespace streams = Concurrency::streams;

// The library's timer runs while a slow sink holds the body back, so it must never be the one that ends a call.
constexpr auto kNever = hours{24 * 365};
constexpr std::size_t kReadBytes = 64u << 10;

template <typename Function>
void on_cpprest_thread(Function function) {
  boost::asio::post(crossplat::threadpool::shared_instance().service(), std::move(function));
}

// Runs the continuation of a write where it was completed: always the library's thread. Saves a turn of its queue per chunk.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"  // the library's interface has none; ours is never deleted through it
class InlineScheduler final : public pplx::scheduler_interface {  // NOLINT(cppcoreguidelines-virtual-class-destructor)
 public:
  void schedule(pplx::TaskProc_t task, void* argument) override { task(argument); }
};
#pragma GCC diagnostic pop

pplx::task_options inline_options() {
  static InlineScheduler scheduler;
  return pplx::task_options(pplx::scheduler_ptr(&scheduler));
}

// A stream buffer that can do nothing; those below add what the client asks of them, and no more.
class NoBuffer : public streams::details::streambuf_state_manager<std::uint8_t> {
 public:
  using streambuf_state_manager::streambuf_state_manager;

  bool can_seek() const override { return false; }
  bool has_size() const override { return false; }
  size_t buffer_size(std::ios_base::openmode) const override { return 0; }
  void set_buffer_size(size_t, std::ios_base::openmode) override {}
  size_t in_avail() const override { return 0; }
  pos_type getpos(std::ios_base::openmode) const override { return traits::eof(); }
  pos_type seekpos(pos_type, std::ios_base::openmode) override { return traits::eof(); }
  pos_type seekoff(off_type, std::ios_base::seekdir, std::ios_base::openmode) override { return traits::eof(); }
  bool acquire(std::uint8_t*&, size_t&) override { return false; }
  void release(std::uint8_t*, size_t) override {}

 protected:
  pplx::task<size_t> _putn(const std::uint8_t*, size_t) override { return pplx::task_from_result<size_t>(0); }
  pplx::task<int_type> _putc(std::uint8_t) override { return pplx::task_from_result<int_type>(traits::eof()); }
  pplx::task<int_type> _bumpc() override { return pplx::task_from_result<int_type>(traits::eof()); }
  int_type _sbumpc() override { return traits::eof(); }
  pplx::task<int_type> _getc() override { return pplx::task_from_result<int_type>(traits::eof()); }
  int_type _sgetc() override { return traits::eof(); }
  pplx::task<int_type> _nextc() override { return pplx::task_from_result<int_type>(traits::eof()); }
  pplx::task<int_type> _ungetc() override { return pplx::task_from_result<int_type>(traits::eof()); }
  pplx::task<size_t> _getn(std::uint8_t*, size_t) override { return pplx::task_from_result<size_t>(0); }
  size_t _scopy(std::uint8_t*, size_t) override { return 0; }
  pplx::task<bool> _sync() override { return pplx::task_from_result(true); }
  std::uint8_t* _alloc(size_t) override { return nullptr; }
  void _commit(size_t) override {}
};

// The body of a request, empty or not, that can be read once. This is what keeps the library from sending an unsafe request
// again: before it does, it rewinds the body, and gives up when that can't be done.
class RequestBody final : public NoBuffer {
 public:
  explicit RequestBody(std::string body) : NoBuffer(std::ios_base::in), body_(std::move(body)) {}

 protected:
  pplx::task<size_t> _getn(std::uint8_t* out, size_t size) override {
    const size_t count = body_.copy(reinterpret_cast<char*>(out), size, read_);
    read_ += count;
    return pplx::task_from_result(count);
  }

 private:
  const std::string body_;
  std::size_t read_ = 0;
};

// Where the library writes the body of the answer. A chunk that finds no room stays with the library until resume().
class ResponseBody final : public NoBuffer {
 public:
  explicit ResponseBody(std::shared_ptr<Exchange> exchange) : NoBuffer(std::ios_base::out), exchange_(std::move(exchange)) {}

  pplx::task<size_t> putn_nocopy(const std::uint8_t* data, size_t size) override {
    held_ = {reinterpret_cast<const char*>(data), size};
    if (discard_ || exchange_->offer(held_)) return pplx::task_from_result(size, inline_options());
    room_.emplace();
    return pplx::create_task(*room_, inline_options());
  }

  void resume() {
    if (!room_ || !(discard_ || exchange_->offer(held_))) return;
    const auto room = *std::exchange(room_, std::nullopt);
    room.set(held_.size());
  }

  // For a call that is given up: nothing holds the library back any more.
  void discard() {
    discard_ = true;
    resume();
  }

 private:
  const std::shared_ptr<Exchange> exchange_;
  std::span<const char> held_;
  std::optional<pplx::task_completion_event<size_t>> room_;  // set while a chunk is held
  bool discard_ = false;
};

// Thrown out of a request, before anything of it is written.
struct StaleConnection : std::exception {
  const char* what() const noexcept override { return "the kept connection has been closed by the server"; }
};

// A kept connection is silent. One that has something to read has been closed, or soon will be.
void check_not_stale(boost::asio::ip::tcp::socket& socket) {
  if (!socket.is_open()) return;  // a new one
  char byte = 0;
  const auto count = recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (count >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) throw StaleConnection();
}

std::string words_of(std::exception_ptr failure) {
  try {
    std::rethrow_exception(std::move(failure));
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "unknown failure";
  }
}

bool is_stale(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const StaleConnection&) {
    return true;
  } catch (...) {
    return false;
  }
}

HttpResponse head_of(const http::http_response& response) {
  HttpResponse head;
  head.status = response.status_code();
  for (const auto& [name, value] : response.headers()) {
    std::string lower_case = name;
    utility::details::inplace_tolower(lower_case);
    head.headers.emplace_back(std::move(lower_case), value);
  }
  return head;
}

}  // namespace

class CpprestClient {
 public:
  CpprestClient(const HttpEndpoint& endpoint, const Authority& authority)
      : trace_(std::make_shared<TlsTrace>()),
        host_header_(authority.ipv6 ? authority.text() : ""),
        client_(uri(authority), config(endpoint, authority, trace_)) {}

  http::client::http_client& client() { return client_; }
  TlsTrace& trace() { return *trace_; }
  const std::string& host_header() const { return host_header_; }  // empty: the library's own is right

 private:
  // An IPv6 literal goes without its brackets: the library would hand them to the resolver.
  static std::string uri(const Authority& authority) {
    return (authority.tls ? "https://" : "http://") + authority.host + ":" + std::to_string(authority.port);
  }

  static http::client::http_client_config config(const HttpEndpoint& endpoint, const Authority& authority,
                                                 const std::shared_ptr<TlsTrace>& trace) {
    http::client::http_client_config config;
    config.set_timeout(kNever);
    config.set_chunksize(kReadBytes);
    config.set_max_redirects(0);
    config.set_tlsext_sni_enabled(false);  // configure_tls does it
    config.set_validate_certificates(!endpoint.insecure_skip_tls_verify);
    config.set_nativehandle_options([tls = authority.tls](http::client::native_handle handle) {
      using Socket = boost::asio::ip::tcp::socket;
      check_not_stale(tls ? static_cast<boost::asio::ssl::stream<Socket&>*>(handle)->next_layer() : *static_cast<Socket*>(handle));
    });
    config.set_ssl_context_callback([endpoint, authority, trace](boost::asio::ssl::context& context) {
      const auto configured = configure_tls(context.native_handle(), endpoint, authority, trace);
      if (!configured) throw std::runtime_error(configured.error().message);  // comes out as the failure of the request
    });
    return config;
  }

  const std::shared_ptr<TlsTrace> trace_;
  const std::string host_header_;
  http::client::http_client client_;
};

// Shared by the calling side and the library's chain of tasks; but for `exchange`, the library's thread alone touches it.
struct CpprestCall::State : std::enable_shared_from_this<State> {
  State(std::shared_ptr<CpprestClient> used, const HttpRequest& request)
      : client(std::move(used)),
        exchange(std::make_shared<Exchange>()),
        body(std::make_shared<ResponseBody>(exchange)),
        message(request) {}

  void start() {
    client->trace() = {};
    try {
      client->client()
          .request(to_library(), cancellation.get_token())
          .then([self = shared_from_this()](const pplx::task<http::http_response>& head) { self->on_head(head); });
    } catch (...) {
      end(std::current_exception());
    }
  }

  // A chain that ends here has caught what went wrong: a failure that nobody looks at would end the process.
  void on_head(const pplx::task<http::http_response>& head) {
    try {
      const auto response = head.get();
      exchange->put_head(head_of(response));
      response.content_ready().then(
          [self = shared_from_this()](const pplx::task<http::http_response>& whole) { self->on_end(whole); });
    } catch (...) {
      end(std::current_exception());
    }
  }

  void on_end(const pplx::task<http::http_response>& whole) {
    try {
      whole.get();
      exchange->put_end({.complete = true, .stale = false, .may_have_been_sent = true, .refusal = {}, .what = {}});
    } catch (...) {
      end(std::current_exception());
    }
  }

  void end(std::exception_ptr failure) {
    exchange->put_end({.complete = false,
                       .stale = is_stale(failure),
                       .may_have_been_sent = exchange->sent(),
                       .refusal = client->trace().refusal(),
                       .what = words_of(std::move(failure))});
  }

  // The library keeps one value a name and would join several with commas, which impersonate-group is not a list for. So the value
  // of such a name holds the lines that follow it too; check_request has made sure that no other value does.
  static void put_headers(const Headers& from, http::http_headers& to) {
    for (const auto& [name, value] : from) {
      const bool is_there = to.has(name);
      to[name] = is_there ? to[name] + "\r\n" + name + ": " + value : value;
    }
  }

  http::http_request to_library() {
    http::http_request request(message.method);
    request.set_request_uri(web::uri(message.target));
    if (!message.body.empty() || !is_safe_method(message.method)) {
      const auto size = message.body.size();
      const auto source = std::make_shared<RequestBody>(std::move(message.body));
      request.set_body(streams::istream(streams::streambuf<std::uint8_t>(source)), size);
      request.headers().remove("Content-Type");  // set_body has put one in
    }
    if (!client->host_header().empty()) request.headers().add("Host", client->host_header());
    put_headers(message.headers, request.headers());
    request.set_response_stream(streams::ostream(streams::streambuf<std::uint8_t>(body)));
    // The first progress of the upload is the moment when the head of the request has been written.
    request.set_progress_handler([exchange = exchange](http::message_direction::direction direction, utility::size64_t) {
      if (direction == http::message_direction::upload) exchange->note_sent();
    });
    return request;
  }

  const std::shared_ptr<CpprestClient> client;
  const std::shared_ptr<Exchange> exchange;
  const std::shared_ptr<ResponseBody> body;
  HttpRequest message;
  pplx::cancellation_token_source cancellation;
};

CpprestCall::CpprestCall(std::shared_ptr<CpprestClient> client, const HttpRequest& request)
    : state_(std::make_shared<State>(std::move(client), request)) {
  on_cpprest_thread([state = state_] { state->start(); });
}

CpprestCall::~CpprestCall() {
  cancel();
  // What the state holds dies on the library's thread.
  on_cpprest_thread([state = std::move(state_)] {});
}

void CpprestCall::cancel() {
  // After the end both are without effect.
  on_cpprest_thread([state = state_] {
    state->cancellation.cancel();
    state->body->discard();
  });
}

Exchange& CpprestCall::exchange() {
  return *state_->exchange;
}

void CpprestCall::resume() {
  on_cpprest_thread([state = state_] { state->body->resume(); });
}

std::shared_ptr<CpprestClient> make_cpprest_client(const HttpEndpoint& endpoint, const Authority& authority) {
  return std::make_shared<CpprestClient>(endpoint, authority);
}

void start_cpprest_thread() {
  static std::once_flag once;
  std::call_once(once, [] { crossplat::threadpool::initialize_with_threads(1); });
}

void release_on_cpprest_thread(std::shared_ptr<CpprestClient> client) {
  on_cpprest_thread([client = std::move(client)] {});
}

}  // namespace drover
