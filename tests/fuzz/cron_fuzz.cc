// A cron expression: the next opening lies ahead, and from there it is the last one.
#include "core/window.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto cron = drover::Cron::parse(drover::fuzz::text(data, size));
  if (!cron) {
    DROVER_CHECK(!cron.error().message.empty());
    return 0;
  }
  const drover::Instant now = *drover::parse_rfc3339("2026-03-29T00:30:00Z");
  const drover::TimeZone utc;
  const auto next = cron->next_after(now, utc);
  if (!next) return 0;
  DROVER_CHECK(*next > now);
  DROVER_CHECK(cron->last_at_or_before(*next, utc) == next);
  return 0;
}
