// TLS as every HttpTransport must speak it: whom it trusts, how it shows itself, and what it says when either is refused.

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <filesystem>

#include "adapters/http_conformance.h"

namespace drover::test {
namespace {

using Connection = ScriptedServer::Connection;

class HttpTlsConformance : public HttpConformance {
 protected:
  CertificateAuthority authority_{"cluster authority"};
  CertificateAuthority other_authority_{"another authority"};
  CertificateAuthority client_authority_{"client authority"};

  [[nodiscard]] ServerTls server_tls(const std::string& names = kLoopbackNames) const {
    return {.identity = authority_.issue("server", names), .client_ca_pem = "", .max_version = TLS1_3_VERSION};
  }
  // Demands a client certificate.
  [[nodiscard]] ServerTls mutual_tls(int max_version = TLS1_3_VERSION) const {
    auto tls = server_tls();
    tls.client_ca_pem = client_authority_.certificate_pem();
    tls.max_version = max_version;
    return tls;
  }
  [[nodiscard]] HttpEndpoint endpoint(const ScriptedServer& server) const {
    return {.url = server.url(), .ca_pem = authority_.certificate_pem()};
  }
  [[nodiscard]] HttpEndpoint endpoint(const ScriptedServer& server, const Identity& identity) const {
    auto out = endpoint(server);
    out.client_certificate_pem = identity.certificate_pem;
    out.client_key_pem = identity.key_pem;
    return out;
  }
  static void expect_denied(const HttpEndpoint& endpoint) {
    for (const HttpRequest& request : {get("/"), post("/", "{}")}) {
      const auto response = connect(endpoint)->send(request, {});
      ASSERT_FALSE(response);
      EXPECT_EQ(response.error().cls, ErrorClass::Denied) << to_string(response.error());
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Adapters, HttpTlsConformance,
                         ::testing::Values(Adapter{"cpprest", make_cpprest_transport}, Adapter{"curl", make_curl_transport}),
                         [](const auto& tested) { return std::string(tested.param.name); });

// Of a certificate in PEM, in hexadecimal digits.
std::string sha256_of(const std::string& pem) {
  BIO* const in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* const certificate = PEM_read_bio_X509(in, nullptr, nullptr, nullptr);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  X509_free(certificate);
  BIO_free(in);
  std::string digits;
  for (unsigned int i = 0; i < size; ++i) {
    std::array<char, 3> two{};
    std::snprintf(two.data(), two.size(), "%02x", digest.at(i));
    digits += two.data();
  }
  return digits;
}

// Files in a folder of their own, gone with it.
class TemporaryFiles {
 public:
  TemporaryFiles() {
    std::string name = (std::filesystem::temp_directory_path() / "drover-http-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~TemporaryFiles() { std::filesystem::remove_all(folder_); }
  TemporaryFiles(const TemporaryFiles&) = delete;
  TemporaryFiles& operator=(const TemporaryFiles&) = delete;

  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name) << content;
    return (folder_ / name).string();
  }

 private:
  std::filesystem::path folder_;
};

ScriptedServer::Script answer_client_name() {
  return [](Connection& connection) {
    while (connection.read()) connection.respond(200, connection.client_name());
  };
}

TEST_P(HttpTlsConformance, TrustsTheGivenAuthority) {
  ScriptedServer server(answer_all("hello"), server_tls());
  const TemporaryFiles files;
  HttpEndpoint by_file{.url = server.url()};
  by_file.ca_file = files.write("ca.pem", other_authority_.certificate_pem() + authority_.certificate_pem());
  for (const HttpEndpoint& good : {endpoint(server), by_file}) {
    const auto transport = connect(good);
    for (const HttpRequest& request : {get("/"), post("/", "{}")}) {
      const auto response = transport->send(request, {});
      ASSERT_TRUE(response) << to_string(response.error());
      EXPECT_EQ(response->body, "hello");
    }
  }
}

TEST_P(HttpTlsConformance, KeepsTheConnectionForTheNextSafeRequest) {
  ScriptedServer server(answer_all("hello"), server_tls());
  const auto transport = connect(endpoint(server));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(transport->send(get("/"), {}));
  EXPECT_EQ(server.connections(), 1);
}

TEST_P(HttpTlsConformance, UnknownAuthorityIsDenied) {
  ScriptedServer server(answer_all("hello"), server_tls());
  expect_denied({.url = server.url(), .ca_pem = other_authority_.certificate_pem()});
  expect_denied({.url = server.url()});  // the system's authorities don't know it either
  EXPECT_EQ(server.requests("GET") + server.requests("POST"), 0);
}

TEST_P(HttpTlsConformance, TheSystemsAuthoritiesDontCountBesideAGivenOne) {
  const TemporaryFiles files;
  const std::string system = files.write("system.pem", authority_.certificate_pem());
  setenv("SSL_CERT_FILE", system.c_str(), 1);
  ScriptedServer server(answer_all("hello"), server_tls());
  EXPECT_TRUE(connect({.url = server.url()})->send(get("/"), {}));
  expect_denied({.url = server.url(), .ca_pem = other_authority_.certificate_pem()});
  unsetenv("SSL_CERT_FILE");
}

TEST_P(HttpTlsConformance, APinnedCertificateIsTrustedWhateverItsNameAndAuthorityAndNoOtherIs) {
  const auto tls = server_tls("DNS:elsewhere");
  ScriptedServer server(answer_all("hello"), tls);
  for (const std::string& ca : {std::string(), other_authority_.certificate_pem()}) {
    HttpEndpoint pinned{.url = server.url()};
    pinned.ca_pem = ca;
    pinned.certificate_sha256 = sha256_of(tls.identity.certificate_pem);
    const auto response = connect(pinned)->send(get("/"), {});
    ASSERT_TRUE(response) << to_string(response.error());
    EXPECT_EQ(response->body, "hello");
  }
  const auto requests = server.requests("GET");
  HttpEndpoint another = endpoint(server);
  another.certificate_sha256 = sha256_of(other_authority_.certificate_pem());
  expect_denied(another);
  const auto refused = connect(another)->send(get("/"), {});
  EXPECT_NE(refused.error().message.find(sha256_of(tls.identity.certificate_pem)), std::string::npos) << "it says which it saw";
  EXPECT_EQ(server.requests("GET"), requests);
  EXPECT_EQ(server.requests("POST"), 0);
}

TEST_P(HttpTlsConformance, WrongNameIsDenied) {
  for (const char* names : {"DNS:elsewhere", "IP:127.0.0.2", "DNS:127.0.0.1", ""}) {
    ScriptedServer server(answer_all("hello"), server_tls(names));
    expect_denied(endpoint(server));
    EXPECT_EQ(server.requests("GET") + server.requests("POST"), 0) << names;
  }
}

TEST_P(HttpTlsConformance, ChecksAndAnnouncesTheHostName) {
  ScriptedServer server(
      [](Connection& connection) {
        while (connection.read()) connection.respond(200, connection.server_name());
      },
      server_tls("DNS:localhost"));
  HttpEndpoint by_name = endpoint(server);
  by_name.url = "https://localhost:" + std::to_string(server.port());
  const auto response = connect(by_name)->send(get("/"), {});
  ASSERT_TRUE(response) << to_string(response.error());
  EXPECT_EQ(response->body, "localhost");
}

TEST_P(HttpTlsConformance, ChecksAndAnnouncesTheServerNameInstead) {
  ScriptedServer server(
      [](Connection& connection) {
        while (connection.read()) connection.respond(200, connection.server_name());
      },
      server_tls("DNS:kubernetes.default.svc"));
  HttpEndpoint named = endpoint(server);
  named.tls_server_name = "kubernetes.default.svc";
  const auto response = connect(named)->send(get("/"), {});
  ASSERT_TRUE(response) << to_string(response.error());
  EXPECT_EQ(response->body, "kubernetes.default.svc");
  named.tls_server_name = "another.default.svc";
  expect_denied(named);
}

TEST_P(HttpTlsConformance, SkipsVerificationOnlyWhenAsked) {
  ScriptedServer server(answer_all("hello"), server_tls("DNS:elsewhere"));
  HttpEndpoint careless{.url = server.url(), .insecure_skip_tls_verify = true};
  const auto response = connect(careless)->send(get("/"), {});
  ASSERT_TRUE(response) << to_string(response.error());
  careless.insecure_skip_tls_verify = false;
  expect_denied(careless);
}

TEST_P(HttpTlsConformance, ShowsItsCertificate) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ScriptedServer server(answer_client_name(), mutual_tls(version));
    const Identity identity = client_authority_.issue("drover");
    const TemporaryFiles files;
    HttpEndpoint by_file = endpoint(server);
    by_file.client_certificate_file = files.write("tls.crt", identity.certificate_pem);
    by_file.client_key_file = files.write("tls.key", identity.key_pem);
    for (const HttpEndpoint& good : {endpoint(server, identity), by_file}) {
      const auto response = connect(good)->send(post("/", "{}"), {});
      ASSERT_TRUE(response) << to_string(response.error());
      EXPECT_EQ(response->body, "drover");
    }
  }
}

TEST_P(HttpTlsConformance, SpeaksNoOlderVersionThanIsAllowed) {
  for (const auto& [spoken, least] : {std::pair{TLS1_VERSION, TlsVersion::V1_0}, std::pair{TLS1_1_VERSION, TlsVersion::V1_1},
                                      std::pair{TLS1_2_VERSION, TlsVersion::V1_2}, std::pair{TLS1_3_VERSION, TlsVersion::V1_3}}) {
    ServerTls tls = server_tls();
    tls.min_version = tls.max_version = spoken;
    ScriptedServer server(answer_all("hello"), tls);
    HttpEndpoint here = endpoint(server);
    EXPECT_EQ(here.minimum_tls, TlsVersion::V1_2);
    for (const TlsVersion allowed : {TlsVersion::V1_0, TlsVersion::V1_1, TlsVersion::V1_2, TlsVersion::V1_3}) {
      here.minimum_tls = allowed;
      if (allowed > least) {
        expect_denied(here);
        continue;
      }
      const auto response = connect(here)->send(get("/"), {});
      ASSERT_TRUE(response) << spoken << ": " << to_string(response.error());
      EXPECT_EQ(response->body, "hello");
    }
  }
}

TEST_P(HttpTlsConformance, RefusedOrMissingCertificateIsDenied) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ScriptedServer server(answer_client_name(), mutual_tls(version));
    expect_denied(endpoint(server));
    expect_denied(endpoint(server, other_authority_.issue("impostor")));
    EXPECT_EQ(server.requests("POST"), 0);
  }
}

