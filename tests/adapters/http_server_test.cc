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

#include <cstdio>
#include <filesystem>
#include <string>

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
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return fd;
}

// Sends a request line and returns the whole answer.
std::string ask(int port, const std::string& line) {
  const int fd = connect_to(port);
  const std::string request = line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
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
