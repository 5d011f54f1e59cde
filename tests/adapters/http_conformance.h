// What every HttpTransport is held to: the fixture, the sink and the measuring that the http_conformance_* files share.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "adapters/http_cpprest/cpprest_transport.h"
#include "adapters/http_curl/curl_transport.h"
#include "adapters/scripted_server.h"
#include "ports/http_transport.h"

namespace drover::test {

struct Adapter {
  const char* name;
  Result<std::unique_ptr<HttpTransport>> (*make)(const HttpEndpoint&);
};

inline void PrintTo(const Adapter& adapter, std::ostream* out) {
  *out << adapter.name;
}

// Collects a stream; `on_piece` may look at it, wait, or stop it.
class TestSink final : public ChunkSink {
 public:
  std::function<Next(TestSink&)> on_piece = [](TestSink&) { return Next::Continue; };
  std::function<Next(TestSink&)> on_head = [](TestSink&) { return Next::Continue; };
  HttpResponse head;
  std::string body;
  int pieces = 0;
  std::thread::id thread;

  Next on_response(const HttpResponse& response) override {
    head = response;
    thread = std::this_thread::get_id();
    return on_head(*this);
  }
  Next on_bytes(std::span<const char> bytes) override {
    EXPECT_EQ(thread, std::this_thread::get_id());
    EXPECT_NE(head.status, 0) << "body before head";
    body.append(bytes.data(), bytes.size());
    ++pieces;
    return on_piece(*this);
  }
};

// A door that one thread opens and others wait at.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  [[nodiscard]] bool wait(Duration limit = seconds{5}) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

class Stopwatch {
 public:
  [[nodiscard]] Duration elapsed() const { return std::chrono::steady_clock::now() - started_; }

 private:
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

class HttpConformance : public ::testing::TestWithParam<Adapter> {
 protected:
  static constexpr Duration kPrompt = milliseconds{100};  // the contract's bound on cancellation

  [[nodiscard]] static std::unique_ptr<HttpTransport> connect(const HttpEndpoint& endpoint) {
    auto transport = GetParam().make(endpoint);
    EXPECT_TRUE(transport.has_value()) << (transport ? "" : to_string(transport.error()));
    return transport ? std::move(*transport) : nullptr;
  }
  [[nodiscard]] static std::unique_ptr<HttpTransport> connect(const ScriptedServer& server) {
    return connect(HttpEndpoint{.url = server.url()});
  }
};

inline HttpRequest get(std::string target) {
  HttpRequest request;
  request.target = std::move(target);
  return request;
}

inline HttpRequest post(std::string target, std::string body) {
  HttpRequest request;
  request.method = "POST";
  request.target = std::move(target);
  request.headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer very-secret"}};
  request.body = std::move(body);
  return request;
}

// Answers every request of a connection with 200 and `body`.
inline ScriptedServer::Script answer_all(std::string body) {
  return [body = std::move(body)](ScriptedServer::Connection& connection) {
    while (connection.read()) connection.respond(200, body);
  };
}

inline std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

}  // namespace drover::test
