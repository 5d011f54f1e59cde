// Times, durations and quantities as people and servers write them.
#include "base/quantity.h"
#include "base/time.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = drover::fuzz::text(data, size);
  if (const auto instant = drover::parse_rfc3339(text)) {
    const auto second = std::chrono::floor<drover::seconds>(*instant);
    DROVER_CHECK(drover::parse_rfc3339(drover::to_rfc3339(*instant)) == second);
  }
  if (const auto duration = drover::parse_duration(text)) DROVER_CHECK(*duration >= drover::Duration::zero());
  const auto whole = drover::parse_whole(text);
  const auto milli = drover::parse_milli(text);
  if (milli) DROVER_CHECK(whole.has_value() && *whole >= *milli / 1000);
  if (whole) DROVER_CHECK(*whole >= 0);
  return 0;
}
