// The pages, as a scraper sees them.
#include "adapters/http_server/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "adapters/http_server/peers.h"
#include "support/temporary_folder.h"

namespace drover {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

int connect_to(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  EXPECT_EQ(inet_pton(AF_INET, "127.0.0.1", &address.sin_addr), 1);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return fd;
}

// Sends a request line and returns the whole answer.
std::string ask(int port, const std::string& line, const std::string& header = "") {
  const int fd = connect_to(port);
  const std::string request = line + " HTTP/1.1\r\nHost: localhost\r\n" + header + "Connection: close\r\n\r\n";
  EXPECT_EQ(send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t n = 0; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;) answer.append(buffer, static_cast<std::size_t>(n));
  close(fd);
  return answer;
}

std::unique_ptr<HttpServer> serve(HttpPages pages,
                                  HttpServerOptions options = {.listen = "127.0.0.1:0", .tls_cert = "", .tls_key = ""}) {
  auto server = HttpServer::start(options, std::move(pages));
  EXPECT_TRUE(server.has_value()) << (server ? "" : server.error().message);
  return std::move(server).value();
}

TEST(HttpServer, ServesItsPagesOnAPortOfTheSystemsChoice) {
  const auto server = serve({{"/healthz",
                              [] {
                                return HttpPage{200, "text/plain", "ok\n"};
                              }},
                             {"/readyz", [] {
                                return HttpPage{503, "text/plain", "not yet\n"};
                              }}});
  ASSERT_GT(server->port(), 0);
  EXPECT_THAT(ask(server->port(), "GET /healthz"), AllOf(StartsWith("HTTP/1.1 200 OK"), HasSubstr("\r\n\r\nok\n")));
  EXPECT_THAT(ask(server->port(), "GET /healthz?verbose"), StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(ask(server->port(), "GET /readyz"), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("not yet")));
}

TEST(HttpServer, AnswersHeadWithoutABody) {
  const auto server = serve({{"/healthz", [] { return HttpPage{200, "text/plain", "ok\n"}; }}});
  const auto answer = ask(server->port(), "HEAD /healthz");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Length: 3"), testing::EndsWith("\r\n\r\n")));
}

TEST(HttpServer, RefusesOtherMethodsAndSaysWhatThereIs) {
  const auto server = serve({{"/metrics", [] { return HttpPage{}; }}});
  EXPECT_THAT(ask(server->port(), "POST /metrics"), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(ask(server->port(), "GET /"), AllOf(StartsWith("HTTP/1.1 404"), HasSubstr("/metrics")));
  EXPECT_THAT(ask(server->port(), "GET /../../etc/passwd"), Not(HasSubstr("root:")));
}

// Connections that are closed with their owner.
struct Sockets {
  std::vector<int> fds;
  ~Sockets() {
    for (const int fd : fds) close(fd);
  }
};

TEST(HttpServer, AnswersProbesWhateverSlowOrSilentPeersDo) {
  const std::string much(std::size_t{2} << 20, 'x');
  const auto server = serve({{"/healthz",
                              [] {
                                return HttpPage{200, "text/plain", "ok\n"};
                              }},
                             {"/much", [&] {
                                return HttpPage{200, "text/plain", much};
                              }}});
  Sockets silent;
  for (int i = 0; i < 400; ++i) {
    const int fd = connect_to(server->port());
    silent.fds.push_back(fd);
    const std::string begun = i % 3 == 0 ? "GET /met" : i % 10 != 1 ? "" : "GET /much HTTP/1.1\r\n\r\n";  // and never reads
    if (!begun.empty()) {
      EXPECT_GT(send(fd, begun.data(), begun.size(), MSG_NOSIGNAL), 0);
    }
    if (i % 50 != 0) continue;
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_THAT(ask(server->port(), "GET /healthz"), HasSubstr("ok\n"));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5)) << "after " << i;
  }
}

TEST(HttpServer, ServesALargePageWhole) {
  const std::string much(std::size_t{8} << 20, 'x');
  const auto server = serve({{"/much", [&] { return HttpPage{200, "text/plain", much}; }}});
  EXPECT_GT(ask(server->port(), "GET /much").size(), much.size());
}

TEST(HttpServer, ShowsDebugPagesToWhoeverHasTheToken) {
  const test::TemporaryFolder folder;
  const std::string file = folder.write("token", "s3cret\n");
  const auto server = serve({{"/debug/view",
                              [] {
                                return HttpPage{200, "text/plain", "all of it\n"};
                              }},
                             {"/metrics",
                              [] {
                                return HttpPage{200, "text/plain", "m\n"};
                              }}},
                            {.listen = "127.0.0.1:0", .tls_cert = "", .tls_key = "", .debug_token_file = file});
  const int port = server->port();
  EXPECT_THAT(ask(port, "GET /debug/view"),
              AllOf(StartsWith("HTTP/1.1 401"), Not(HasSubstr("all of it")), Not(HasSubstr("s3cret"))));
  for (const char* wrong : {"Bearer s3cre", "Bearer s3crets", "Bearer ", "Basic s3cret", "s3cret"}) {
    EXPECT_THAT(ask(port, "GET /debug/view", "Authorization: " + std::string(wrong) + "\r\n"), StartsWith("HTTP/1.1 401")) << wrong;
  }
  EXPECT_THAT(ask(port, "GET /debug/other"), StartsWith("HTTP/1.1 401")) << "what there is, is nobody's business either";
  EXPECT_THAT(ask(port, "GET /debug/view", "authorization: bearer s3cret\r\n"), HasSubstr("all of it"));
  EXPECT_THAT(ask(port, "GET /metrics"), HasSubstr("m\n"));
  folder.write("token", "other");
  EXPECT_THAT(ask(port, "GET /debug/view", "Authorization: Bearer s3cret\r\n"), StartsWith("HTTP/1.1 401"));
  folder.write("token", "");
  EXPECT_THAT(ask(port, "GET /debug/view", "Authorization: Bearer \r\n"), StartsWith("HTTP/1.1 503"));
}

