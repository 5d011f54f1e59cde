// What every HttpTransport makes of servers that are slow, silent, broken or gone, and of its own caller's wish to stop.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adapters/http_conformance.h"

namespace drover::test {
namespace {

using Connection = ScriptedServer::Connection;
using Next = ChunkSink::Next;

// A port that nobody listens at.
int free_port() {
  ScriptedServer server([](Connection&) {});
  return server.port();
}

ScriptedServer::Script read_and(std::function<void(Connection&)> then) {
  return [then = std::move(then)](Connection& connection) {
    if (connection.read()) then(connection);
  };
}

TEST_P(HttpConformance, RefusedConnectionIsRetryable) {
  const auto transport = connect(HttpEndpoint{.url = "http://127.0.0.1:" + std::to_string(free_port())});
  for (const HttpRequest& request : {get("/"), post("/", "{}")}) {
    const auto response = transport->send(request, {});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().cls, ErrorClass::Retryable) << to_string(response.error());
  }
}

TEST_P(HttpConformance, UnknownHostIsRetryable) {
  const auto response = connect(HttpEndpoint{.url = "http://no-such-host.invalid:1"})->send(post("/", "{}"), {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().cls, ErrorClass::Retryable) << to_string(response.error());
}

TEST_P(HttpConformance, ConnectionThatIsNotAcceptedTimesOutUnsent) {
  // A listener whose queue is full leaves further connections hanging.
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(listener, generic, size), 0);
  ASSERT_EQ(listen(listener, 0), 0);
  ASSERT_EQ(getsockname(listener, generic, &size), 0);
  std::vector<int> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    static_cast<void>(::connect(fillers.back(), generic, size));
  }
  HttpEndpoint endpoint{.url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port))};
  endpoint.connect_timeout = milliseconds{200};
  const Stopwatch watch;
  const auto response = connect(endpoint)->send(post("/", "{}"), {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().cls, ErrorClass::Retryable) << to_string(response.error());
  EXPECT_LT(watch.elapsed(), seconds{2});
  for (const int filler : fillers) close(filler);
  close(listener);
}

TEST_P(HttpConformance, DeadlineOfSendCoversTheWholeExchange) {
  ScriptedServer silent(read_and([](Connection& connection) { connection.wait_for_close(); }));
  ScriptedServer drip(read_and([](Connection& connection) {
    connection.begin_chunks();
    while (connection.chunk("drip")) std::this_thread::sleep_for(milliseconds{20});
  }));
  for (const ScriptedServer* server : {&silent, &drip}) {
    const auto transport = connect(*server);
    for (HttpRequest request : {get("/"), post("/", "{}")}) {
      request.deadline = milliseconds{250};
      const Stopwatch watch;
      const auto response = transport->send(request, {});
      ASSERT_FALSE(response);
      EXPECT_EQ(response.error().cls, request.method == "GET" ? ErrorClass::Retryable : ErrorClass::UnknownOutcome)
          << to_string(response.error());
      EXPECT_GE(watch.elapsed(), milliseconds{250});
      EXPECT_LT(watch.elapsed(), milliseconds{750});
    }
  }
}

TEST_P(HttpConformance, DeadlineOfStreamEndsAtTheHead) {
  ScriptedServer server(read_and([](Connection& connection) {
    connection.begin_chunks();
    for (int i = 0; i < 8; ++i) {
      connection.chunk("event");
      std::this_thread::sleep_for(milliseconds{50});
    }
    connection.end_chunks();
  }));
  HttpRequest request = get("/");
  request.deadline = milliseconds{150};
  request.idle_timeout = seconds{2};
  TestSink sink;
  EXPECT_EQ(connect(server)->stream(request, sink, {}).value_or(StreamEnd::Idle), StreamEnd::Eof);
  EXPECT_EQ(sink.body.size(), 8 * 5u);

  ScriptedServer silent(read_and([](Connection& connection) { connection.wait_for_close(); }));
  const auto end = connect(silent)->stream(request, sink, {});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().cls, ErrorClass::Retryable);
}

