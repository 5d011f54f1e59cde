#include "adapters/http_server/http_server.h"

#include <signal.h>

#include <atomic>
#include <fstream>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "adapters/http_server/listen.h"
#include "adapters/http_server/peers.h"
#include "adapters/http_server/request.h"
#include "base/bounded_queue.h"

namespace drover {
namespace {

constexpr int kWorkers = 3;
constexpr std::size_t kMostWaiting = 64;
constexpr std::string_view kGuarded = "/debug/";

// A write to a connection that the peer has closed must not end the process.
void block_sigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

HttpPage text_page(int status, const std::string& text) {
  return {status, "text/plain; charset=utf-8", text + "\n"};
}

}  // namespace

struct HttpServer::State {
  HttpPages pages;
  TlsFiles tls_files;
  std::string debug_token_file;
  Peers::IsLocal is_local = is_loopback;
  TlsContext tls{nullptr, SSL_CTX_free};
  Listener listener;
  BoundedQueue<Peers::Asked> asked{kMostWaiting};
  std::atomic<std::size_t> waiting = 0;
  std::unique_ptr<Peers> peers;
  std::vector<std::jthread> threads;

  // Never waits: a full queue is no reason to keep others.
  bool queue(Peers::Asked request) {
    if (waiting.fetch_add(1) >= kMostWaiting) {
      --waiting;
      return false;
    }
    return asked.push(std::move(request), {});
  }

  void serve_all(const std::stop_token& stopped) {
    block_sigpipe();
    while (auto request = asked.pop(hours{24 * 365}, stopped)) {
      --waiting;
      peers->answer(request->peer, render_page(answer(*request), request->head.method != "HEAD"));
    }
  }

  [[nodiscard]] HttpPage answer(const Peers::Asked& request) const {
    const HttpHead& head = request.head;
    if (head.method != "GET" && head.method != "HEAD") return text_page(405, "only GET and HEAD are answered here");
    if (head.path.starts_with(kGuarded)) {
      if (auto refused = refusal(request)) return *std::move(refused);
    }
    const auto page = pages.find(head.path);
    if (page != pages.end()) return page->second();
    std::string known = "not found; there is";
    for (const auto& [path, unused] : pages) known += "\n  " + path;
    return text_page(404, known);
  }

  // Why a page of /debug/ is not shown, if it is not: it tells what all tenants do.
  [[nodiscard]] std::optional<HttpPage> refusal(const Peers::Asked& request) const {
    if (debug_token_file.empty()) {
      if (request.is_local) return std::nullopt;
      return text_page(403,
                       "without --debug-token-file this page is for loopback addresses only, such as through kubectl port-forward");
    }
    std::ifstream file(debug_token_file);
    std::string token;
    if (!(file >> token)) return text_page(503, "--debug-token-file: no token can be read from it");
    if (is_same_secret(token, request.head.bearer_token)) return std::nullopt;
    return text_page(401, "this page wants the token of --debug-token-file: Authorization: Bearer TOKEN");
  }
};

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {
  State& shared = *state_;
  shared.peers = std::make_unique<Peers>(shared.listener.socket.get(), shared.tls.get(), shared.is_local,
                                         [&shared](Peers::Asked request) { return shared.queue(std::move(request)); });
  for (int i = 0; i < kWorkers; ++i) {
    shared.threads.emplace_back([&shared](const std::stop_token& stopped) { shared.serve_all(stopped); });
  }
  shared.threads.emplace_back([&shared] {
    block_sigpipe();
    shared.peers->run();
  });
}

HttpServer::~HttpServer() {
  state_->peers->stop();
  state_->asked.close();
  for (auto& thread : state_->threads) thread.request_stop();
  state_->threads.clear();
}

int HttpServer::port() const {
  return state_->listener.port;
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpServerOptions& options, HttpPages pages) {
  auto state = std::make_unique<State>();
  state->pages = std::move(pages);
  state->tls_files = {options.tls_cert, options.tls_key};
  state->debug_token_file = options.debug_token_file;
  if (options.is_local != nullptr) state->is_local = options.is_local;
  if (!options.debug_token_file.empty() && !std::ifstream(options.debug_token_file)) {
    return Error{ErrorClass::Invalid, "--debug-token-file: can't be read: " + options.debug_token_file};
  }
  if (!options.tls_cert.empty() || !options.tls_key.empty()) {
    auto tls = tls_context(state->tls_files);
    if (!tls) return tls.error();
    state->tls = std::move(tls).value();
  }
  auto listener = listen_on(options.listen);
  if (!listener) return listener.error();
  state->listener = std::move(listener).value();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

}  // namespace drover
