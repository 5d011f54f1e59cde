// A trace of CPU use: read whole, every sample a percentage, or refused with file and line.
#include "fuzz.h"
#include "papers/planetlab_trace.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto trace = drover::papers::parse_use_trace(drover::fuzz::text(data, size), "trace");
  if (!trace) {
    DROVER_CHECK(trace.error().message.starts_with("trace:"));
    return 0;
  }
  DROVER_CHECK(trace->size() == drover::papers::kFrames);
  for (const auto percent : *trace) DROVER_CHECK(percent <= 100);
  return 0;
}
