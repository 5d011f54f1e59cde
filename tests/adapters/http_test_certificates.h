// Certificate authorities and certificates made on the spot, by OpenSSL. Valid for a day.
//
// Thread safety: an authority belongs to one thread.
#pragma once

#include <memory>
#include <string>

namespace drover::test {

struct Identity {
  std::string certificate_pem;
  std::string key_pem;
};

inline constexpr const char* kLoopbackNames = "DNS:localhost,IP:127.0.0.1,IP:::1";

class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& name);
  ~CertificateAuthority();

  [[nodiscard]] const std::string& certificate_pem() const { return certificate_pem_; }
  // `alternative_names` as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1"; empty for a client's certificate.
  [[nodiscard]] Identity issue(const std::string& name, const std::string& alternative_names = "") const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string certificate_pem_;
};

}  // namespace drover::test
