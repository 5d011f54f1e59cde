// The contract of ports/http_transport.h, held against every adapter: exchanges and streams that go well, and their bounds.
// Faults are in http_conformance_faults_test.cc, TLS in http_conformance_tls_test.cc.

#include "adapters/http_conformance.h"

namespace drover::test {
namespace {

using Connection = ScriptedServer::Connection;
using Next = ChunkSink::Next;

INSTANTIATE_TEST_SUITE_P(Adapters, HttpConformance,
                         ::testing::Values(Adapter{"cpprest", make_cpprest_transport}, Adapter{"curl", make_curl_transport}),
                         [](const auto& tested) { return std::string(tested.param.name); });

// The first request as the server saw it.
ReceivedRequest as_received(const HttpRequest& request, const Adapter& adapter) {
  std::mutex mutex;
  ReceivedRequest received;
  ScriptedServer server([&](Connection& connection) {
    const auto read = connection.read();
    {
      const std::lock_guard lock(mutex);
      received = read.value_or(ReceivedRequest{});
    }
    connection.respond(200, "");
  });
  auto transport = adapter.make({.url = server.url()});
  EXPECT_TRUE((*transport)->send(request, {}));
  const std::lock_guard lock(mutex);
  return received;
}

TEST_P(HttpConformance, SendsMethodTargetHeadersAndBodyAsTheyAre) {
  HttpRequest request =
      post("/apis/x.dev/v1/namespaces/a/things?dryRun=All&labelSelector=app%3Ddb%2Ctier%20in%20(a,b)&x=%7B%22k%22:1%7D",
           std::string("{\"a\":\"\0\xff\"}", 10));
  request.method = "PATCH";
  request.headers = {
      {"Content-Type", "application/apply-patch+yaml"}, {"X-Two-Words", "some text; q=1"}, {"User-Agent", "drover/1"}};
  const auto received = as_received(request, GetParam());
  EXPECT_EQ(received.method, "PATCH");
  EXPECT_EQ(received.target, request.target);
  EXPECT_EQ(received.body, request.body);
  EXPECT_EQ(received.headers.at("content-type"), "application/apply-patch+yaml");
  EXPECT_EQ(received.headers.at("x-two-words"), "some text; q=1");
  EXPECT_EQ(received.headers.at("user-agent"), "drover/1");
  EXPECT_EQ(received.headers.count("expect"), 0u);
}

// Impersonate-Group is one a group: a list in one header is a group with a comma in its name.
TEST_P(HttpConformance, SendsAHeaderOfEveryValueThatANameHas) {
  HttpRequest request = get("/");
  request.headers = {{"impersonate-group", "g1"}, {"x-other", "o"}, {"Impersonate-Group", "g2"}, {"impersonate-group", "g3"}};
  const auto received = as_received(request, GetParam());
  EXPECT_EQ(received.headers.at("impersonate-group"), "g1\ng2\ng3");
  EXPECT_EQ(received.headers.at("x-other"), "o");
}

TEST_P(HttpConformance, LeavesThePathAlone) {
  EXPECT_EQ(as_received(get("/a//b/../c/%2e%2E/d?e=./f"), GetParam()).target, "/a//b/../c/%2e%2E/d?e=./f");
}

TEST_P(HttpConformance, AddsNoContentTypeOfItsOwn) {
  HttpRequest request = post("/", "x");
  request.headers = {};
  EXPECT_EQ(as_received(request, GetParam()).headers.count("content-type"), 0u);
}

TEST_P(HttpConformance, SendsALargeBodyWhole) {
  const std::string body(3 << 20, 'b');
  EXPECT_EQ(as_received(post("/", body), GetParam()).body, body);
}

TEST_P(HttpConformance, SendsADeleteWithAndWithoutBody) {
  HttpRequest request = get("/x");
  request.method = "DELETE";
  EXPECT_EQ(as_received(request, GetParam()).method, "DELETE");
  request.body = R"({"preconditions":{"uid":"1"}})";
  const auto received = as_received(request, GetParam());
  EXPECT_EQ(received.method, "DELETE");
  EXPECT_EQ(received.body, request.body);
}

TEST_P(HttpConformance, SendsAnEmptyPostWithItsLength) {
  EXPECT_EQ(as_received(post("/", ""), GetParam()).headers.at("content-length"), "0");
}

TEST_P(HttpConformance, ReturnsStatusHeadersAndBody) {
  const std::string body("{\"kind\":\"Status\"}\n\0\xfe", 20);
  ScriptedServer server([&](Connection& connection) {
    static_cast<void>(connection.read());
    connection.respond(201, body,
                       "Content-Type: application/json\r\nRetry-After:  7 \r\nWarning: 299 - \"a\"\r\nwarning: 299 - \"b\"\r\n");
  });
  const auto response = connect(server)->send(get("/"), {});
  ASSERT_TRUE(response) << to_string(response.error());
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, body);
  ASSERT_NE(response->header("content-type"), nullptr);
  EXPECT_EQ(*response->header("content-type"), "application/json");
  EXPECT_EQ(*response->header("retry-after"), "7");
  EXPECT_EQ(*response->header("warning"), "299 - \"a\", 299 - \"b\"");
  EXPECT_EQ(response->header("Content-Type"), nullptr);
}

TEST_P(HttpConformance, TakesEveryStatusForAnAnswer) {
  ScriptedServer server([](Connection& connection) {
    while (const auto request = connection.read())
      connection.respond(std::stoi(request->target.substr(1)), "why", "Location: /elsewhere\r\n");
  });
  const auto transport = connect(server);
  for (const int status : {200, 301, 307, 401, 403, 404, 409, 410, 422, 429, 500, 503}) {
    const auto response = transport->send(get("/" + std::to_string(status)), {});
    ASSERT_TRUE(response) << status << ": " << to_string(response.error());
    EXPECT_EQ(response->status, status);
    EXPECT_EQ(response->body, "why");
  }
  EXPECT_EQ(server.requests("GET"), 12) << "a redirect was followed";
}

TEST_P(HttpConformance, TakesAnswersWithoutBody) {
  ScriptedServer server([](Connection& connection) {
    while (const auto request = connection.read()) {
      connection.write(request->method == "HEAD" ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
                                                 : "HTTP/1.1 204 No Content\r\n\r\n");
    }
  });
  const auto transport = connect(server);
  HttpRequest request = get("/");
  request.deadline = seconds{2};
  EXPECT_EQ(transport->send(request, {}).value_or({}).status, 204);
  request.method = "HEAD";
  EXPECT_EQ(transport->send(request, {}).value_or({}).status, 200);
}

TEST_P(HttpConformance, ReadsChunkedBodies) {
  ScriptedServer server([](Connection& connection) {
    static_cast<void>(connection.read());
    connection.begin_chunks(200);
    for (int i = 0; i < 100; ++i) connection.chunk("chunk " + std::to_string(i) + ";");
    connection.end_chunks();
  });
  const auto response = connect(server)->send(get("/"), {});
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->body.starts_with("chunk 0;chunk 1;")) << response->body;
  EXPECT_TRUE(response->body.ends_with("chunk 99;"));
}

