#include "adapters/http_cpprest/cpprest_transport.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "adapters/http_common/collect.h"
#include "adapters/http_common/endpoint.h"
#include "adapters/http_common/tls.h"
#include "adapters/http_cpprest/cpprest_call.h"
#include "base/check.h"
#include "base/mutex.h"

namespace drover {
namespace {

constexpr std::size_t kIdleClientsMax = 8;  // each keeps at most one connection

constexpr auto kStopGrace = milliseconds{500};  // used up only when a name look-up hangs

// What the deadline of the request covers.
enum class Deadline { UntilHead, UntilEnd };

class CpprestTransport final : public HttpTransport {
 public:
  CpprestTransport(HttpEndpoint endpoint, Authority authority) : endpoint_(std::move(endpoint)), authority_(std::move(authority)) {}

  ~CpprestTransport() override {
    for (auto& client : idle_) release_on_cpprest_thread(std::move(client));
  }

  Result<HttpResponse> send(const HttpRequest& request, std::stop_token stop) override {
    CollectSink sink(request.max_body_bytes);
    const auto end = run(request, sink, Deadline::UntilEnd, std::move(stop));
    if (!end) return end.error();
    return sink.response(*end, request, authority_);
  }

  Result<StreamEnd> stream(const HttpRequest& request, ChunkSink& sink, std::stop_token stop) override {
    return run(request, sink, Deadline::UntilHead, std::move(stop));
  }

 private:
  using TimePoint = Exchange::TimePoint;

  Result<StreamEnd> run(const HttpRequest& request, ChunkSink& sink, Deadline deadline, std::stop_token stop) {
    if (auto checked = check_request(request, authority_); !checked) return checked.error();
    if (stop.stop_requested()) return exchange_error(ErrorClass::Cancelled, request, authority_, "cancelled");
    auto end = run_on(take(), request, sink, deadline, stop);
    // Nothing was written on the stale connection, and a client of its own has none that could be stale.
    if (!end) end = run_on(make_cpprest_client(endpoint_, authority_), request, sink, deadline, stop);
    DROVER_CHECK(end.has_value());
    return *std::move(end);
  }

  // Nothing when the client's kept connection was stale.
  std::optional<Result<StreamEnd>> run_on(std::shared_ptr<CpprestClient> client, const HttpRequest& request, ChunkSink& sink,
                                          Deadline deadline, const std::stop_token& stop) {
    auto end = [&] {
      CpprestCall call(client, request);
      const std::stop_callback on_stop(stop, [&call] { call.exchange().cancel(); });
      return follow(call, request, sink, deadline);
    }();
    // A body that ended in good order leaves the connection fit for the next call; after anything else it is closed.
    if (end && *end && **end == StreamEnd::Eof) {
      give_back(std::move(client));
    } else {
      release_on_cpprest_thread(std::move(client));
    }
    return end;
  }

  // Hands head and bytes on until the exchange ends, by itself or by the clock.
  std::optional<Result<StreamEnd>> follow(CpprestCall& call, const HttpRequest& request, ChunkSink& sink, Deadline deadline) {
    Exchange& exchange = call.exchange();
    const TimePoint started = std::chrono::steady_clock::now();
    TimePoint last_piece = started;
    bool has_head = false;
    std::vector<char> bytes;
    while (true) {
      const bool connecting = !exchange.sent();
      TimePoint limit =
          has_head && deadline == Deadline::UntilHead ? last_piece + request.idle_timeout : started + request.deadline;
      if (connecting) limit = std::min(limit, started + endpoint_.connect_timeout);
      switch (exchange.next(limit)) {
        case Exchange::Event::Head:
          has_head = true;
          if (sink.on_response(exchange.head()) == ChunkSink::Next::Stop) return StreamEnd::Stopped;
          break;
        case Exchange::Event::Bytes:
          if (exchange.take(bytes)) call.resume();
          if (sink.on_bytes(bytes) == ChunkSink::Next::Stop) return StreamEnd::Stopped;
          break;
        case Exchange::Event::End:
          if (exchange.ending().stale) return std::nullopt;
          if (!has_head) return Result<StreamEnd>(failed(request, exchange.ending()));
          return exchange.ending().complete ? StreamEnd::Eof : StreamEnd::Truncated;
        case Exchange::Event::TimedOut:
          if (connecting && exchange.sent()) break;  // connected in time: from here on the deadline counts
          if (!has_head) return Result<StreamEnd>(too_late(call, request));
          return StreamEnd::Idle;
        case Exchange::Event::Cancelled:
          if (!has_head) return Result<StreamEnd>(exchange_error(ErrorClass::Cancelled, request, authority_, "cancelled"));
          return StreamEnd::Cancelled;
      }
      last_piece = std::chrono::steady_clock::now();
    }
  }

  Error failed(const HttpRequest& request, const Exchange::Ending& ending) const {
    if (ending.refusal) return exchange_error(ErrorClass::Denied, request, authority_, *ending.refusal);
    const auto* phase = ending.may_have_been_sent ? "sent, but no answer came: " : "not sent: ";
    return exchange_error(unanswered_class(request, ending.may_have_been_sent), request, authority_, phase + ending.what);
  }

  // "Not sent" must be the truth even when the library was just about to write: it is asked to stop, and heard.
  Error too_late(CpprestCall& call, const HttpRequest& request) const {
    Exchange& exchange = call.exchange();
    call.cancel();
    const auto event = exchange.next(std::chrono::steady_clock::now() + kStopGrace);
    if (event == Exchange::Event::Cancelled) return exchange_error(ErrorClass::Cancelled, request, authority_, "cancelled");
    const bool sent = event != Exchange::Event::End || exchange.ending().may_have_been_sent;
    return exchange_error(unanswered_class(request, sent), request, authority_,
                          sent ? "no answer came in time" : "not sent: no connection in time");
  }

  std::shared_ptr<CpprestClient> take() {
    {
      const MutexLock lock(mutex_);
      if (!idle_.empty()) {
        auto client = std::move(idle_.back());
        idle_.pop_back();
        return client;
      }
    }
    return make_cpprest_client(endpoint_, authority_);
  }

  void give_back(std::shared_ptr<CpprestClient> client) {
    {
      const MutexLock lock(mutex_);
      if (idle_.size() < kIdleClientsMax) {
        idle_.push_back(std::move(client));
        return;
      }
    }
    release_on_cpprest_thread(std::move(client));
  }

  const HttpEndpoint endpoint_;
  const Authority authority_;
  Mutex mutex_;
  std::vector<std::shared_ptr<CpprestClient>> idle_ DROVER_GUARDED_BY(mutex_);
};

}  // namespace

Result<std::unique_ptr<HttpTransport>> make_cpprest_transport(const HttpEndpoint& endpoint) {
  auto authority = parse_endpoint(endpoint);
  if (!authority) return authority.error();
  if (auto checked = check_tls(endpoint, *authority); !checked) return checked.error();
  start_cpprest_thread();
  return std::unique_ptr<HttpTransport>(std::make_unique<CpprestTransport>(endpoint, std::move(*authority)));
}

}  // namespace drover
