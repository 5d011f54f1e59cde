#include "kube/kube_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/manual_clock.h"
#include "support/scripted_transport.h"

namespace drover::kube {
namespace {

using nlohmann::json;
using test::ManualClock;
using test::ScriptedTransport;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

// Credentials with a token that is renewed when refused.
class Renewable final : public Credentials {
 public:
  Result<Headers> headers(std::stop_token) override { return bearer("token-" + std::to_string(generation_)); }
  bool refused(const Headers&) override { return ++generation_, true; }
  [[nodiscard]] std::string describe() const override { return "the renewable token"; }

 private:
  int generation_ = 1;
};

struct KubeClientTest : testing::Test {
  ManualClock clock;
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  std::vector<Duration> waits;
  KubeClientOptions options{.wait = [this](Duration d, std::stop_token stop) {
    waits.push_back(d);
    clock.advance(d);
    return !stop.stop_requested();
  }};
  Connection connection = [] {
    Connection c;
    c.credentials = std::make_shared<Renewable>();
    return c;
  }();
  std::optional<KubeClient> made;

  KubeClient& client() {
    if (!made) made.emplace(transport, connection, clock, options);
    return *made;
  }
  HttpRequest last() { return transport->requests().back(); }
};

TEST_F(KubeClientTest, ListsPageByPage) {
  transport->then(200, "page");
  EXPECT_EQ(
      client().list(resource::kVmis, {.ns = "vms", .label_selector = "a=b", .limit = 100, .resource_version = "0"}, {}).value(),
      "page");
  EXPECT_EQ(last().method, "GET");
  EXPECT_EQ(last().target,
            "/apis/kubevirt.io/v1/namespaces/vms/virtualmachineinstances?labelSelector=a%3Db&limit=100&resourceVersion=0");
  EXPECT_THAT(last().headers, Contains(Pair("accept", "application/json")));
  EXPECT_THAT(last().headers, Contains(Pair("authorization", "Bearer token-1")));
}

TEST_F(KubeClientTest, AContinueTokenGoesWithoutAResourceVersion) {
  transport->then(410, "");
  const auto gone = client().list(resource::kNodes, {.continue_token = "t=/1", .resource_version = "7"}, {});
  EXPECT_EQ(gone.error().cls, ErrorClass::Gone);
  EXPECT_EQ(last().target, "/api/v1/nodes?limit=500&continue=t%3D%2F1");
}

TEST_F(KubeClientTest, CreatesWithAFieldManagerAndInDryRun) {
  transport->then(201, "created");
  const std::string body = R"({"metadata":{"name":"m1"}})";
  EXPECT_EQ(client().create(resource::kMigrations, "vms", body, {.dry_run = true}, {}).value(), "created");
  EXPECT_EQ(last().method, "POST");
  EXPECT_EQ(last().target, "/apis/kubevirt.io/v1/namespaces/vms/virtualmachineinstancemigrations?fieldManager=drover&dryRun=All");
  EXPECT_EQ(last().body, body);
  EXPECT_THAT(last().headers, Contains(Pair("content-type", "application/json")));
}

TEST_F(KubeClientTest, AppliesASubresourceByForce) {
  transport->then(200, "{}");
  EXPECT_TRUE(client().apply(resource::kPolicies, {"vms", "p"}, "status", "{}", {}, {}));
  EXPECT_EQ(last().method, "PATCH");
  EXPECT_EQ(last().target,
            "/apis/policy.drover.dev/v1alpha1/namespaces/vms/migrationpolicies/p/status?fieldManager=drover&force=true");
  EXPECT_THAT(last().headers, Contains(Pair("content-type", "application/apply-patch+yaml")));
}

TEST_F(KubeClientTest, DeletesUnderPreconditions) {
  transport->then(200, "{}");
  EXPECT_TRUE(client().remove(resource::kMigrations, {"vms", "m"}, {.uid = "u", .resource_version = "3"}, {}));
  EXPECT_EQ(last().method, "DELETE");
  EXPECT_EQ(json::parse(last().body)["preconditions"], (json{{"uid", "u"}, {"resourceVersion", "3"}}));
  transport->then(200, "{}");
  EXPECT_TRUE(client().remove(resource::kMigrations, {"vms", "m"}, {}, {}));
  EXPECT_EQ(last().body, "");
  EXPECT_THAT(last().headers, Not(Contains(Pair("content-type", testing::_))));
}

TEST_F(KubeClientTest, KeepsThePathOfTheServersAddressAndImpersonates) {
  connection.path_prefix = "/k8s/clusters/c-1";
  connection.headers = {{"impersonate-user", "eve"}};
  transport->then(200, "{}");
  EXPECT_TRUE(client().get(resource::kNodes, {"", "n"}, {}));
  EXPECT_EQ(last().target, "/k8s/clusters/c-1/api/v1/nodes/n");
  EXPECT_THAT(last().headers, Contains(Pair("impersonate-user", "eve")));
}

TEST_F(KubeClientTest, RenewsItsCredentialsOnceAfterA401) {
  transport->then(401, "");
  transport->then(200, "{}");
  EXPECT_TRUE(client().create(resource::kMigrations, "vms", "{}", {}, {}));
  EXPECT_THAT(last().headers, Contains(Pair("authorization", "Bearer token-2")));
  transport->then(401, "");
  transport->then(401, "");
  const auto refused = client().get(resource::kNodes, {"", "n"}, {});
  EXPECT_EQ(refused.error().cls, ErrorClass::Denied);
  EXPECT_THAT(refused.error().message, HasSubstr("the renewable token"));
  EXPECT_THAT(refused.error().message, Not(HasSubstr("token-")));
  EXPECT_EQ(transport->requests().size(), 4u);
}

TEST_F(KubeClientTest, WaitsAsLongAsAThrottlingServerAsksWhenTheCallChangesNothing) {
  transport->then(429, "", {{"retry-after", "2"}});
  transport->then(503, "", {{"retry-after", "3"}});
  transport->then(200, "{}");
  EXPECT_TRUE(client().get(resource::kNodes, {"", "n"}, {}));
  EXPECT_THAT(waits, ElementsAre(seconds{2}, seconds{3}));
}

TEST_F(KubeClientTest, PatienceWithAThrottlingServerEnds) {
  transport->always([](const HttpRequest&) { return HttpResponse{429, {{"retry-after", "4"}}, ""}; });
  const auto result = client().get(resource::kNodes, {"", "n"}, {});
  EXPECT_EQ(result.error().cls, ErrorClass::Retryable);
  EXPECT_EQ(result.error().retry_after, seconds{4});
  EXPECT_THAT(waits, ElementsAre(seconds{4}, seconds{4}));
}

TEST_F(KubeClientTest, AThrottledChangeIsGivenBackToItsCaller) {
  transport->then(429, "", {{"retry-after", "1"}});
  const auto result = client().create(resource::kMigrations, "vms", "{}", {}, {});
  EXPECT_EQ(result.error().cls, ErrorClass::Retryable);
  EXPECT_EQ(result.error().retry_after, seconds{1});
  EXPECT_THAT(waits, ElementsAre());
}

TEST_F(KubeClientTest, ALostAnswerToAChangeIsUnknownButToADryRunItIsNot) {
  transport->then(Error{ErrorClass::UnknownOutcome, "connection reset"});
  const auto lost = client().create(resource::kMigrations, "vms", R"({"metadata":{"name":"m1"}})", {}, {});
  EXPECT_EQ(lost.error().cls, ErrorClass::UnknownOutcome);
  EXPECT_EQ(lost.error().message, "create virtualmachineinstancemigrations.kubevirt.io vms/m1: connection reset");
  EXPECT_EQ(transport->requests().size(), 1u);
  transport->then(Error{ErrorClass::UnknownOutcome, "connection reset"});
  EXPECT_EQ(client().create(resource::kMigrations, "vms", "{}", {.dry_run = true}, {}).error().cls, ErrorClass::Retryable);
}

TEST_F(KubeClientTest, PacesCallsButNeverThoseOnLeases) {
  options.calls_per_second = 10;
  options.burst = 2;
  transport->always([](const HttpRequest&) { return HttpResponse{200, {}, "{}"}; });
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(client().get(resource::kNodes, {"", "n"}, {}));
  EXPECT_THAT(waits, ElementsAre(milliseconds{100}, milliseconds{100}));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(client().replace(resource::kLeases, {"d", "l"}, "{}", {}, {}));
  EXPECT_EQ(waits.size(), 2u);
}

TEST_F(KubeClientTest, AStopEndsAPacedWait) {
  options.calls_per_second = 1;
  options.burst = 1;
  options.wait = [](Duration, std::stop_token) { return false; };
  transport->then(200, "{}");
  EXPECT_TRUE(client().get(resource::kNodes, {"", "n"}, {}));
  EXPECT_EQ(client().get(resource::kNodes, {"", "n"}, {}).error().cls, ErrorClass::Cancelled);
  EXPECT_EQ(transport->requests().size(), 1u);
}

// A watch and the lines that it gave.
struct Watched {
  std::vector<std::string> lines;
  std::size_t enough = 1000;
  WatchLine sink = [this](std::string_view line) {
    lines.emplace_back(line);
    return lines.size() < enough;
  };
};

TEST_F(KubeClientTest, WatchesWithBookmarksAndATimeout) {
  transport->then_stream({.pieces = {"{\"type\":\"ADDED\"}\n{\"ty", "pe\":\"BOOKMARK\"}\n"}});
  Watched watched;
  const WatchOptions want{.ns = "vms", .field_selector = "a=b", .resource_version = "12", .timeout = seconds{290}};
  EXPECT_TRUE(client().watch(resource::kVmis, want, watched.sink, {}));
  EXPECT_THAT(watched.lines, ElementsAre("{\"type\":\"ADDED\"}", "{\"type\":\"BOOKMARK\"}"));
  EXPECT_EQ(last().target,
            "/apis/kubevirt.io/v1/namespaces/vms/virtualmachineinstances?watch=true&allowWatchBookmarks=true&fieldSelector=a%3Db"
            "&resourceVersion=12&timeoutSeconds=290");
  EXPECT_EQ(last().idle_timeout, seconds{305});
}

TEST_F(KubeClientTest, TellsWhenTheServerHasTakenAWatch) {
  int accepted = 0;
  Watched watched;
  const WatchOptions want{.accepted = [&] { ++accepted; }};
  transport->then_stream({.head = {403, {}, ""}, .pieces = {R"({"kind":"Status","code":403,"message":"forbidden"})"}});
  EXPECT_FALSE(client().watch(resource::kPods, want, watched.sink, {}));
  EXPECT_EQ(accepted, 0);
  transport->then_stream({.pieces = {}});
  EXPECT_TRUE(client().watch(resource::kPods, want, watched.sink, {}));
  EXPECT_EQ(accepted, 1);
}

TEST_F(KubeClientTest, AWatchThatIsTooOldIsGoneByStatusOrByEvent) {
  Watched watched;
  transport->then_stream({.head = {410, {}, ""}, .pieces = {R"({"kind":"Status","code":410,"message":"too old"})"}});
  const Status by_status = client().watch(resource::kPods, {}, watched.sink, {});
  EXPECT_EQ(by_status.error().cls, ErrorClass::Gone);
  EXPECT_THAT(by_status.error().message, HasSubstr("too old"));
  transport->then_stream({.pieces = {"{\"type\":\"MODIFIED\"}\n{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,"
                                     "\"reason\":\"Expired\",\"message\":\"too old\"}}\n{\"type\":\"ADDED\"}\n"}});
  EXPECT_EQ(client().watch(resource::kPods, {}, watched.sink, {}).error().cls, ErrorClass::Gone);
  EXPECT_THAT(watched.lines, ElementsAre("{\"type\":\"MODIFIED\"}"));
}

TEST_F(KubeClientTest, AnObjectThatSpeaksOfErrorsIsNoErrorEvent) {
  Watched watched;
  const std::string line = R"({"type":"ADDED","object":{"kind":"ERROR","x":"ERROR"}})";
  transport->then_stream({.pieces = {line + "\n"}});
  EXPECT_TRUE(client().watch(resource::kPods, {}, watched.sink, {}));
  EXPECT_THAT(watched.lines, ElementsAre(line));
}

TEST_F(KubeClientTest, HowAWatchEndsDecidesWhatItWas) {
  const auto outcome = [&](StreamEnd end, std::string piece = "") {
    Watched watched;
    transport->then_stream({.pieces = {std::move(piece)}, .end = end});
    const Status status = client().watch(resource::kPods, {}, watched.sink, {});
    return status ? std::optional<ErrorClass>() : status.error().cls;
  };
  EXPECT_EQ(outcome(StreamEnd::Eof), std::nullopt);
  EXPECT_EQ(outcome(StreamEnd::Eof, "{\"type\":"), ErrorClass::Retryable);
  EXPECT_EQ(outcome(StreamEnd::Idle), ErrorClass::Retryable);
  EXPECT_EQ(outcome(StreamEnd::Truncated), ErrorClass::Retryable);
  EXPECT_EQ(outcome(StreamEnd::Cancelled), ErrorClass::Cancelled);
}

TEST_F(KubeClientTest, AWatchEndsWhenItsReaderHasEnoughOrItsTimeIsLongOver) {
  Watched watched{.enough = 1};
  transport->then_stream({.pieces = {"1\n2\n", "3\n"}});
  EXPECT_TRUE(client().watch(resource::kPods, {}, watched.sink, {}));
  EXPECT_EQ(watched.lines.size(), 1u);

  Watched endless;
  transport->then_stream({.pieces = {"1\n", "2\n", "3\n"}, .before_piece = [&](std::size_t) { clock.advance(seconds{200}); }});
  EXPECT_TRUE(client().watch(resource::kPods, {.timeout = seconds{290}}, endless.sink, {}));
  EXPECT_THAT(endless.lines, ElementsAre("1", "2"));
}

TEST_F(KubeClientTest, AWatchEventBeyondTheBoundEndsTheWatch) {
  options.max_line_bytes = 100;
  Watched watched;
  transport->then_stream({.pieces = {std::string(101, 'x')}});
  EXPECT_EQ(client().watch(resource::kPods, {}, watched.sink, {}).error().cls, ErrorClass::Invalid);
}

TEST_F(KubeClientTest, AWatchRenewsItsCredentialsOnceToo) {
  Watched watched;
  transport->then_stream({.head = {401, {}, ""}});
  transport->then_stream({.pieces = {"{}\n"}});
  EXPECT_TRUE(client().watch(resource::kPods, {}, watched.sink, {}));
  EXPECT_THAT(last().headers, Contains(Pair("authorization", "Bearer token-2")));
  transport->then_stream({.head = {403, {}, ""}, .pieces = {"no"}});
  EXPECT_EQ(client().watch(resource::kPods, {}, watched.sink, {}).error().cls, ErrorClass::Denied);
}

}  // namespace
}  // namespace drover::kube
