#include "adapters/redfish/redfish_driver.h"

#include "adapters/redfish/address.h"
#include "adapters/redfish/credentials.h"
#include "adapters/redfish/visit.h"

namespace drover::redfish {
namespace {

constexpr Duration kCallDeadline = seconds{50};
constexpr Duration kFarewell = seconds{3};
constexpr Duration kConnectTimeout = seconds{5};
// Nodes are asked about every minute, or not at all: one of which nothing was asked for so long is gone, or needs nobody. Its
// controller has ended a session by then, too.
constexpr Duration kForgetAfter = hours{1};
// A question is asked again soon anyway; an order is worth more: iDRAC refuses On for up to a minute after off.
constexpr Duration kQuestionPatience = seconds{8};
constexpr Duration kOrderPatience = seconds{40};

bool gave_no_answer(const Error& error) {
  // With a wrong password, too, it is left alone: accounts are locked after a few.
  return error.cls == ErrorClass::Retryable || error.cls == ErrorClass::Denied;
}

// What controllers answer to a token that has ended.
bool ends_session(const Error& error) {
  return error.http_status == 401 || error.http_status == 403 || error.http_status == 404;
}

Error of_port(Error error) {
  const bool known = error.cls == ErrorClass::Retryable || error.cls == ErrorClass::Denied || error.cls == ErrorClass::Invalid ||
                     error.cls == ErrorClass::Cancelled;
  if (!known) error.cls = ErrorClass::Retryable;
  return error;
}

std::string joined(const std::vector<std::string>& remarks) {
  std::string out;
  for (const std::string& remark : remarks) {
    if (!remark.empty()) out += (out.empty() ? "" : "; ") + remark;
  }
  return out;
}

std::string remark_of(const ComputerSystem& system) {
  if (!system.turns_itself_on) return "";
  return "its PowerRestorePolicy is AlwaysOn: it switches itself on after a power cut; set LastState in its controller";
}

TlsVersion version_of(RedfishSettings::MinimumTls minimum) {
  switch (minimum) {
    case RedfishSettings::MinimumTls::V1_0: return TlsVersion::V1_0;
    case RedfishSettings::MinimumTls::V1_1: return TlsVersion::V1_1;
    case RedfishSettings::MinimumTls::V1_2: return TlsVersion::V1_2;
    case RedfishSettings::MinimumTls::V1_3: break;
  }
  return TlsVersion::V1_3;
}

std::string remark_of(const RedfishSettings& settings) {
  std::string remark;
  if (settings.minimum_tls < RedfishSettings::MinimumTls::V1_2)
    remark = "driver.redfish.minimumTLS is below 1.2: what goes to the controller, its password too, is badly guarded";
  if (!settings.insecure_skip_verify) return remark;
  return (remark.empty() ? "" : remark + "; ") +
         "driver.redfish.insecureSkipVerify: whoever is between Drover and the controller can read its password; write caBundle "
         "or " +
         std::string("sha256Fingerprint");
}

HttpEndpoint endpoint_of(const BmcAddress& address, const RedfishSettings& settings) {
  HttpEndpoint endpoint{.url = address.url, .ca_pem = settings.ca_bundle, .connect_timeout = kConnectTimeout};
  endpoint.insecure_skip_tls_verify = settings.insecure_skip_verify && settings.sha256_fingerprint.empty();
  endpoint.certificate_sha256 = settings.sha256_fingerprint;
  endpoint.minimum_tls = version_of(settings.minimum_tls);
  return endpoint;
}

}  // namespace

std::shared_ptr<Bmc> RedfishDriver::bmc_at(const std::string& url) {
  const Duration now = means_.clock.monotonic();
  const MutexLock lock(mutex_);
  if (now - swept_ >= kForgetAfter) {
    swept_ = now;
    std::erase_if(bmcs_, [&](const auto& entry) {
      const Kept& kept = entry.second;
      return kept.bmc.use_count() == 1 && now - kept.asked >= kForgetAfter;
    });
  }
  Kept& kept = bmcs_[url];
  if (!kept.bmc) kept.bmc = std::make_shared<Bmc>(means_.clock);
  kept.asked = now;
  return kept.bmc;
}

struct RedfishDriver::Caller {
  const RedfishSettings& settings;
  const Credentials& credentials;
  const HttpEndpoint& endpoint;
  const std::stop_token& stop;
};

RedfishDriver::~RedfishDriver() {
  const Duration until = means_.clock.monotonic() + kFarewell;
  const MutexLock lock(mutex_);
  for (const auto& [url, kept] : bmcs_) {
    const Duration left = until - means_.clock.monotonic();
    if (left <= Duration::zero()) return;
    if (const auto turn = kept.bmc->take_turn(left, {})) end_session(*turn, {});
  }
}

void RedfishDriver::end_session(Bmc::Turn& turn, const std::stop_token& stop) {
  if (!turn.session()) return;
  const Session session = *std::exchange(turn.session(), std::nullopt);
  const auto transport = means_.transport(session.endpoint);
  const auto authority = parse_endpoint(session.endpoint);
  if (!transport || !authority || session.link.empty()) return;
  const Duration now = means_.clock.monotonic();
  Conversation with(**transport, *authority, means_.clock, means_.wait, {.until = now + kFarewell, .patience = now}, stop);
  with.authenticate(authentication_of(session));
  // One that cannot be ended ends by the controller's own time-out.
  (void)with.remove(session.link);
}

Result<std::string> RedfishDriver::authenticate(Conversation& with, Bmc::Turn& turn, const Caller& caller) {
  const Headers basic{{"authorization", basic_authorization(caller.credentials)}};
  if (caller.settings.authentication == RedfishSettings::Authentication::Basic) {
    end_session(turn, caller.stop);
    with.authenticate(basic);
    return std::string();
  }
  const bool is_stale =
      turn.session() && (turn.session()->of != fingerprint(caller.credentials) || turn.session()->endpoint != caller.endpoint);
  if (is_stale) end_session(turn, caller.stop);
  if (turn.session()) {
    with.authenticate(authentication_of(*turn.session()));
    return std::string();
  }
  auto opened = open_session(with, caller.credentials, caller.endpoint);
  if (opened) {
    turn.session() = std::move(*opened);
    return std::string();
  }
  // Basic in a session's place only where there is none to be had; a refused password is refused either way.
  const Error& error = opened.error();
  if (error.http_status != 503 && error.cls != ErrorClass::NotFound) return error;
  with.authenticate(basic);
  return "no session could be opened (" + error.message + "): the password goes with every request";
}

template <typename T>
Result<T> RedfishDriver::visit(const NodeDriver& target, Purpose purpose, const std::stop_token& stop,
                               const std::function<Result<T>(Visit&, const std::string& remark)>& act) {
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
  const HttpEndpoint endpoint = endpoint_of(*address, *settings);
  const auto transport = means_.transport(endpoint);
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
  const Caller caller{*settings, *credentials, endpoint, stop};
  Visit visit(conversation, turn->known(target.node->name, kForgetAfter), target);
  const bool had_session = turn->session().has_value();
  const auto talk = [&]() -> Result<T> {
    const auto remark = authenticate(conversation, *turn, caller);
    if (!remark) return remark.error();
    return act(visit, joined({remark_of(*settings), *remark}));
  };
  Result<T> result = talk();
  if (!result && had_session && ends_session(result.error())) {
    turn->session().reset();
    result = talk();
  }
  if (result || !gave_no_answer(result.error())) {
    turn->answered();
  } else {
    turn->silent(result.error());
  }
  if (!result) return of_port(result.error());
  return result;
}

Result<PowerAnswer> RedfishDriver::state(const NodeDriver& target, std::stop_token stop) {
  return visit<PowerAnswer>(target, Purpose::Question, stop,
                            [this](Visit& visit, const std::string& remark) -> Result<PowerAnswer> {
                              const auto system = visit.read_system();
                              if (!system) return system.error();
                              return PowerAnswer{.state = system->powered,
                                                 .meter = visit.read_meter(*system, means_.clock.monotonic()),
                                                 .remark = joined({remark_of(*system), remark})};
                            });
}

Status RedfishDriver::switch_to(const NodeDriver& target, PowerRequest request, std::stop_token stop) {
  return visit<Unit>(target, Purpose::Order, stop,
                     [request](Visit& visit, const std::string& /*remark*/) { return visit.order(request); });
}

}  // namespace drover::redfish