TEST_P(HttpTlsConformance, PicksRotatedCertificatesUpWithoutARestart) {
  ScriptedServer server(
      [](Connection& connection) {
        while (connection.read()) {
          connection.respond(200, connection.client_name(), "Connection: close\r\n");
          return;
        }
      },
      mutual_tls());
  const TemporaryFiles files;
  HttpEndpoint rotating{.url = server.url()};
  const auto install = [&](const std::string& name) {
    const Identity identity = client_authority_.issue(name);
    rotating.client_certificate_file = files.write("tls.crt", identity.certificate_pem);
    rotating.client_key_file = files.write("tls.key", identity.key_pem);
  };
  install("first");
  rotating.ca_file = files.write("ca.crt", authority_.certificate_pem());
  const auto transport = connect(rotating);
  for (const HttpRequest& request : {get("/"), post("/", "{}")}) EXPECT_EQ(transport->send(request, {}).value_or({}).body, "first");
  install("second");
  for (const HttpRequest& request : {get("/"), post("/", "{}")})
    EXPECT_EQ(transport->send(request, {}).value_or({}).body, "second");

  files.write("ca.crt", other_authority_.certificate_pem());  // the server has not rotated with us
  for (const HttpRequest& request : {get("/"), post("/", "{}")}) {
    const auto response = transport->send(request, {});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().cls, ErrorClass::Denied) << to_string(response.error());
  }
  files.write("ca.crt", authority_.certificate_pem());
  files.write("tls.crt", "half a cert");  // caught in the middle of a rotation
  const auto response = transport->send(post("/", "{}"), {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().cls, ErrorClass::Retryable) << to_string(response.error());
  EXPECT_NE(response.error().message.find("tls.crt"), std::string::npos) << to_string(response.error());
}

