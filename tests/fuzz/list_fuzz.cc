// A page of a list, of the kind that the first byte picks.
#include "codec/decoder.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = drover::fuzz::text(data + 1, size - 1);
  drover::Decoder decoder(drover::kAllKinds[data[0] % drover::kAllKinds.size()]);
  const auto page = decoder.list(std::string(text));
  if (!page) {
    DROVER_CHECK(!page.error().message.empty());
    return 0;
  }
  DROVER_CHECK(!page->resource_version.empty());
  for (const drover::Object& object : page->items) DROVER_CHECK(!object.key.name.empty());
  // A decoder that has been used reads as a fresh one does.
  const auto again = decoder.list(std::string(text));
  DROVER_CHECK(again && again->items.size() == page->items.size() && again->unreadable == page->unreadable);
  return 0;
}
