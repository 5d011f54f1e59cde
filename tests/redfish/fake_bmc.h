// A management controller as an HttpTransport: its resources by path, its answers to what is scripted for a request, and what it
// was asked. Time is a manual clock's, which waiting moves. One thread at a time, but for requests().
#pragma once

#include <deque>
#include <map>
#include <nlohmann/json.hpp>

#include "adapters/redfish/redfish_driver.h"
#include "base/base64.h"
#include "support/manual_clock.h"

namespace drover::redfish::test {

using Json = nlohmann::json;

inline constexpr const char* kSystem = "/redfish/v1/Systems/1";
inline constexpr const char* kReset = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";
inline constexpr const char* kUuid = "01020304-0506-0708-090a-0b0c0d0e0f10";
inline constexpr const char* kSwappedUuid = "04030201-0605-0807-090a-0b0c0d0e0f10";

inline Json link(const std::string& path) {
  return {{"@odata.id", path}};
}

struct FakeBmc {
  FakeBmc() {
    resources["/redfish/v1/"] = {{"Systems", link("/redfish/v1/Systems")}};
    resources["/redfish/v1/Systems"] = {{"Members", {link(kSystem)}}};
    resources[kSystem] = {{"Id", "1"}, {"UUID", kUuid}, {"SystemType", "Physical"}, {"PowerState", "On"}};
    reset()["target"] = kReset;
    reset()["ResetType@Redfish.AllowableValues"] = {"On", "ForceOff", "GracefulShutdown", "PushPowerButton"};
  }

  Json& system() { return resources[kSystem]; }
  Json& reset() { return system()["Actions"]["#ComputerSystem.Reset"]; }
  // The next answers to "GET /redfish/v1/..." and so on, in place of what it would say.
  void next(const std::string& request, Result<HttpResponse> answer) { script[request].push_back(std::move(answer)); }
  void next(const std::string& request, int status, const std::string& message_id = "", Headers headers = {}) {
    Json body = {{"error", {{"@Message.ExtendedInfo", {{{"MessageId", message_id}, {"Message", "as it says"}}}}}}};
    next(request, HttpResponse{status, std::move(headers), message_id.empty() ? "" : body.dump()});
  }

  Result<HttpResponse> answer(const HttpRequest& request) {
    asked.push_back(request);
    clock.advance(takes);
    if (takes >= request.deadline) return Error{ErrorClass::Retryable, "no answer"};
    const std::string line = request.method + " " + request.target;
    if (auto& scripted = script[line]; !scripted.empty()) {
      auto out = std::move(scripted.front());
      scripted.pop_front();
      return out;
    }
    if (request.method == "POST" && request.target == kReset) return take_order(Json::parse(request.body));
    if (request.method != "GET") return HttpResponse{404, {}, ""};
    const auto found = resources.find(request.target);
    return found == resources.end() ? HttpResponse{404, {}, ""} : HttpResponse{200, {}, found->second.dump()};
  }

  HttpResponse take_order(const Json& order) {
    const std::string type = order.at("ResetType");
    orders.push_back(type);
    if (heeds) system()["PowerState"] = type.find("On") != std::string::npos ? "On" : "Off";
    return {204, {}, ""};
  }

  // "GET /redfish/v1/" and so on, in order.
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> out;
    for (const HttpRequest& request : asked) out.push_back(request.method + " " + request.target);
    return out;
  }
  [[nodiscard]] std::ptrdiff_t count(const std::string& line) const {
    const auto all = lines();
    return std::count(all.begin(), all.end(), line);
  }

  std::map<std::string, Json> resources;
  std::map<std::string, std::deque<Result<HttpResponse>>> script;
  std::vector<HttpRequest> asked;
  std::vector<std::string> orders;
  bool heeds = true;
  Duration takes{};  // to every request
  drover::test::ManualClock clock;
};

class FakeTransport final : public HttpTransport {
 public:
  explicit FakeTransport(FakeBmc& bmc) : bmc_(bmc) {}
  Result<HttpResponse> send(const HttpRequest& request, std::stop_token stop) override {
    if (stop.stop_requested()) return Error{ErrorClass::Cancelled, "cancelled"};
    return bmc_.answer(request);
  }
  Result<StreamEnd> stream(const HttpRequest& /*request*/, ChunkSink& /*sink*/, std::stop_token /*stop*/) override {
    return Error{ErrorClass::Invalid, "not asked for"};
  }

 private:
  FakeBmc& bmc_;
};

class OneSecret final : public KubeApi {
 public:
  Result<std::string> get(const ResourceType& type, const ObjectKey& key, std::stop_token /*stop*/) override {
    asked.push_back(type.resource + " " + key.ns + "/" + key.name);
    return secret;
  }
  void hold(const std::string& user, const std::string& password) {
    secret = Json{{"data", {{"username", encode_base64(user)}, {"password", encode_base64(password)}}}}.dump();
  }
  Result<std::string> list(const ResourceType&, const ListOptions&, std::stop_token) override { return none(); }
  Status watch(const ResourceType&, const WatchOptions&, const WatchLine&, std::stop_token) override { return none(); }
  Result<std::string> create(const ResourceType&, const std::string&, const std::string&, const WriteOptions&,
                             std::stop_token) override {
    return none();
  }
  Result<std::string> replace(const ResourceType&, const ObjectKey&, const std::string&, const WriteOptions&,
                              std::stop_token) override {
    return none();
  }
  Result<std::string> apply(const ResourceType&, const ObjectKey&, std::string_view, const std::string&, const WriteOptions&,
                            std::stop_token) override {
    return none();
  }
  Status remove(const ResourceType&, const ObjectKey&, const DeleteOptions&, std::stop_token) override { return none(); }
  Status evict(const ObjectKey&, const std::string&, std::stop_token) override { return none(); }

  Result<std::string> secret{std::string()};
  std::vector<std::string> asked;

 private:
  static Error none() { return {ErrorClass::Invalid, "not asked for"}; }
};

// A driver, and node n1 whose controller is `bmc`.
struct Bench {
  Bench() {
    api.hold("drover", "pa55word");
    profile.name = "rack";
    profile.driver = PowerDriverKind::Redfish;
    profile.settings = RedfishSettings{.address = "https://{node}-bmc", .system_id = "", .secret = {"drover-system", "bmc"}};
    node.name = "n1";
    node.system_uuid = kUuid;
  }

  RedfishSettings& settings() { return std::get<RedfishSettings>(profile.settings); }
  [[nodiscard]] NodeDriver target() const { return {std::make_shared<PowerProfile>(profile), std::make_shared<Node>(node)}; }
  Result<PowerAnswer> state() { return driver.state(target(), stop.get_token()); }
  Status order(PowerRequest request) { return driver.switch_to(target(), request, stop.get_token()); }

  FakeBmc bmc;
  OneSecret api;
  PowerProfile profile;
  Node node;
  std::stop_source stop;
  std::vector<HttpEndpoint> endpoints;
  RedfishDriver driver{{.api = api,
                        .clock = bmc.clock,
                        .transport = [this](const HttpEndpoint& endpoint) -> Result<std::unique_ptr<HttpTransport>> {
                          endpoints.push_back(endpoint);
                          return std::unique_ptr<HttpTransport>(std::make_unique<FakeTransport>(bmc));
                        },
                        .wait =
                            [this](Duration duration, const std::stop_token& stopped) {
                              bmc.clock.advance(duration);
                              return !stopped.stop_requested();
                            }}};
};

}  // namespace drover::redfish::test