// Of another kind than that of the test's certificates.
std::string rsa_key() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(2048), EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

TEST_P(HttpTlsConformance, UnusableCertificatesAreRefusedAtConstruction) {
  const Identity identity = client_authority_.issue("drover");
  const std::string url = "https://127.0.0.1:1";
  HttpEndpoint wrong_key{.url = url};
  wrong_key.client_certificate_pem = identity.certificate_pem;
  wrong_key.client_key_pem = client_authority_.issue("other").key_pem;
  HttpEndpoint other_kind = wrong_key;
  other_kind.client_key_pem = rsa_key();
  HttpEndpoint no_key = wrong_key;
  no_key.client_key_pem.clear();
  for (const HttpEndpoint& bad : {HttpEndpoint{.url = url, .ca_pem = "nonsense"},
                                  HttpEndpoint{.url = url, .ca_file = "/no/such/ca"}, wrong_key, other_kind, no_key}) {
    const auto transport = GetParam().make(bad);
    ASSERT_FALSE(transport);
    EXPECT_EQ(transport.error().cls, ErrorClass::Invalid) << to_string(transport.error());
    EXPECT_EQ(to_string(transport.error()).find("PRIVATE KEY"), std::string::npos);
  }
}

TEST_P(HttpTlsConformance, ConnectsToIpv6Literals) {
  const auto host_and_name = [](Connection& connection) {
    while (const auto request = connection.read()) connection.respond(200, request->headers.at("host"));
  };
  ScriptedServer plain(host_and_name, std::nullopt, /*ipv6=*/true);
  ScriptedServer secure(host_and_name, server_tls("IP:::1"), /*ipv6=*/true);
  for (const ScriptedServer* server : {&plain, &secure}) {
    const auto response = connect(endpoint(*server))->send(get("/"), {});
    ASSERT_TRUE(response) << to_string(response.error());
    EXPECT_EQ(response->body, "[::1]:" + std::to_string(server->port()));
  }
  ScriptedServer elsewhere(host_and_name, server_tls("IP:::2"), /*ipv6=*/true);
  expect_denied(endpoint(elsewhere));
}

