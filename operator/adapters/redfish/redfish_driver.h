// PowerDriver over Redfish (DMTF DSP0266): asks a node's management controller, and gives it orders.
//
// A call takes at most 50 seconds, and holds up no node but those of the same controller, to which one request is made at a time.
// Credentials are read from their Secret for each call. A controller that gave no answer is left alone for 5 seconds, then twice as
// long, up to a minute; orders are tried all the same. What controllers get wrong, and what is done about it: the headers beside
// this one, and docs/operations.md. What is kept of a controller, and of a node, is forgotten when nobody has asked about it for an
// hour.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "adapters/redfish/bmc.h"
#include "ports/http_transport.h"
#include "ports/kube_api.h"
#include "ports/power_driver.h"
#include "schedule/wait.h"

namespace drover::redfish {

// References must outlive the driver.
struct RedfishMeans {
  KubeApi& api;  // for Secrets
  const Clock& clock;
  TransportFactory transport;
  Wait wait = wait_for;  // tests put theirs
};

class Visit;

// Thread-safe.
class RedfishDriver final : public PowerDriver {
 public:
  explicit RedfishDriver(RedfishMeans means) : means_(std::move(means)) {}
  // Ends the sessions that are open, for a few seconds at most.
  ~RedfishDriver() override;
  RedfishDriver(const RedfishDriver&) = delete;
  RedfishDriver& operator=(const RedfishDriver&) = delete;

  Result<PowerAnswer> state(const NodeDriver& target, std::stop_token stop) override;
  Status switch_to(const NodeDriver& target, PowerRequest request, std::stop_token stop) override;

 private:
  friend struct KeptControllers;  // counts them, in tests
  enum class Purpose { Question, Order };
  struct Caller;  // what a call stands on
  template <typename T>
  Result<T> visit(const NodeDriver& target, Purpose purpose, const std::stop_token& stop,
                  const std::function<Result<T>(Visit&, const std::string& remark)>& act);
  // The remark: why it is by Basic authentication, when a session was asked for.
  Result<std::string> authenticate(Conversation& with, Bmc::Turn& turn, const Caller& caller);
  void end_session(Bmc::Turn& turn, const std::stop_token& stop);
  std::shared_ptr<Bmc> bmc_at(const std::string& url);

  struct Kept {
    std::shared_ptr<Bmc> bmc;
    Duration asked{};  // when last
  };

  const RedfishMeans means_;
  mutable Mutex mutex_;
  std::map<std::string, Kept> bmcs_ DROVER_GUARDED_BY(mutex_);  // by address
  Duration swept_ DROVER_GUARDED_BY(mutex_){};                  // of those that are gone, when last
};

}  // namespace drover::redfish
