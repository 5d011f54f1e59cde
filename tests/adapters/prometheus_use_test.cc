// What VMs use, as Prometheus is asked for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "adapters/prometheus_fixture.h"

namespace drover::prometheus {
namespace {

using testing::HasSubstr;
using testing::Not;

using PrometheusUse = PrometheusTest;

TEST_F(PrometheusUse, OfTwoSeriesOfAMigratingVmsUseTheLargerIsTheRunningOnes) {
  (void)source();
  transport->then(200, vector_of(series("v", "db", "0.1") + "," + series("v", "db", "0.9")));
  for (int i = 0; i < 4; ++i) transport->then(200, vector_of(""));
  EXPECT_EQ(source().sample_use(kNow, {})->vms.at({"v", "db"}).cpu_cores, 0.9);
}

TEST_F(PrometheusUse, UseIsGatheredFromFourQueriesWithItsAgeAndWhatIsMissingIsUnknown) {
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

TEST_F(PrometheusUse, UseIsTakenToBeAMinuteOldWhereNothingSaysHowOftenItIsScraped) {
  EXPECT_EQ(scrape_seconds_query(minutes{5}),
            "quantile(0.5, 300.000000 / (count_over_time(kubevirt_vmi_cpu_usage_seconds_total[300000ms]) and "
            "kubevirt_vmi_cpu_usage_seconds_total offset 300000ms))");
  (void)source();
  transport->then(200, vector_of(series("v", "a", "1.5")));
  for (int i = 0; i < 4; ++i) transport->then(200, vector_of(""));
  EXPECT_EQ(source().sample_use(kNow, {})->age, minutes{1});
}

TEST_F(PrometheusUse, UseSharesOneDeadlineAndFailsAsAWhole) {
  (void)source();
  transport->then([&](const HttpRequest&) {
    clock.advance(seconds{3});
    return HttpResponse{200, {}, vector_of("")};
  });
  transport->then(503, "");
  EXPECT_EQ(source().sample_use(kNow, {}).error().cls, ErrorClass::Retryable);
  EXPECT_EQ(transport->requests()[1].deadline, seconds{12});
  transport->then([&](const HttpRequest&) {
    clock.advance(seconds{15});
    return HttpResponse{200, {}, vector_of("")};
  });
  EXPECT_EQ(source().sample_use(kNow, {}).error().message, "Prometheus did not answer within 15s (--prometheus-use-timeout)");
}

// One Prometheus may hold the VMs of several clusters, and two of them may have the same name.
TEST_F(PrometheusUse, EachMetricOfItsOwnQueriesIsOfTheClusterThatTheMatchersName) {
  options.matchers = R"(cluster="a")";
  (void)source();
  transport->then(200, vector_of(series("v", "a", "1.5")));
  for (int i = 0; i < 4; ++i) transport->then(200, vector_of(""));
  EXPECT_TRUE(source().sample_use(kNow, {}));
  for (const KubeVirtMetric metric :
       {KubeVirtMetric::CpuUtilization, KubeVirtMetric::CpuDelay, KubeVirtMetric::MemoryUtilization}) {
    transport->then(200, vector_of(""));
    EXPECT_TRUE(source().sample(KubeVirtMetricSignal{metric, seconds{90}}, kNow, {}));
  }
  for (const HttpRequest& request : transport->requests()) {
    std::size_t metrics = 0;
    for (std::size_t at = 0; (at = request.target.find("kubevirt_vmi_", at)) != std::string::npos; ++at) {
      const std::size_t end = request.target.find('%', at);
      EXPECT_EQ(request.target.substr(end, 24), "%7Bcluster%3D%22a%22%7D" + request.target.substr(end + 23, 1)) << request.target;
      ++metrics;
    }
    EXPECT_GT(metrics, 0u);
  }
  transport->then(200, vector_of(""));
  EXPECT_TRUE(source().sample(promql, kNow, {}));
  EXPECT_THAT(transport->requests().back().target, Not(HasSubstr("cluster"))) << "a policy's own query stays as it is";
}

#ifndef DROVER_SANITIZED
std::size_t kibibytes_now(const char* what) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(what)) return std::stoull(line.substr(line.find_first_of("0123456789")));
  }
  return 0;
}

// 150,000 VMs, each series with the labels that a recording rule may leave on it: 75 MB of text an answer.
TEST_F(PrometheusUse, UseOfVeryManyVmsTakesLittleMemory) {
  constexpr std::size_t kVms = 150'000;
  class Many final : public HttpTransport {
   public:
    Result<HttpResponse> send(const HttpRequest&, std::stop_token) override { return Error{}; }
    Result<StreamEnd> stream(const HttpRequest&, ChunkSink& sink, std::stop_token) override {
      (void)sink.on_response({200, {}, ""});
      std::string text = R"({"status":"success","data":{"resultType":"vector","result":[)";
      for (std::size_t i = 0; i < kVms; ++i) {
        text += (i > 0 ? "," : "") + series("namespace-" + std::to_string(i % 100), "a-virtual-machine-" + std::to_string(i),
                                            "0.25", "\"labels\":\"" + std::string(380, 'x') + "\",");
        if (text.size() < 60000 && i + 1 < kVms) continue;
        if (i + 1 == kVms) text += "]}}";
        if (sink.on_bytes(text) == ChunkSink::Next::Stop) return StreamEnd::Stopped;
        text.clear();
      }
      return StreamEnd::Eof;
    }
  };
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak counts from here
  const std::size_t before = kibibytes_now("VmRSS");
  Prometheus many(std::make_unique<Many>(), clock, log, options);
  const auto table = many.sample_use(kNow, {});
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->vms.size(), kVms);
  const std::size_t taken = (kibibytes_now("VmHWM") - before) / 1024;
  RecordProperty("mebibytes", static_cast<int>(taken));
  EXPECT_LE(taken, 200u);
}
#endif

}  // namespace
}  // namespace drover::prometheus