TEST_P(HttpTlsConformance, CutStreamEndsTruncated) {
  ScriptedServer server(
      [](Connection& connection) {
        static_cast<void>(connection.read());
        connection.begin_chunks();
        connection.chunk("event");
        if (connection.index() == 1) connection.reset();
      },
      server_tls());
  const auto transport = connect(endpoint(server));
  for (int i = 0; i < 2; ++i) {
    TestSink sink;
    EXPECT_EQ(transport->stream(get("/"), sink, {}).value_or(StreamEnd::Eof), StreamEnd::Truncated);
  }
}

TEST_P(HttpTlsConformance, LostAnswerToAPostIsOfUnknownOutcomeAndSentOnce) {
  ScriptedServer server([](Connection& connection) { static_cast<void>(connection.read()); }, server_tls());
  const auto response = connect(endpoint(server))->send(post("/", "{}"), {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().cls, ErrorClass::UnknownOutcome) << to_string(response.error());
  EXPECT_FALSE(server.wait_for_requests("POST", 2, milliseconds{100}));
}

TEST_P(HttpTlsConformance, SilentHandshakeTimesOutUnsent) {
  // A plain server that never answers the client's hello.
  ScriptedServer server([](Connection& connection) { connection.wait_for_close(); });
  HttpEndpoint silent = endpoint(server);
  silent.url = "https://127.0.0.1:" + std::to_string(server.port());
  silent.connect_timeout = milliseconds{200};
  const auto response = connect(silent)->send(post("/", "{}"), {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().cls, ErrorClass::Retryable) << to_string(response.error());
}

TEST_P(HttpTlsConformance, ServesManyThreadsAtOnce) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 10;
  ScriptedServer server(
      [](Connection& connection) {
        while (const auto request = connection.read()) connection.respond(200, request->target + std::string(20'000, 'x'));
      },
      server_tls());
  const auto transport = connect(endpoint(server));
  std::atomic<int> right = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < kRounds; ++round) {
        const std::string target = "/" + std::to_string(thread) + "/" + std::to_string(round);
        if (transport->send(get(target), {}).value_or({}).body == target + std::string(20'000, 'x')) ++right;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(right, kThreads * kRounds);
}

}  // namespace
}  // namespace drover::test
