// Receives the body of a watch: cuts it into lines, keeps ERROR events for itself and hands the others on.
//
// Thread safety: none; one watch, one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "kube/answers.h"
#include "kube/line_splitter.h"
#include "ports/clock.h"
#include "ports/http_transport.h"
#include "ports/kube_api.h"

namespace drover::kube {

class WatchSink final : public ChunkSink {
 public:
  // Calls `accepted`, unless empty, when the watch begins. Stops by itself at `end` (monotonic) should the server not keep to its
  // own timeout.
  WatchSink(const Asked& asked, const std::function<void()>& accepted, const WatchLine& line, const Clock& clock, Duration end,
            std::size_t max_line_bytes)
      : asked_(asked),
        accepted_(accepted),
        line_(line),
        clock_(clock),
        end_(end),
        max_line_bytes_(max_line_bytes),
        splitter_(max_line_bytes) {}

  Next on_response(const HttpResponse& head) override;
  Next on_bytes(std::span<const char> bytes) override;

  // The head, with the beginning of the body when the status is no success.
  [[nodiscard]] const HttpResponse& response() const { return response_; }
  // What the watch has come to, given how its body ended.
  [[nodiscard]] Status outcome(StreamEnd end) const;

 private:
  bool on_line(std::string_view line);

  const Asked& asked_;
  const std::function<void()>& accepted_;
  const WatchLine& line_;
  const Clock& clock_;
  const Duration end_;
  const std::size_t max_line_bytes_;
  LineSplitter splitter_;
  HttpResponse response_;
  std::optional<Error> fault_;
};

}  // namespace drover::kube
