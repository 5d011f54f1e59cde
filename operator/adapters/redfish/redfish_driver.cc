#include "adapters/redfish/redfish_driver.h"

#include "adapters/redfish/address.h"
#include "adapters/redfish/credentials.h"
#include "adapters/redfish/visit.h"

namespace drover::redfish {
namespace {

constexpr Duration kCallDeadline = seconds{50};
constexpr Duration kConnectTimeout = seconds{5};
// A question is asked again soon anyway; an order is worth more: iDRAC refuses On for up to a minute after off.
constexpr Duration kQuestionPatience = seconds{8};
constexpr Duration kOrderPatience = seconds{40};

bool gave_no_answer(const Error& error) {
  // With a wrong password, too, it is left alone: accounts are locked after a few.
  return error.cls == ErrorClass::Retryable || error.cls == ErrorClass::Denied;
}

Error of_port(Error error) {
  const bool known = error.cls == ErrorClass::Retryable || error.cls == ErrorClass::Denied || error.cls == ErrorClass::Invalid ||
                     error.cls == ErrorClass::Cancelled;
  if (!known) error.cls = ErrorClass::Retryable;
  return error;
}

std::string remark_of(const ComputerSystem& system) {
  if (!system.turns_itself_on) return "";
  return "its PowerRestorePolicy is AlwaysOn: it switches itself on after a power cut; set LastState in its controller";
}

}  // namespace

std::shared_ptr<Bmc> RedfishDriver::bmc_at(const std::string& url) {
  const MutexLock lock(mutex_);
  auto& bmc = bmcs_[url];
  if (!bmc) bmc = std::make_shared<Bmc>(means_.clock);
  return bmc;
}

template <typename T>
Result<T> RedfishDriver::visit(const NodeDriver& target, Purpose purpose, const std::stop_token& stop,
                               const std::function<Result<T>(Visit&)>& act) {
  const Duration began = means_.clock.monotonic();
  const auto* settings = std::get_if<RedfishSettings>(&target.profile->settings);
  if (settings == nullptr) {
    return Error{ErrorClass::Invalid,
                 "PowerProfile " + target.profile->name + ": type is Redfish: write its settings under driver.redfish"};
  }
  const auto address = bmc_address(target);
  if (!address) return address.error();
  const auto credentials = read_credentials(means_.api, *target.profile, settings->secret, stop);
  if (!credentials) return of_port(credentials.error());
  const auto transport = means_.transport({.url = address->url, .ca_pem = settings->ca_bundle, .connect_timeout = kConnectTimeout});
  if (!transport)
    return Error{ErrorClass::Invalid, "PowerProfile " + target.profile->name + ", driver.redfish: " + transport.error().message};

  const auto bmc = bmc_at(address->url);
  const auto turn = bmc->take_turn(began + kCallDeadline - means_.clock.monotonic(), stop);
  if (stop.stop_requested()) return Error{ErrorClass::Cancelled, "node " + target.node->name + ": cancelled"};
  if (!turn)
    return Error{ErrorClass::Retryable, "node " + target.node->name + ": its management controller is busy with other nodes"};
  if (const auto rests = turn->rests(); rests && purpose == Purpose::Question) return *rests;

  const Duration patience = purpose == Purpose::Question ? kQuestionPatience : kOrderPatience;
  Conversation conversation(**transport, address->authority, means_.clock, means_.wait,
                            {.until = began + kCallDeadline, .patience = began + patience}, stop);
  conversation.authenticate({{"authorization", basic_authorization(*credentials)}});
  Visit visit(conversation, turn->known()[target.node->name], target);
  auto result = act(visit);
  if (result || !gave_no_answer(result.error())) {
    turn->answered();
  } else {
    turn->silent(result.error());
  }
  if (!result) return of_port(result.error());
  return result;
}

Result<PowerAnswer> RedfishDriver::state(const NodeDriver& target, std::stop_token stop) {
  return visit<PowerAnswer>(target, Purpose::Question, stop, [](Visit& visit) -> Result<PowerAnswer> {
    const auto system = visit.read_system();
    if (!system) return system.error();
    return PowerAnswer{.state = system->powered, .meter = std::nullopt, .remark = remark_of(*system)};
  });
}

Status RedfishDriver::switch_to(const NodeDriver& target, PowerRequest request, std::stop_token stop) {
  return visit<Unit>(target, Purpose::Order, stop, [request](Visit& visit) { return visit.order(request); });
}

}  // namespace drover::redfish
