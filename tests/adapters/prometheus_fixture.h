// A Prometheus source whose transport answers as the test says.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "adapters/prometheus/prometheus.h"
#include "adapters/prometheus/queries.h"
#include "support/manual_clock.h"
#include "support/recording_log.h"
#include "support/scripted_transport.h"

namespace drover::prometheus {

inline const Instant kNow{seconds{1'800'000'000}};

inline std::string vector_of(const std::string& series, const std::string& more = "") {
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + series + "]}" + more + "}";
}
inline std::string series(const std::string& ns, const std::string& name, const std::string& value, const std::string& more = "") {
  return R"({"metric":{)" + more + R"("namespace":")" + ns + R"(","name":")" + name + R"("},"value":[1800000000.123,")" + value +
         "\"]}";
}
inline std::string refusal(const std::string& type, const std::string& text) {
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

}  // namespace drover::prometheus
