// An HttpTransport that answers from a script and remembers what it was asked. Thread-safe; scripts run under its lock.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ports/http_transport.h"

namespace drover::test {

class ScriptedTransport final : public HttpTransport {
 public:
  using Answer = std::function<Result<HttpResponse>(const HttpRequest&)>;

  // A streamed answer: the head, then the pieces, then the end.
  struct Stream {
    HttpResponse head{200, {}, ""};
    std::vector<std::string> pieces{};
    StreamEnd end = StreamEnd::Eof;
    std::function<void(std::size_t)> before_piece{};
  };

  void then(Answer answer) {
    locked([&] { answers_.push_back(std::move(answer)); });
  }
  void then(int status, std::string body, Headers headers = {}) {
    then([response = HttpResponse{status, std::move(headers), std::move(body)}](const HttpRequest&) { return response; });
  }
  void then(Error error) {
    then([error = std::move(error)](const HttpRequest&) { return Result<HttpResponse>(error); });
  }
  // Answers whatever the script has no answer for.
  void always(Answer answer) {
    locked([&] { fallback_ = std::move(answer); });
  }
  void then_stream(Stream stream) {
    locked([&] { streams_.push_back(std::move(stream)); });
  }

  [[nodiscard]] std::vector<HttpRequest> requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }

  Result<HttpResponse> send(const HttpRequest& request, std::stop_token stop) override {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(request);
    if (stop.stop_requested()) return Error{ErrorClass::Cancelled, "cancelled"};
    if (!answers_.empty()) {
      const Answer answer = std::move(answers_.front());
      answers_.pop_front();
      return answer(request);
    }
    if (fallback_) return fallback_(request);
    return Error{ErrorClass::Retryable, "the script has no answer to " + request.method + " " + request.target};
  }

  // What is scripted for streams, or else for send(), a few bytes at a time.
  Result<StreamEnd> stream(const HttpRequest& request, ChunkSink& sink, std::stop_token stop) override {
    Stream script;
    {
      const std::scoped_lock lock(mutex_);
      requests_.push_back(request);
      if (streams_.empty() && !answers_.empty()) {
        const Answer answer = std::move(answers_.front());
        answers_.pop_front();
        Result<HttpResponse> response = answer(request);
        if (!response) return response.error();
        constexpr std::size_t kPiece = 7;
        Stream made;
        for (std::size_t at = 0; at < response->body.size(); at += kPiece) made.pieces.push_back(response->body.substr(at, kPiece));
        response->body.clear();
        made.head = std::move(response).value();
        streams_.push_back(std::move(made));
      }
      if (streams_.empty()) return Error{ErrorClass::Retryable, "the script has no stream for " + request.target};
      script = std::move(streams_.front());
      streams_.pop_front();
    }
    if (sink.on_response(script.head) == ChunkSink::Next::Stop) return StreamEnd::Stopped;
    for (std::size_t i = 0; i < script.pieces.size(); ++i) {
      if (stop.stop_requested()) return StreamEnd::Cancelled;
      if (script.before_piece) script.before_piece(i);
      if (sink.on_bytes(script.pieces[i]) == ChunkSink::Next::Stop) return StreamEnd::Stopped;
    }
    return script.end;
  }

 private:
  template <typename Action>
  void locked(Action action) {
    const std::scoped_lock lock(mutex_);
    action();
  }

  mutable std::mutex mutex_;
  std::deque<Answer> answers_;
  Answer fallback_;
  std::deque<Stream> streams_;
  std::vector<HttpRequest> requests_;
};

}  // namespace drover::test
