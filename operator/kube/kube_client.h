// KubeApi over an HttpTransport: paths, headers, pacing, throttled answers, watches, and what answers mean.
//
// - Calls are paced by a token bucket. Those on Leases are not: they are few, and one that waits costs the leadership.
// - A call that the server throttles (429, or 503 with Retry-After) is made again after the time it asked for when it changes
//   nothing, `patience` in all; any other comes back as Retryable with retry_after.
// - After a 401 the credentials are renewed and the call is made once more; it was not carried out.
// - A change whose answer never came, or is a 5xx that does not rule out that it was stored, is UnknownOutcome.
//
// Thread safety: full.
#pragma once

#include <memory>

#include "base/mutex.h"
#include "kube/answers.h"
#include "kube/connection.h"
#include "ports/clock.h"
#include "ports/kube_api.h"
#include "schedule/token_bucket.h"
#include "schedule/wait.h"

namespace drover::kube {

struct KubeClientOptions {
  double calls_per_second = 50;
  double burst = 100;
  Duration patience = seconds{10};       // most that a throttled call waits in here
  std::size_t max_line_bytes = 8 << 20;  // of a watch event
  std::string user_agent = "drover";
  Wait wait = wait_for;  // tests put theirs
};

class KubeClient final : public KubeApi {
 public:
  // `transport` leads to `connection` (open_transport). `clock` must outlive the client.
  KubeClient(std::shared_ptr<HttpTransport> transport, Connection connection, const Clock& clock, KubeClientOptions options = {});

  Result<std::string> list(const ResourceType& type, const ListOptions& options, std::stop_token stop) override;
  Status watch(const ResourceType& type, const WatchOptions& options, const WatchLine& line, std::stop_token stop) override;
  Result<std::string> get(const ResourceType& type, const ObjectKey& key, std::stop_token stop) override;
  Result<std::string> create(const ResourceType& type, const std::string& ns, const std::string& body, const WriteOptions& options,
                             std::stop_token stop) override;
  Result<std::string> replace(const ResourceType& type, const ObjectKey& key, const std::string& body, const WriteOptions& options,
                              std::stop_token stop) override;
  Result<std::string> apply(const ResourceType& type, const ObjectKey& key, std::string_view subresource, const std::string& body,
                            const WriteOptions& options, std::stop_token stop) override;
  Status evict(const ObjectKey& pod, const std::string& uid, std::stop_token stop) override;
  Status remove(const ResourceType& type, const ObjectKey& key, const DeleteOptions& options, std::stop_token stop) override;

 private:
  // The body of a successful answer.
  Result<std::string> call(const Asked& asked, HttpRequest request, std::stop_token stop);
  Status pace(const Asked& asked, std::stop_token stop);
  // The headers that every request has; `authentication` is the credentials' part of them.
  [[nodiscard]] Headers common_headers(const Headers& authentication) const;

  const std::shared_ptr<HttpTransport> transport_;
  const Connection connection_;
  const Clock& clock_;
  const KubeClientOptions options_;
  Mutex mutex_;
  TokenBucket bucket_ DROVER_GUARDED_BY(mutex_);
};

}  // namespace drover::kube