TEST_P(HttpConformance, SilentStreamEndsIdle) {
  ScriptedServer server(read_and([](Connection& connection) {
    connection.begin_chunks();
    connection.chunk("one");
    connection.wait_for_close();
  }));
  HttpRequest request = get("/");
  request.idle_timeout = milliseconds{200};
  TestSink sink;
  const Stopwatch watch;
  EXPECT_EQ(connect(server)->stream(request, sink, {}).value_or(StreamEnd::Eof), StreamEnd::Idle);
  EXPECT_EQ(sink.body, "one");
  EXPECT_GE(watch.elapsed(), milliseconds{200});
  EXPECT_LT(watch.elapsed(), milliseconds{700});
}

TEST_P(HttpConformance, SlowSinkIsNotTakenForASilentServer) {
  ScriptedServer server(read_and([](Connection& connection) {
    connection.begin_chunks();
    connection.chunk("one");
    connection.chunk("two");
    connection.end_chunks();
  }));
  HttpRequest request = get("/");
  request.idle_timeout = milliseconds{100};
  TestSink sink;
  sink.on_piece = [](TestSink&) {
    std::this_thread::sleep_for(milliseconds{250});
    return Next::Continue;
  };
  EXPECT_EQ(connect(server)->stream(request, sink, {}).value_or(StreamEnd::Idle), StreamEnd::Eof);
  EXPECT_EQ(sink.body, "onetwo");
}

// Answers cut in mid-body: by count, by chunk, by reset.
std::vector<ScriptedServer::Script> cut_answers() {
  return {read_and([](Connection& connection) { connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"); }),
          read_and([](Connection& connection) { connection.begin_chunks(), connection.chunk("half"); }),
          read_and([](Connection& connection) {
            connection.begin_chunks();
            connection.write("64\r\nhalf");
            connection.reset();
          })};
}

TEST_P(HttpConformance, CutAnswerIsAnErrorOfSend) {
  for (const auto& script : cut_answers()) {
    ScriptedServer server(script);
    const auto transport = connect(server);
    const auto got = transport->send(get("/"), {});
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().cls, ErrorClass::Retryable) << to_string(got.error());
    const auto posted = transport->send(post("/", "{}"), {});
    ASSERT_FALSE(posted);
    EXPECT_EQ(posted.error().cls, ErrorClass::UnknownOutcome) << to_string(posted.error());
    EXPECT_EQ(server.requests("POST"), 1);
  }
}

TEST_P(HttpConformance, CutStreamEndsTruncated) {
  for (const auto& script : cut_answers()) {
    ScriptedServer server(script);
    TestSink sink;
    EXPECT_EQ(connect(server)->stream(get("/"), sink, {}).value_or(StreamEnd::Eof), StreamEnd::Truncated);
    EXPECT_EQ(sink.head.status, 200);
  }
}

TEST_P(HttpConformance, EventsBeforeTheCutAreHandedOn) {
  ScriptedServer server(read_and([](Connection& connection) {
    connection.begin_chunks();
    for (int i = 0; i < 50; ++i) connection.chunk("event\n");
  }));
  TestSink sink;
  EXPECT_EQ(connect(server)->stream(get("/"), sink, {}).value_or(StreamEnd::Eof), StreamEnd::Truncated);
  EXPECT_EQ(sink.body.size(), 50 * 6u);
}

TEST_P(HttpConformance, LostAnswerToAPostIsOfUnknownOutcomeAndSentOnce) {
  for (const bool with_reset : {false, true}) {
    ScriptedServer server(read_and([&](Connection& connection) {
      if (with_reset) connection.reset();
    }));
    const auto transport = connect(server);
    const auto response = transport->send(post("/migrations", "{}"), {});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().cls, ErrorClass::UnknownOutcome) << to_string(response.error());
    // A second sending would have come on a connection of its own: give the server the chance to see it.
    EXPECT_FALSE(server.wait_for_requests("POST", 2, milliseconds{100}));
    EXPECT_EQ(server.requests("POST"), 1);
  }
}

