// Credentials from a program that the kubeconfig names (client.authentication.k8s.io/v1 and v1beta1 ExecCredential), as
// cloud providers use them. Its answer is kept until the expirationTimestamp in it, or until the server refuses it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "kube/credentials.h"

namespace drover::kube {

struct ExecPlugin {
  std::string api_version;  // "client.authentication.k8s.io/v1" or ".../v1beta1"
  std::string command;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string install_hint;
  std::string cluster_info;  // provideClusterInfo: JSON of spec.cluster for KUBERNETES_EXEC_INFO, or empty
  std::string user;          // for messages: "user dev in /home/a/.kube/config"
  Duration timeout = seconds{30};
};

class ExecCredentials final : public Credentials {
 public:
  ExecCredentials(ExecPlugin plugin, const Clock& clock) : plugin_(std::move(plugin)), clock_(clock) {}

  // Denied: the program is missing or its answer is unusable. Retryable: it failed or took too long.
  Result<Headers> headers(std::stop_token stop) override;
  bool refused(const Headers& used) override;
  [[nodiscard]] std::optional<ClientCertificate> client_certificate() const override;
  [[nodiscard]] std::string describe() const override;

 private:
  struct Answer {
    std::string token;
    std::optional<ClientCertificate> certificate;
    std::optional<Instant> expires;
    [[nodiscard]] Headers headers() const { return token.empty() ? Headers{} : bearer(token); }
  };
  [[nodiscard]] Result<Answer> run(std::stop_token stop) const;
  [[nodiscard]] Result<Answer> parse(const std::string& output) const;
  [[nodiscard]] Error failed(ErrorClass cls, const std::string& what) const;

  ExecPlugin plugin_;
  const Clock& clock_;
  mutable Mutex mutex_;
  std::optional<Answer> answer_ DROVER_GUARDED_BY(mutex_);
};

}  // namespace drover::kube
