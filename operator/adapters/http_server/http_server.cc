#include "adapters/http_server/http_server.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "adapters/http_server/connection.h"
#include "adapters/http_server/listen.h"
#include "base/bounded_queue.h"

namespace drover {
namespace {

constexpr std::size_t kMaxHeadBytes = 8192;
constexpr auto kDeadline = std::chrono::seconds(10);
constexpr int kWorkers = 3;

struct RequestLine {
  std::string method;
  std::string path;  // without the query
};

// Reads up to the blank line that ends the head. Empty: no request came that can be answered.
std::optional<RequestLine> read_request(Connection& connection) {
  std::string head;
  std::array<char, 2048> buffer{};
  while (head.find("\r\n\r\n") == std::string::npos) {
    const auto count = connection.read(buffer);
    if (count == 0 || head.size() + count > kMaxHeadBytes) return std::nullopt;
    head.append(buffer.data(), count);
  }
  const std::string_view line = std::string_view(head).substr(0, head.find("\r\n"));
  const auto first = line.find(' ');
  const auto second = line.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  if (!line.substr(second + 1).starts_with("HTTP/1.")) return std::nullopt;
  const auto target = line.substr(first + 1, second - first - 1);
  return RequestLine{std::string(line.substr(0, first)), std::string(target.substr(0, target.find('?')))};
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 503: return "Service Unavailable";
    default: return "Internal Server Error";
  }
}

std::string render(const HttpPage& page, bool with_body) {
  std::string text = "HTTP/1.1 " + std::to_string(page.status) + " " + std::string(reason_phrase(page.status)) +
                     "\r\nContent-Type: " + page.content_type + "\r\nContent-Length: " + std::to_string(page.body.size()) +
                     "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n";
  if (with_body) text += page.body;
  return text;
}

// A write to a connection that the peer has closed must not end the process.
void block_sigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

struct HttpServer::State {
  HttpPages pages;
  TlsFiles tls_files;
  TlsContext tls{nullptr, SSL_CTX_free};
  Listener listener;
  StopSignal stop;
  BoundedQueue<FileDescriptor> accepted{64};
  std::vector<std::jthread> threads;

  void accept_all() {
    while (await(listener.socket.get(), POLLIN, stop, SteadyTime::max())) {
      FileDescriptor socket(accept4(listener.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (socket.get() >= 0) {
        accepted.push(std::move(socket), {});
      } else if (errno == EMFILE || errno == ENFILE) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));  // no descriptor is free: leave the peer in the backlog
      }
    }
  }

  void serve_all(const std::stop_token& stopped) {
    block_sigpipe();
    while (auto socket = accepted.pop(hours{24 * 365}, stopped)) {
      Connection connection(std::move(*socket), tls.get(), stop, std::chrono::steady_clock::now() + kDeadline);
      if (!connection.open()) continue;
      const auto request = read_request(connection);
      if (!request) continue;
      if (!connection.write(render(answer(*request), request->method != "HEAD"))) continue;
    }
  }

  HttpPage answer(const RequestLine& request) const {
    if (request.method != "GET" && request.method != "HEAD") {
      return {405, "text/plain; charset=utf-8", "only GET and HEAD are answered here\n"};
    }
    const auto page = pages.find(request.path);
    if (page != pages.end()) return page->second();
    std::string known = "not found; there is\n";
    for (const auto& [path, unused] : pages) known += "  " + path + "\n";
    return {404, "text/plain; charset=utf-8", known};
  }
};

HttpServer::HttpServer(std::unique_ptr<State> state) : state_(std::move(state)) {
  State& shared = *state_;
  for (int i = 0; i < kWorkers; ++i) {
    shared.threads.emplace_back([&shared](const std::stop_token& stopped) { shared.serve_all(stopped); });
  }
  shared.threads.emplace_back([&shared] { shared.accept_all(); });
}

HttpServer::~HttpServer() {
  state_->stop.stop();
  state_->accepted.close();
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
