// What a management controller answers: a body, read as every resource that there is, and its header and status as an answer. The
// first byte picks the status.
#include <array>

#include "adapters/redfish/address.h"
#include "adapters/redfish/answer.h"
#include "adapters/redfish/document.h"
#include "adapters/redfish/meter.h"
#include "adapters/redfish/reset_type.h"
#include "adapters/redfish/resources.h"
#include "fuzz.h"

namespace drover::redfish {
namespace {

constexpr std::array kStatuses{200, 202, 204, 301, 307, 308, 400, 401, 404, 405, 409, 429, 500, 503};
constexpr Believable kOn{.from_watts = 1, .to_watts = 1e6};

void hold_true(const std::optional<MeterReading>& reading) {
  if (reading) DROVER_CHECK(kOn.holds(reading->watts) && !reading->source.empty());
}

void read_as_each(const Json& document) {
  const ServiceRoot root = read_service_root(document);
  const Collection page = read_collection(document);
  const ComputerSystem system = read_computer_system(document);
  DROVER_CHECK(!same_machine(system.uuid, ""));
  const auto here = parse_endpoint({.url = "https://bmc.example"});
  for (const std::string& link : {root.systems, root.chassis, root.sessions, page.next, system.reset.target}) {
    const auto path = path_of(link, *here);
    DROVER_CHECK(!path || path->starts_with("/"));
  }
  for (const PowerRequest request : {PowerRequest::On, PowerRequest::GracefulOff, PowerRequest::ForceOff}) {
    for (const auto& allowed : {system.reset.allowed, read_action_info(document)}) {
      const auto type = reset_type(request, allowed);
      if (!type) continue;
      DROVER_CHECK(type->name.find("Restart") == std::string::npos && type->name.find("Cycle") == std::string::npos);
      DROVER_CHECK((request == PowerRequest::On) == (type->name == "On" || type->name == "ForceOn") || type->toggles);
    }
  }
  const Chassis chassis = read_chassis(document);
  hold_true(environment_reading(document, chassis, kOn));
  hold_true(power_reading(document, chassis, kOn));
  hold_true(supplies_reading({read_supply(document, document)}, chassis, kOn, "supplies"));
}

void read_as_answer(int status, const std::string& body) {
  const HttpResponse response{.status = status, .headers = {{"location", body}, {"retry-after", body}}, .body = body};
  for (const char* method : {"GET", "POST"}) {
    if (const auto passes = passes_after(response, method)) DROVER_CHECK(*passes > Duration::zero());
    (void)redirected_to(response, method);
    if (!is_success(response)) DROVER_CHECK(!refusal(response, method, "GET /").message.empty());
  }
}

}  // namespace
}  // namespace drover::redfish

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  using namespace drover::redfish;
  const std::string body(drover::fuzz::text(data + 1, size - 1));
  if (const auto document = parse_document(body)) read_as_each(*document);
  read_as_answer(kStatuses.at(data[0] % kStatuses.size()), body);
  return 0;
}
