#include "adapters/prometheus/prometheus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/manual_clock.h"
#include "support/recording_log.h"
#include "support/scripted_transport.h"
#include "support/temporary_folder.h"

namespace drover::prometheus {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

const Instant kNow{seconds{1'800'000'000}};

std::string vector_of(const std::string& series, const std::string& more = "") {
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + series + "]}" + more + "}";
}
std::string series(const std::string& ns, const std::string& name, const std::string& value, const std::string& more = "") {
  return R"({"metric":{)" + more + R"("namespace":")" + ns + R"(","name":")" + name + R"("},"value":[1800000000.123,")" + value +
         "\"]}";
}
std::string refusal(const std::string& type, const std::string& text) {
  return R"({"status":"error","errorType":")" + type + R"(","error":")" + text + "\"}";
}

struct PrometheusTest : testing::Test {
  test::ManualClock clock;
  test::RecordingLog log;
  test::ScriptedTransport* transport = nullptr;  // owned by source
  PrometheusOptions options;
  std::unique_ptr<Prometheus> made;
  Signal promql = PromQlSignal{.query = "up{a=\"b c\"} > 1 + 2"};

  Prometheus& source() {
    if (!made) {
      auto owned = std::make_unique<test::ScriptedTransport>();
      transport = owned.get();
      made = std::make_unique<Prometheus>(std::move(owned), clock, log, options);
    }
    return *made;
  }
  Result<SignalTable> answer(int status, const std::string& body, Headers headers = {}) {
    (void)source();
    transport->then(status, body, std::move(headers));
    return source().sample(promql, kNow, {});
  }
  Error fault(int status, const std::string& body) {
    const Result<SignalTable> result = answer(status, body);
    EXPECT_FALSE(result);
    return result ? Error{} : result.error();
  }
};

TEST_F(PrometheusTest, AsksForTheQueryAsItIsWrittenAndReadsOneValueAVm) {
  options.path_prefix = "/prometheus";
  const auto table =
      answer(200, vector_of(series("vms", "db", "0.93") + "," + series("vms", "web", "1e-05", R"("node":"n1",)"))).value();
  EXPECT_THAT(table.values, ElementsAre(Pair(ObjectKey{"vms", "db"}, 0.93), Pair(ObjectKey{"vms", "web"}, 1e-05)));
  EXPECT_EQ(table.sampled, kNow);
  EXPECT_EQ(table.unusable_series, 0u);
  const HttpRequest request = transport->requests().back();
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/prometheus/api/v1/query?query=up%7Ba%3D%22b%20c%22%7D%20%3E%201%20%2B%202");
  EXPECT_EQ(request.body, "");
  EXPECT_EQ(request.deadline, seconds{5});
}

TEST_F(PrometheusTest, AQueryThatIsTooLongForAnAddressGoesByPost) {
  promql = PromQlSignal{.query = std::string(4000, 'x')};
  EXPECT_TRUE(answer(200, vector_of("")));
  const HttpRequest request = transport->requests().back();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/api/v1/query");
  EXPECT_EQ(request.body, "query=" + std::string(4000, 'x'));
  EXPECT_THAT(request.headers, testing::Contains(Pair("content-type", "application/x-www-form-urlencoded")));
}

TEST_F(PrometheusTest, TheLabelsThatNameTheVmAreThePolicys) {
  promql = PromQlSignal{.query = "x", .namespace_label = "ns", .name_label = "vmi"};
  const auto table =
      answer(200, vector_of(R"({"metric":{"ns":"a","vmi":"b","namespace":"c","name":"d"},"value":[1,"2"]})")).value();
  EXPECT_THAT(table.values, ElementsAre(Pair(ObjectKey{"a", "b"}, 2.0)));
}

TEST_F(PrometheusTest, AnEmptyAnswerIsAnEmptyTable) {
  EXPECT_TRUE(answer(200, vector_of("")).value().values.empty());
}

TEST_F(PrometheusTest, SeriesThatSayNothingAboutAVmAreLeftOutAndCounted) {
  const auto table =
      answer(200,
             vector_of(series("v", "a", "NaN") + "," + series("v", "b", "+Inf") + "," + series("v", "c", "-Inf") + "," +
                       series("", "d", "1") + "," + series("v", "e", "") + "," + series("v", "f", "1x") +
                       R"(,{"metric":{"namespace":"v"},"value":[1,"2"]},{"metric":{},"value":[1,"2"]},)" + series("v", "ok", "-1")))
          .value();
  EXPECT_THAT(table.values, ElementsAre(Pair(ObjectKey{"v", "ok"}, -1.0)));
  EXPECT_EQ(table.unusable_series, 8u);
}

TEST_F(PrometheusTest, OfTwoSeriesForAMigratingVmTheLargerIsTheRunningOnes) {
  const std::string both = series("v", "db", "0.1", R"("node":"target",)") + "," + series("v", "db", "0.9", R"("node":"source",)") +
                           "," + series("v", "db", "NaN");
  const auto table = answer(200, vector_of(both)).value();
  EXPECT_THAT(table.values, ElementsAre(Pair(ObjectKey{"v", "db"}, 0.9)));
  EXPECT_EQ(table.unusable_series, 2u);
}

TEST_F(PrometheusTest, AResultThatIsNoInstantVectorIsRefusedInWords) {
  const auto of_type = [&](const std::string& type, const std::string& result) {
    return fault(200, R"({"status":"success","data":{"resultType":")" + type + R"(","result":)" + result + "}}");
  };
  EXPECT_EQ(of_type("scalar", R"([1,"2"])").cls, ErrorClass::Invalid);
  EXPECT_THAT(of_type("scalar", R"([1,"2"])").message, HasSubstr("gives a scalar"));
  EXPECT_THAT(of_type("string", R"([1,"x"])").message, HasSubstr("gives a string"));
  EXPECT_THAT(of_type("matrix", "[]").message, AllOf(HasSubstr("gives a matrix"), HasSubstr("rate()")));
}

TEST_F(PrometheusTest, AWrongQueryIsInvalidInPrometheusOwnWords) {
  const Error parse = fault(400, refusal("bad_data", R"(invalid parameter \"query\": 1:4: parse error: unexpected end of input)"));
  EXPECT_EQ(parse.cls, ErrorClass::Invalid);
  EXPECT_EQ(parse.message, "Prometheus refuses the query: invalid parameter \"query\": 1:4: parse error: unexpected end of input");
  EXPECT_EQ(fault(422, refusal("execution", "found duplicate series")).cls, ErrorClass::Invalid);
}

TEST_F(PrometheusTest, WhatMayBeBetterLaterIsRetryable) {
  EXPECT_EQ(fault(503, refusal("timeout", "query timed out in expression evaluation")).cls, ErrorClass::Retryable);
  EXPECT_THAT(fault(503, refusal("timeout", "query timed out")).message, HasSubstr("query timed out"));
  EXPECT_EQ(fault(500, "<html>").cls, ErrorClass::Retryable);
  EXPECT_EQ(fault(400, "<html>a load balancer's own 400</html>").cls, ErrorClass::Retryable);
  EXPECT_THAT(fault(404, "page not found").message, HasSubstr("--prometheus-url"));
  EXPECT_EQ(answer(429, "", {{"retry-after", "7"}}).error().retry_after, seconds{7});
}

TEST_F(PrometheusTest, WhatIsNoPrometheusIsToldApartFromNoData) {
  for (const char* body : {"", "<html>login</html>", "[]", "{}", R"({"ok":true})", R"({"status":"success","data":[]})",
                           R"({"status":"success","data":{"resultType":"vector","result":[{"metric":)", R"({"status":"error"})"}) {
    const Error error = fault(200, body);
    EXPECT_EQ(error.cls, ErrorClass::Retryable) << body;
  }
  EXPECT_THAT(fault(200, "<html>login</html>").message, HasSubstr("no Prometheus"));
}

TEST_F(PrometheusTest, DeniedAccessNamesTheFix) {
  const Error error = fault(401, "Unauthorized");
  EXPECT_EQ(error.cls, ErrorClass::Denied);
  EXPECT_THAT(error.message, HasSubstr("--prometheus-token-file"));
}

TEST_F(PrometheusTest, SendsTheTokenOfItsFileAsItIsNow) {
  const test::TemporaryFolder folder;
  options.bearer_token_file = folder.write("token", "one\n");
  EXPECT_TRUE(answer(200, vector_of("")));
  folder.write("token", "two");
  EXPECT_TRUE(answer(200, vector_of("")));
  EXPECT_THAT(transport->requests()[0].headers, testing::Contains(Pair("authorization", "Bearer one")));
  EXPECT_THAT(transport->requests()[1].headers, testing::Contains(Pair("authorization", "Bearer two")));
  options.bearer_token_file = folder.path("absent");
  made.reset();
  EXPECT_THAT(source().sample(promql, kNow, {}).error().message, HasSubstr("absent"));
}

TEST_F(PrometheusTest, AFailedConnectionIsRetryableEvenWhenThePostWasSent) {
  (void)source();
  transport->then(Error{ErrorClass::UnknownOutcome, "connection reset"});
  const Error error = source().sample(promql, kNow, {}).error();
  EXPECT_EQ(error.cls, ErrorClass::Retryable);
  EXPECT_EQ(error.message, "Prometheus: connection reset");
}

TEST_F(PrometheusTest, ASlowAnswerIsGivenUpAtTheDeadline) {
  (void)source();
  transport->then([&](const HttpRequest& request) -> Result<HttpResponse> {
    clock.advance(request.deadline);
    return Error{ErrorClass::UnknownOutcome, "timed out"};
  });
  const Error error = source().sample(promql, kNow, {}).error();
  EXPECT_EQ(error.cls, ErrorClass::Retryable);
  EXPECT_EQ(error.message, "Prometheus did not answer within 5s");
}

TEST_F(PrometheusTest, WarningsAreLoggedOnceEach) {
  const std::string partial = vector_of("", R"(,"warnings":["store a is down","b too"],"infos":["x"])");
  EXPECT_TRUE(answer(200, partial));
  EXPECT_TRUE(answer(200, partial));
  EXPECT_THAT(log.lines(), ElementsAre(AllOf(HasSubstr("partial"), HasSubstr("store a is down; b too"))));
}

TEST_F(PrometheusTest, GuestReportsHaveNoAgentYet) {
  const Error error = source().sample(GuestReportSignal{"frameTime"}, kNow, {}).error();
  EXPECT_EQ(error.cls, ErrorClass::Invalid);
  EXPECT_THAT(error.message, HasSubstr("signal.guestReport"));
  EXPECT_TRUE(transport->requests().empty());
}

TEST_F(PrometheusTest, KubeVirtsMetricsAreAskedForByTheirRealNames) {
  const auto query = [](KubeVirtMetric metric) { return question_for(KubeVirtMetricSignal{metric, seconds{90}})->query; };
  EXPECT_EQ(
      query(KubeVirtMetric::CpuUtilization),
      "max by (namespace, name) (rate(kubevirt_vmi_cpu_usage_seconds_total[90000ms]) and kubevirt_vmi_cpu_usage_seconds_total) / "
      "count by (namespace, name) (count by (namespace, name, id) (kubevirt_vmi_vcpu_delay_seconds_total or "
      "kubevirt_vmi_vcpu_seconds_total))");
  EXPECT_EQ(query(KubeVirtMetric::CpuDelay),
            "max by (namespace, name) (avg by (namespace, name, node) (rate(kubevirt_vmi_vcpu_delay_seconds_total[90000ms]) and "
            "kubevirt_vmi_vcpu_delay_seconds_total))");
  EXPECT_EQ(query(KubeVirtMetric::MemoryUtilization),
            "max by (namespace, name) (1 - kubevirt_vmi_memory_usable_bytes / kubevirt_vmi_memory_available_bytes)");
}

TEST_F(PrometheusTest, UseIsGatheredFromFourQueriesWithItsAgeAndWhatIsMissingIsUnknown) {
  (void)source();
  transport->then(200, vector_of(series("v", "a", "1.5")));
  transport->then(200, vector_of(series("v", "a", "0.25")));
  transport->then(200, vector_of(series("v", "a", "1024") + "," + series("v", "b", "2048")));
  transport->then(200, vector_of(series("v", "b", "NaN")));
  transport->then(200, vector_of(R"({"metric":{},"value":[1,"29.5"]})"));
  const UseTable table = source().sample_use(kNow, {}).value();
  EXPECT_EQ(table.sampled, kNow);
  EXPECT_EQ(table.age, milliseconds{29500});
  ASSERT_EQ(table.vms.size(), 2u);
  const VmUse a{.cpu_cores = 1.5, .cpu_delay_cores = 0.25, .memory_bytes = 1024};
  EXPECT_EQ(table.vms.at({"v", "a"}), a);
  EXPECT_EQ(table.vms.at({"v", "b"}), VmUse{.memory_bytes = 2048});
}

TEST_F(PrometheusTest, UseIsTakenToBeAMinuteOldWhereNothingSaysHowOftenItIsScraped) {
  EXPECT_EQ(scrape_seconds_query(minutes{5}),
            "quantile(0.5, 300.000000 / (count_over_time(kubevirt_vmi_cpu_usage_seconds_total[300000ms]) and "
            "kubevirt_vmi_cpu_usage_seconds_total offset 300000ms))");
  (void)source();
  transport->then(200, vector_of(series("v", "a", "1.5")));
  for (int i = 0; i < 4; ++i) transport->then(200, vector_of(""));
  EXPECT_EQ(source().sample_use(kNow, {})->age, minutes{1});
}

TEST_F(PrometheusTest, UseSharesOneDeadlineAndFailsAsAWhole) {
  (void)source();
  transport->then([&](const HttpRequest&) {
    clock.advance(seconds{3});
    return HttpResponse{200, {}, vector_of("")};
  });
  transport->then(503, "");
  EXPECT_EQ(source().sample_use(kNow, {}).error().cls, ErrorClass::Retryable);
  EXPECT_EQ(transport->requests()[1].deadline, seconds{2});
  transport->then([&](const HttpRequest&) {
    clock.advance(seconds{5});
    return HttpResponse{200, {}, vector_of("")};
  });
  EXPECT_EQ(source().sample_use(kNow, {}).error().message, "Prometheus did not answer within 5s");
}

TEST(PrometheusAddress, IsSplitIntoServerAndPath) {
  EXPECT_EQ(parse_address("http://p:9090")->url, "http://p:9090");
  EXPECT_EQ(parse_address("http://p:9090/")->path_prefix, "");
  EXPECT_EQ(parse_address("https://[::1]:9/a/b/")->url, "https://[::1]:9");
  EXPECT_EQ(parse_address("https://[::1]:9/a/b/")->path_prefix, "/a/b");
  for (const char* bad : {"", "p:9090", "ftp://p", "http://", "http:///x", "http://u:p@h", "http://h?x"}) {
    EXPECT_THAT(parse_address(bad).error().message, HasSubstr("--prometheus-url must be")) << bad;
  }
}

}  // namespace
}  // namespace drover::prometheus