TEST_P(HttpConformance, ReadsABodyThatEndsWithTheConnection) {
  ScriptedServer server([](Connection& connection) {
    static_cast<void>(connection.read());
    connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it");
  });
  EXPECT_EQ(connect(server)->send(get("/"), {}).value_or({}).body, "all of it");
}

TEST_P(HttpConformance, KeepsTheConnectionForTheNextSafeRequest) {
  ScriptedServer server(answer_all("x"));
  const auto transport = connect(server);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(transport->send(get("/"), {}));
  EXPECT_EQ(server.connections(), 1);
}

TEST_P(HttpConformance, IgnoresTheProxiesOfTheEnvironment) {
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  ScriptedServer server(answer_all("direct"));
  EXPECT_EQ(connect(server)->send(get("/"), {}).value_or({}).body, "direct");
  unsetenv("http_proxy");
  unsetenv("ALL_PROXY");
}

TEST_P(HttpConformance, RefusesABodyAboveTheLimit) {
  ScriptedServer server(answer_all(std::string(100'000, 'x')));
  const auto transport = connect(server);
  HttpRequest request = get("/");
  request.max_body_bytes = 99'999;
  const auto response = transport->send(request, {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().cls, ErrorClass::Invalid) << to_string(response.error());
  request.max_body_bytes = 100'000;
  EXPECT_TRUE(transport->send(request, {}));
}

TEST_P(HttpConformance, RefusesWhatCanNotBePutOnTheWire) {
  ScriptedServer server(answer_all("x"));
  const auto transport = connect(server);
  HttpRequest header = get("/");
  header.headers = {{"Authorization", "Bearer very-secret\r\nX-Smuggled: 1"}};
  HttpRequest method = get("/");
  method.method = "GET / HTTP/1.1\r\n";
  for (const HttpRequest& bad : {get("/a b"), get("/a\r\nX-Smuggled: 1"), get("a"), get(""), header, method}) {
    const auto response = transport->send(bad, {});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().cls, ErrorClass::Invalid) << to_string(response.error());
    EXPECT_EQ(to_string(response.error()).find_first_of("\r\n"), std::string::npos);
    EXPECT_EQ(to_string(response.error()).find("secret"), std::string::npos);
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST_P(HttpConformance, HandsEventsOnWhileTheStreamIsOpen) {
  Gate seen_one;
  ScriptedServer server([&](Connection& connection) {
    static_cast<void>(connection.read());
    connection.begin_chunks();
    connection.chunk("{\"type\":\"ADDED\"}\n");
    EXPECT_TRUE(seen_one.wait()) << "the first event was held back";
    connection.chunk("{\"type\":\"MODI");  // an event split over two chunks
    connection.chunk("FIED\"}\n");
    connection.end_chunks();
  });
  TestSink sink;
  sink.on_piece = [&](TestSink&) {
    seen_one.open();
    return Next::Continue;
  };
  const auto end = connect(server)->stream(get("/watch"), sink, {});
  ASSERT_TRUE(end) << to_string(end.error());
  EXPECT_EQ(*end, StreamEnd::Eof);
  EXPECT_EQ(sink.head.status, 200);
  EXPECT_EQ(*sink.head.header("content-type"), "application/json");
  EXPECT_EQ(sink.body, "{\"type\":\"ADDED\"}\n{\"type\":\"MODIFIED\"}\n");
}

TEST_P(HttpConformance, StreamsAnEventOfOneMebibyte) {
  std::string event(1 << 20, ' ');
  for (std::size_t i = 0; i < event.size(); ++i) event[i] = static_cast<char>('a' + i % 23);
  ScriptedServer server([&](Connection& connection) {
    static_cast<void>(connection.read());
    connection.begin_chunks();
    connection.chunk(event);
    connection.chunk(event);
    connection.end_chunks();
  });
  TestSink sink;
  EXPECT_EQ(connect(server)->stream(get("/"), sink, {}).value_or(StreamEnd::Idle), StreamEnd::Eof);
  EXPECT_TRUE(sink.body == event + event);
}

TEST_P(HttpConformance, GivesTheSinkTheHeadOfARefusedStream) {
  ScriptedServer server([](Connection& connection) {
    static_cast<void>(connection.read());
    connection.respond(410, "{\"reason\":\"Expired\"}");
  });
  TestSink sink;
  EXPECT_EQ(connect(server)->stream(get("/"), sink, {}).value_or(StreamEnd::Idle), StreamEnd::Eof);
  EXPECT_EQ(sink.head.status, 410);
  EXPECT_EQ(sink.body, "{\"reason\":\"Expired\"}");
}

TEST_P(HttpConformance, StopsWhenTheSinkSaysSo) {
  ScriptedServer server([](Connection& connection) {
    static_cast<void>(connection.read());
    connection.begin_chunks();
    while (connection.chunk("more")) {
    }
  });
  const auto transport = connect(server);
  TestSink at_once;
  at_once.on_head = [](TestSink&) { return Next::Stop; };
  EXPECT_EQ(transport->stream(get("/"), at_once, {}).value_or(StreamEnd::Idle), StreamEnd::Stopped);
  EXPECT_EQ(at_once.body, "");
  TestSink later;
  later.on_piece = [](TestSink&) { return Next::Stop; };
  EXPECT_EQ(transport->stream(get("/"), later, {}).value_or(StreamEnd::Idle), StreamEnd::Stopped);
  EXPECT_EQ(later.pieces, 1);
}

// A sanitizer keeps freed memory for a while. The answers are of 256 MiB.
#ifdef DROVER_SANITIZED
constexpr std::size_t kGrowthBytesMax = 64u << 20;
#else
constexpr std::size_t kGrowthBytesMax = 8u << 20;
#endif

// Held by what the server could get rid of, and by our own memory.
void expect_slow_reader_holds_the_server_back(HttpTransport& transport, const ScriptedServer& server) {
  const std::size_t memory_before = resident_bytes();
  std::size_t most_memory = 0;
  TestSink sink;
  sink.on_piece = [&](TestSink& self) {
    self.body.clear();
    std::size_t sent = 0;
    do {  // until the server has got nothing more out for a while
      sent = server.bytes_sent();
      std::this_thread::sleep_for(milliseconds{100});
    } while (server.bytes_sent() != sent);
    most_memory = std::max(most_memory, resident_bytes());
    return self.pieces < 3 ? Next::Continue : Next::Stop;
  };
  EXPECT_EQ(transport.stream(get("/"), sink, {}).value_or(StreamEnd::Idle), StreamEnd::Stopped);
  const std::size_t growth = most_memory > memory_before ? most_memory - memory_before : 0;
  EXPECT_LT(server.bytes_sent(), 32u << 20);  // what the sockets' buffers take
  EXPECT_LT(growth, kGrowthBytesMax);
}

TEST_P(HttpConformance, HoldsTheServerBackWhenTheReaderIsSlow) {
  const std::string piece(256 << 10, 'x');
  ScriptedServer chunked([&](Connection& connection) {
    static_cast<void>(connection.read());
    connection.begin_chunks();
    for (int i = 0; i < 1024 && connection.chunk(piece); ++i) {
    }
  });
  expect_slow_reader_holds_the_server_back(*connect(chunked), chunked);
  ScriptedServer sized([&](Connection& connection) {
    static_cast<void>(connection.read());
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 268435456\r\n\r\n");
    for (int i = 0; i < 1024 && connection.write(piece); ++i) {
    }
  });
  expect_slow_reader_holds_the_server_back(*connect(sized), sized);
}

TEST_P(HttpConformance, LosesNothingToASlowReader) {
  std::string sent;
  for (int i = 0; sent.size() < (4u << 20); ++i) sent += std::to_string(i) + "\n";
  ScriptedServer server([&](Connection& connection) {
    static_cast<void>(connection.read());
    connection.begin_chunks();
    for (std::size_t at = 0, size = 1; at < sent.size(); at += size, size = size * 7 % 9973 + 1)
      connection.chunk(sent.substr(at, size));
    connection.end_chunks();
  });
  TestSink sink;
  sink.on_piece = [](TestSink& self) {
    if (self.pieces % 64 == 0) std::this_thread::sleep_for(milliseconds{1});
    return Next::Continue;
  };
  EXPECT_EQ(connect(server)->stream(get("/"), sink, {}).value_or(StreamEnd::Idle), StreamEnd::Eof);
  EXPECT_TRUE(sink.body == sent);
}

TEST_P(HttpConformance, ServesManyThreadsAtOnce) {
  constexpr int kThreads = 16;
  constexpr int kRounds = 12;
  ScriptedServer server([](Connection& connection) {
    while (const auto request = connection.read()) connection.respond(200, request->method + " " + request->target);
  });
  const auto transport = connect(server);
  std::atomic<int> right = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < kRounds; ++round) {
        const std::string target = "/" + std::to_string(thread) + "/" + std::to_string(round);
        TestSink sink;
        if (transport->stream(get(target), sink, {}).value_or(StreamEnd::Idle) == StreamEnd::Eof && sink.body == "GET " + target)
          ++right;
        if (transport->send(post(target, "x"), {}).value_or({}).body == "POST " + target) ++right;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(right, 2 * kThreads * kRounds);
  EXPECT_EQ(server.requests("POST"), kThreads * kRounds);
}

TEST_P(HttpConformance, BadUrlIsRefusedAtConstruction) {
  for (const char* url :
       {"", "10.0.0.1:6443", "ftp://host", "http://", "http://host:0", "http://host:65536", "http://host:80x", "http://u:p@host",
        "http://host/path", "http://[::1", "http://[nonsense]:1", "http://ho st", "http://::1:80"}) {
    const auto transport = GetParam().make(HttpEndpoint{.url = url});
    ASSERT_FALSE(transport) << url;
    EXPECT_EQ(transport.error().cls, ErrorClass::Invalid);
  }
}

}  // namespace
}  // namespace drover::test
