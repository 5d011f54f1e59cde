// The metrics, as a scraper sees them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "adapters/telemetry/metrics.h"
#include "adapters/telemetry/prometheus_telemetry.h"

namespace drover {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Metrics, HaveNamesByPrometheusConventions) {
  std::set<std::string_view> names;
  for (const MetricInfo& info : all_metrics()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name << " stands twice";
    EXPECT_THAT(std::string(info.name), StartsWith("drover_"));
    EXPECT_EQ(info.name.ends_with("_total"), info.kind == MetricKind::Counter) << info.name;
    EXPECT_EQ(info.buckets.empty(), info.kind != MetricKind::Histogram) << info.name;
    EXPECT_FALSE(info.help.empty()) << info.name;
    if (info.name.find("_seconds") != std::string_view::npos) {
      EXPECT_NE(info.help.find("seconds"), std::string_view::npos) << info.name << " does not name its unit";
    }
  }
}

TEST(PrometheusTelemetry, ShowsCountersGaugesAndHistogramsWithHelp) {
  PrometheusTelemetry telemetry;
  telemetry.count("drover_migrations_total", {{"result", "Succeeded"}}, 1);
  telemetry.count("drover_migrations_total", {{"result", "Succeeded"}}, 2);
  telemetry.gauge("drover_leader", {}, 1);
  telemetry.observe("drover_migration_duration_seconds", {{"result", "Succeeded"}}, 3.3);
  const auto text = telemetry.text();
  EXPECT_THAT(text, HasSubstr("# HELP drover_migrations_total "));
  EXPECT_THAT(text, HasSubstr("# TYPE drover_migrations_total counter"));
  EXPECT_THAT(text, HasSubstr("drover_migrations_total{result=\"Succeeded\"} 3"));
  EXPECT_THAT(text, HasSubstr("drover_leader 1"));
  EXPECT_THAT(text, HasSubstr("drover_migration_duration_seconds_bucket{result=\"Succeeded\",le=\"5\"} 1"));
}

TEST(PrometheusTelemetry, ShowsTheProcess) {
  const auto text = PrometheusTelemetry().text();
  EXPECT_THAT(text, HasSubstr("\nprocess_cpu_seconds_total "));
  EXPECT_THAT(text, HasSubstr("\nprocess_open_fds "));
  EXPECT_THAT(text, HasSubstr("\nprocess_start_time_seconds "));
  const auto at = text.find("\nprocess_resident_memory_bytes ");
  ASSERT_NE(at, std::string::npos);
  EXPECT_GT(std::stod(text.substr(at + 31)), 1e6);
}

TEST(PrometheusTelemetry, ForgetsASeries) {
  PrometheusTelemetry telemetry;
  telemetry.gauge("drover_signal_unusable_series", {{"policy", "a"}}, 1);
  telemetry.gauge("drover_signal_unusable_series", {{"policy", "b"}}, 1);
  telemetry.forget("drover_signal_unusable_series", {{"policy", "a"}});
  telemetry.forget("drover_signal_unusable_series", {{"policy", "never"}});
  EXPECT_THAT(telemetry.text(), AllOf(Not(HasSubstr("policy=\"a\"")), HasSubstr("policy=\"b\""), Not(HasSubstr("never"))));
}

TEST(PrometheusTelemetryDeathTest, AbortsOnANameThatIsNotInTheTable) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(PrometheusTelemetry().count("drover_surprise_total", {}, 1), "check failed");
}

}  // namespace
}  // namespace drover
