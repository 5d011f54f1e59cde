// How we prove to the API server who we are, as far as that takes request headers (certificates belong to the HttpEndpoint).
//
// Thread safety: every class here may be used from any number of threads. Nothing here puts a secret into an Error.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/mutex.h"
#include "base/result.h"
#include "ports/clock.h"
#include "ports/http_transport.h"

namespace drover::kube {

struct ClientCertificate {
  std::string certificate_pem;
  std::string key_pem;
  friend bool operator==(const ClientCertificate&, const ClientCertificate&) = default;
};

class Credentials {
 public:
  virtual ~Credentials() = default;
  // The headers for the next request. May read a file or run a program.
  [[nodiscard]] virtual Result<Headers> headers(std::stop_token stop) = 0;
  // The server has answered 401 to these headers: what they came from must not be used again. True when the next headers()
  // may be better.
  [[nodiscard]] virtual bool refused(const Headers&) { return false; }
  // A certificate that came with the last headers() and can change at run time. Others are in the HttpEndpoint.
  [[nodiscard]] virtual std::optional<ClientCertificate> client_certificate() const { return std::nullopt; }
  // For messages: "the token of user dev in /home/a/.kube/config". Never the secret.
  [[nodiscard]] virtual std::string describe() const = 0;
};

// Headers that never change: a fixed token, a name and password, or none.
class FixedCredentials final : public Credentials {
 public:
  FixedCredentials(Headers headers, std::string description) : headers_(std::move(headers)), description_(std::move(description)) {}

  Result<Headers> headers(std::stop_token) override { return headers_; }
  [[nodiscard]] std::string describe() const override { return description_; }

 private:
  Headers headers_;
  std::string description_;
};

// A bearer token from a file that someone else renews (a ServiceAccount's, say). Read again every 10 s at most, and after a 401.
class TokenFile final : public Credentials {
 public:
  TokenFile(std::string path, const Clock& clock) : path_(std::move(path)), clock_(clock) {}

  // A token that was read once stays in use while the file can't be read; Denied when none ever was.
  Result<Headers> headers(std::stop_token stop) override;
  bool refused(const Headers& used) override;
  [[nodiscard]] std::string describe() const override { return "the token in " + path_; }

 private:
  std::string path_;
  const Clock& clock_;
  Mutex mutex_;
  std::string token_ DROVER_GUARDED_BY(mutex_);
  std::optional<Duration> read_at_ DROVER_GUARDED_BY(mutex_);  // monotonic
};

[[nodiscard]] Headers bearer(const std::string& token);

}  // namespace drover::kube
