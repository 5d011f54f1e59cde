#include "adapters/prometheus/prometheus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/prometheus_fixture.h"
#include "support/temporary_folder.h"

namespace drover::prometheus {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

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

// Nobody knows which of them the policy means; for direction Below the larger would hide a breach, for Above the smaller.
TEST_F(PrometheusTest, AVmOfWhichTwoSeriesOfAPolicySayDifferentThingsIsUnknown) {
  const std::string differ =
      series("v", "db", "0.1", R"("node":"target",)") + "," + series("v", "db", "0.9", R"("node":"source",)");
  const auto table = answer(200, vector_of(differ + "," + series("v", "web", "0.5"))).value();
  EXPECT_THAT(table.values, ElementsAre(Pair(ObjectKey{"v", "web"}, 0.5)));
  EXPECT_EQ(table.unusable_series, 2u);
  const auto three = answer(200, vector_of(differ + "," + series("v", "db", "0.1"))).value();
  EXPECT_TRUE(three.values.empty());
}

TEST_F(PrometheusTest, SeriesThatSayTheSameOrNothingLeaveNoDoubt) {
  const std::string same =
      series("v", "db", "0.9", R"("pod":"a",)") + "," + series("v", "db", "0.9", R"("pod":"b",)") + "," + series("v", "db", "NaN");
  const auto table = answer(200, vector_of(same)).value();
  EXPECT_THAT(table.values, ElementsAre(Pair(ObjectKey{"v", "db"}, 0.9)));
  EXPECT_EQ(table.unusable_series, 2u);
}

// Thanos and Cortex have answered so.
TEST_F(PrometheusTest, ANullResultIsAnEmptyOneAndNullWarningsAreNone) {
  for (const char* body : {R"({"status":"success","data":{"resultType":"vector","result":null}})",
                           R"({"status":"success","data":{"resultType":"","result":null}})",
                           R"({"status":"success","data":{"resultType":"vector","result":[]},"warnings":null})"}) {
    const auto table = answer(200, body);
    ASSERT_TRUE(table) << body << table.error().message;
    EXPECT_TRUE(table->values.empty());
  }
  EXPECT_EQ(fault(200, R"({"status":"success","data":{"resultType":"vector","result":[1]}})").cls, ErrorClass::Retryable);
  EXPECT_TRUE(log.lines().empty());
}

TEST_F(PrometheusTest, ReadsTextsThatHoldBracketsQuotesAndCommas) {
  const std::string odd = R"({"metric":{"namespace":"v","name":"a","x":"}]{[,\"\\"},"value":[1,"2"]})";
  const auto table =
      answer(200, vector_of(odd + " , " + odd.substr(0, odd.find("\"x\"")) + R"("y":"}"},"value":[1,"2"]})")).value();
  EXPECT_THAT(table.values, ElementsAre(Pair(ObjectKey{"v", "a"}, 2.0)));
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
  EXPECT_THAT(error.message, HasSubstr("--prometheus-bearer-token-file"));
  EXPECT_THAT(answer(401, "no org id\n", {{"content-type", "text/plain; charset=utf-8"}}).error().message,
              AllOf(HasSubstr("HTTP status 401: no org id)"), HasSubstr("--prometheus-header")));
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
  EXPECT_EQ(error.message, "Prometheus did not answer within 5s (--prometheus-timeout)");
}

// It is of another time than was asked for, and what it does not say of a VM would pass for idleness.
TEST_F(PrometheusTest, AnAnswerThatComesTooLateIsNone) {
  (void)source();
  transport->then([&](const HttpRequest& request) {
    clock.advance(request.deadline);
    return HttpResponse{200, {}, vector_of(series("v", "a", "1"))};
  });
  EXPECT_THAT(source().sample(promql, kNow, {}).error().message, HasSubstr("did not answer within 5s"));
  const std::string whole = vector_of(series("v", "a", "1"));
  transport->then_stream({.pieces = {whole.substr(0, 90), whole.substr(90)}, .before_piece = [&](std::size_t piece) {
                            if (piece == 1) clock.advance(seconds{6});
                          }});
  EXPECT_THAT(source().sample(promql, kNow, {}).error().message, HasSubstr("did not answer within 5s"));
}