sockaddr_storage address_of(const char* text) {
  sockaddr_storage address{};
  auto& four = reinterpret_cast<sockaddr_in&>(address);
  auto& six = reinterpret_cast<sockaddr_in6&>(address);
  if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
    address.ss_family = AF_INET;
  } else {
    EXPECT_EQ(inet_pton(AF_INET6, text, &six.sin6_addr), 1) << text;
    address.ss_family = AF_INET6;
  }
  return address;
}

TEST(HttpServer, TellsLoopbackAddressesFromAllOthers) {
  for (const char* local : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(is_loopback(address_of(local))) << local;
  for (const char* other : {"10.0.0.1", "128.0.0.1", "0.0.0.0", "::", "fe80::1", "::ffff:10.0.0.1", "::127.0.0.1", "7f00::1"})
    EXPECT_FALSE(is_loopback(address_of(other))) << other;
  EXPECT_FALSE(is_loopback(sockaddr_storage{})) << "of no family";
}

TEST(HttpServer, WithoutATokenShowsDebugPagesToLoopbackOnly) {
  const HttpPages pages = {{"/debug/view", [] { return HttpPage{200, "text/plain", "all of it\n"}; }}};
  EXPECT_THAT(ask(serve(pages)->port(), "GET /debug/view"), HasSubstr("all of it"));
  EXPECT_THAT(ask(serve(pages, {.listen = ":0", .tls_cert = "", .tls_key = ""})->port(), "GET /debug/view"), HasSubstr("all of it"))
      << "an IPv4 peer of an IPv6 socket";
  const auto server =
      serve(pages, {.listen = "127.0.0.1:0", .tls_cert = "", .tls_key = "", .is_local = [](const sockaddr_storage& peer) {
                      return !is_loopback(peer);
                    }});
  EXPECT_THAT(ask(server->port(), "GET /debug/view"), AllOf(StartsWith("HTTP/1.1 403"), HasSubstr("--debug-token-file")))
      << "a peer from elsewhere";
}

TEST(HttpServer, NamesTheFlagAndTheFixOfABadAddress) {
  for (const char* listen : {"", "9100", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000"}) {
    const auto server = HttpServer::start({.listen = listen, .tls_cert = "", .tls_key = ""}, {});
    ASSERT_FALSE(server.has_value()) << listen;
    EXPECT_EQ(server.error().cls, ErrorClass::Invalid);
    EXPECT_THAT(server.error().message, AllOf(HasSubstr("--listen"), HasSubstr("127.0.0.1:9100")));
  }
}

TEST(HttpServer, SaysWhenThePortIsTaken) {
  const auto first = serve({});
  const auto second =
      HttpServer::start({.listen = "127.0.0.1:" + std::to_string(first->port()), .tls_cert = "", .tls_key = ""}, {});
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(first->port())));
}

// A self-signed certificate with the given serial number, as two PEM files.
void write_certificate(const std::filesystem::path& folder, long serial) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  FILE* file = std::fopen((folder / "tls.crt").c_str(), "w");
  PEM_write_X509(file, certificate.get());
  std::fclose(file);
  file = std::fopen((folder / "tls.key").c_str(), "w");
  PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
}

// The serial number of the certificate that the server shows, and the answer to GET /healthz.
std::pair<long, std::string> ask_tls(int port) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
  const int fd = connect_to(port);
  SSL_set_fd(ssl.get(), fd);
  if (SSL_connect(ssl.get()) != 1) {
    close(fd);
    return {-1, ""};
  }
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(ssl.get()), X509_free);
  const std::string request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
  std::string answer;
  char buffer[4096];
  for (int n = 0; (n = SSL_read(ssl.get(), buffer, sizeof buffer)) > 0;) answer.append(buffer, static_cast<std::size_t>(n));
  close(fd);
  return {ASN1_INTEGER_get(X509_get_serialNumber(shown.get())), answer};
}

class HttpsServer : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "drover-telemetry-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
    write_certificate(folder, 1);
    options = {.listen = "127.0.0.1:0", .tls_cert = folder / "tls.crt", .tls_key = folder / "tls.key"};
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::filesystem::path folder;
  HttpServerOptions options;
};

TEST_F(HttpsServer, ShowsARenewedCertificateWithoutARestart) {
  const auto server = serve({{"/healthz", [] { return HttpPage{200, "text/plain", "ok\n"}; }}}, options);
  EXPECT_THAT(ask_tls(server->port()), testing::Pair(1, HasSubstr("ok\n")));
  write_certificate(folder, 2);
  EXPECT_THAT(ask_tls(server->port()), testing::Pair(2, HasSubstr("ok\n")));
}

TEST_F(HttpsServer, RefusesToStartWithoutAUsableCertificate) {
  options.tls_key = folder / "absent.key";
  const auto server = HttpServer::start(options, {});
  ASSERT_FALSE(server.has_value());
  EXPECT_THAT(server.error().message, AllOf(HasSubstr("--tls-key"), HasSubstr("absent.key")));
}

}  // namespace
}  // namespace drover