TEST_P(HttpConformance, UnsafeRequestIsSentOnceWhenTheKeptConnectionDies) {
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE"}) {
    // Every connection answers one request; the next one is read, "processed", and the connection closed without answer.
    ScriptedServer server([](Connection& connection) {
      static_cast<void>(connection.read());
      connection.respond(200, "first");
      static_cast<void>(connection.read());
    });
    const auto transport = connect(server);
    ASSERT_TRUE(transport->send(get("/"), {}));
    HttpRequest request = method == "DELETE" ? get("/x") : post("/x", "{}");
    request.method = method;
    static_cast<void>(transport->send(request, {}));
    EXPECT_FALSE(server.wait_for_requests(method, 2, milliseconds{100}));
    EXPECT_EQ(server.requests(method), 1) << method;
  }
}

TEST_P(HttpConformance, PostSucceedsThoughTheKeptConnectionHasDied) {
  Gate closed;
  ScriptedServer server([&](Connection& connection) {
    static_cast<void>(connection.read());
    connection.respond(200, "done");
    if (connection.index() > 0) return;
    connection.finish();
    closed.open();
  });
  const auto transport = connect(server);
  ASSERT_TRUE(transport->send(get("/"), {}));
  ASSERT_TRUE(closed.wait());
  const auto response = transport->send(post("/", "{}"), {});
  ASSERT_TRUE(response) << to_string(response.error());
  EXPECT_EQ(response->body, "done");
  EXPECT_EQ(server.requests("POST"), 1);
}

TEST_P(HttpConformance, SafeRequestRecoversFromADeadKeptConnection) {
  ScriptedServer server(read_and([](Connection& connection) { connection.respond(200, "done"); }));
  const auto transport = connect(server);
  int answered = 0;
  for (int i = 0; i < 20; ++i) answered += transport->send(get("/"), {}).has_value() ? 1 : 0;
  // A connection that dies at the moment of use may still cost an error; it must stay the exception.
  EXPECT_GE(answered, 15);
}

TEST_P(HttpConformance, GarbageIsAnErrorNotAnAnswer) {
  ScriptedServer server(read_and([](Connection& connection) { connection.write("SSH-2.0-OpenSSH_9.2\r\n\r\n"); }));
  const auto transport = connect(server);
  EXPECT_FALSE(transport->send(get("/"), {}));
  const auto posted = transport->send(post("/", "{}"), {});
  ASSERT_FALSE(posted);
  EXPECT_EQ(posted.error().cls, ErrorClass::UnknownOutcome) << to_string(posted.error());
}

// Runs `call` on a thread of its own, stops it when `started` opens; how long it took from there.
Duration time_to_cancel(Gate& started, const std::function<void(std::stop_token)>& call) {
  std::stop_source source;
  std::atomic<bool> done = false;
  std::chrono::steady_clock::time_point ended;
  std::jthread caller([&] {
    call(source.get_token());
    ended = std::chrono::steady_clock::now();
    done = true;
  });
  EXPECT_TRUE(started.wait());
  std::this_thread::sleep_for(milliseconds{20});  // into the waiting, past the last byte
  EXPECT_FALSE(done);
  const auto asked = std::chrono::steady_clock::now();
  source.request_stop();
  caller.join();
  return ended - asked;
}

TEST_P(HttpConformance, CancellationEndsASendBeforeTheHeadersAtOnce) {
  Gate received;
  ScriptedServer server(read_and([&](Connection& connection) {
    received.open();
    connection.wait_for_close();
  }));
  const auto transport = connect(server);
  EXPECT_LT(time_to_cancel(received,
                           [&](std::stop_token stop) {
                             const auto response = transport->send(post("/", "{}"), std::move(stop));
                             ASSERT_FALSE(response);
                             EXPECT_EQ(response.error().cls, ErrorClass::Cancelled) << to_string(response.error());
                           }),
            kPrompt);
}