TEST_F(PrometheusTest, HalfAnAnswerIsNone) {
  (void)source();
  const std::string whole = vector_of(series("v", "a", "1") + "," + series("v", "b", "1"));
  transport->then_stream({.pieces = {whole.substr(0, whole.size() - 20)}, .end = StreamEnd::Truncated});
  EXPECT_THAT(source().sample(promql, kNow, {}).error().message, HasSubstr("cut off"));
  transport->then_stream({.pieces = {whole.substr(0, whole.size() - 1)}});
  EXPECT_EQ(source().sample(promql, kNow, {}).error().cls, ErrorClass::Retryable);
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

TEST(PrometheusMatchers, AreCheckedBeforeTheyAreUsed) {
  for (const char* good : {"", R"(cluster="a")", R"(cluster="a",zone=~"x.*|y",b!="",c!~"z")", R"(a="\"q\\")"}) {
    EXPECT_EQ(matchers_problem(good), "") << good;
  }
  for (const char* bad : {"cluster", "cluster=a", R"(="a")", R"(1a="b")", R"(a="b")b="c")", R"(a="b"} or up{x="y")", R"(a="b)",
                          R"({a="b"})", R"(a=="b")"}) {
    EXPECT_THAT(matchers_problem(bad), HasSubstr("want label matchers")) << bad;
  }
}

TEST_F(PrometheusTest, SendsTheHeadersThatItIsGivenAndThoseOfItsFileAsTheyAreNow) {
  const test::TemporaryFolder folder;
  options.headers = {{"x-scope-orgid", "one"}};
  options.header_file = folder.write("headers", "X-Team: a\n\nX-Key:  k:1 \r\n");
  EXPECT_TRUE(answer(200, vector_of("")));
  folder.write("headers", "X-Team: b\n");
  EXPECT_TRUE(answer(200, vector_of("")));
  EXPECT_THAT(transport->requests()[0].headers,
              testing::IsSupersetOf({Pair("x-scope-orgid", "one"), Pair("x-team", "a"), Pair("x-key", "k:1")}));
  EXPECT_THAT(transport->requests()[1].headers, testing::IsSupersetOf({Pair("x-scope-orgid", "one"), Pair("x-team", "b")}));
  folder.write("headers", "secret");
  const Error error = source().sample(promql, kNow, {}).error();
  EXPECT_THAT(error.message, AllOf(HasSubstr("headers: want a header"), Not(HasSubstr("secret"))));
}

TEST_F(PrometheusTest, NoHeaderOfItsFileHoldsCredentialsThatGoInTheClear) {
  const test::TemporaryFolder folder;
  options.header_file = folder.write("headers", "authorization: Basic s3cret\n");
  EXPECT_TRUE(answer(200, vector_of("")));
  options.in_the_clear = true;
  made.reset();
  const Error error = source().sample(promql, kNow, {}).error();
  EXPECT_EQ(error.cls, ErrorClass::Denied);
  EXPECT_THAT(error.message, AllOf(HasSubstr("would go in the clear"), Not(HasSubstr("s3cret"))));
  EXPECT_TRUE(transport->requests().empty());
}

TEST(PrometheusAddress, IsSplitIntoServerAndPath) {
  EXPECT_EQ(parse_address("http://p:9090")->url, "http://p:9090");
  EXPECT_EQ(parse_address("http://p:9090/")->path_prefix, "");
  EXPECT_EQ(parse_address("https://[::1]:9/a/b/")->url, "https://[::1]:9");
  EXPECT_EQ(parse_address("https://[::1]:9/a/b/")->path_prefix, "/a/b");
  for (const char* bad : {"", "p:9090", "ftp://p", "http://", "http:///x", "http://h?x"}) {
    EXPECT_THAT(parse_address(bad).error().message, HasSubstr("must be http")) << bad;
  }
  EXPECT_THAT(parse_address("http://u:s3cret@h").error().message,
              AllOf(HasSubstr("--prometheus-header-file"), Not(HasSubstr("s3cret"))));
}

}  // namespace
}  // namespace drover::prometheus
