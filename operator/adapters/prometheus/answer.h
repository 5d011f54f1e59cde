// The answers of Prometheus' query API (/api/v1/query), read as they come: a series is decoded when its last byte is there, and its
// text forgotten, so that an answer takes the memory of its figures and not of its words.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "adapters/prometheus/queries.h"
#include "base/result.h"
#include "model/object.h"
#include "ports/http_transport.h"

namespace drover::prometheus {

struct Vector {
  std::map<ObjectKey, double> values;
  std::optional<double> number;  // the value of a series without any label, as aggregates over all VMs are
  // Series that are left out: without the VM's labels, or not a finite number; and of a VM with several series, those that
  // Question::Several leaves out.
  std::size_t unusable_series = 0;
  std::string warnings;  // Prometheus' own, joined: the answer may be partial
};

// Takes one answer. Thread safety: none.
class AnswerReader final : public ChunkSink {
 public:
  // Reads no more once `out_of_time` says so. What is passed by reference must outlive it.
  AnswerReader(const Question& question, std::function<bool()> out_of_time);
  ~AnswerReader() override;
  AnswerReader(const AnswerReader&) = delete;
  AnswerReader& operator=(const AnswerReader&) = delete;

  Next on_response(const HttpResponse& head) override;
  Next on_bytes(std::span<const char> bytes) override;

  // What was said, once all of it has come; or, of a body that was not read to its end for a reason of its own, that reason.
  // Invalid: the query is wrong, in Prometheus' words, or its result is no instant vector. Retryable: it can't answer now. Denied:
  // it wants other credentials.
  [[nodiscard]] Result<Vector> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace drover::prometheus