TEST_P(HttpConformance, CancellationEndsASendInMidBodyAtOnce) {
  Gate half;
  ScriptedServer server(read_and([&](Connection& connection) {
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    half.open();
    connection.wait_for_close();
  }));
  const auto transport = connect(server);
  EXPECT_LT(time_to_cancel(half,
                           [&](std::stop_token stop) {
                             const auto response = transport->send(get("/"), std::move(stop));
                             ASSERT_FALSE(response);
                             EXPECT_EQ(response.error().cls, ErrorClass::Cancelled) << to_string(response.error());
                           }),
            kPrompt);
}

TEST_P(HttpConformance, CancellationEndsAStreamAtOnce) {
  Gate received;
  ScriptedServer silent(read_and([&](Connection& connection) {
    received.open();
    connection.wait_for_close();
  }));
  TestSink unused;
  const auto before_head = connect(silent);
  EXPECT_LT(time_to_cancel(received,
                           [&](std::stop_token stop) {
                             const auto end = before_head->stream(get("/"), unused, std::move(stop));
                             ASSERT_FALSE(end);
                             EXPECT_EQ(end.error().cls, ErrorClass::Cancelled);
                           }),
            kPrompt);

  ScriptedServer server(read_and([&](Connection& connection) {
    connection.begin_chunks();
    connection.chunk("event");
    connection.wait_for_close();
  }));
  Gate in_body;
  TestSink sink;
  sink.on_piece = [&](TestSink&) {
    in_body.open();
    return Next::Continue;
  };
  const auto transport = connect(server);
  EXPECT_LT(time_to_cancel(in_body,
                           [&](std::stop_token stop) {
                             EXPECT_EQ(transport->stream(get("/"), sink, std::move(stop)).value_or(StreamEnd::Eof),
                                       StreamEnd::Cancelled);
                           }),
            kPrompt);
}

TEST_P(HttpConformance, CancelledBeforeTheStartSendsNothing) {
  ScriptedServer server(answer_all("x"));
  std::stop_source source;
  source.request_stop();
  const auto response = connect(server)->send(post("/", "{}"), source.get_token());
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().cls, ErrorClass::Cancelled);
  EXPECT_EQ(server.requests("POST"), 0);
}

TEST_P(HttpConformance, CallsThatAreGivenUpDoNoHarmLater) {
  // The library finds out about these failures when nobody waits for them any more.
  ScriptedServer server(read_and([](Connection& connection) {
    connection.begin_chunks();
    connection.chunk("event");
    connection.wait_for_close();
  }));
  for (int i = 0; i < 20; ++i) {
    const auto transport = connect(server);
    std::stop_source source;
    TestSink sink;
    sink.on_piece = [&](TestSink&) {
      source.request_stop();
      return Next::Continue;
    };
    EXPECT_EQ(transport->stream(get("/"), sink, source.get_token()).value_or(StreamEnd::Eof), StreamEnd::Cancelled);
  }
  EXPECT_TRUE(connect(server) != nullptr);
}

TEST_P(HttpConformance, ErrorsTellNoSecrets) {
  ScriptedServer cut(read_and([](Connection&) {}));
  ScriptedServer silent(read_and([](Connection& connection) { connection.wait_for_close(); }));
  for (const std::string& url : {cut.url(), silent.url(), "http://127.0.0.1:" + std::to_string(free_port())}) {
    HttpRequest request = post("/path?token=very-secret", "very-secret");
    request.deadline = milliseconds{100};
    const auto response = connect(HttpEndpoint{.url = url})->send(request, {});
    ASSERT_FALSE(response);
    EXPECT_EQ(to_string(response.error()).find("very-secret"), std::string::npos) << to_string(response.error());
    EXPECT_NE(to_string(response.error()).find("POST /path at 127.0.0.1"), std::string::npos) << to_string(response.error());
  }
}

}  // namespace
}  // namespace drover::test
