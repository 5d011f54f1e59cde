// Lines of a watch, of the kind that the first byte picks, through one decoder as in a watcher; each also as a bare object.
#include "codec/decoder.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text = drover::fuzz::text(data + 1, size - 1);
  drover::Decoder decoder(drover::kAllKinds[data[0] % drover::kAllKinds.size()]);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto event = decoder.watch_line(line);
    if (event) {
      using Type = drover::WatchEvent::Type;
      if (event->type == Type::Upsert || event->type == Type::Delete) DROVER_CHECK(!event->key.name.empty());
      if (event->type == Type::Upsert) DROVER_CHECK(event->object.key == event->key);
      if (event->type == Type::Unreadable || event->type == Type::Error) DROVER_CHECK(!event->error.message.empty());
    }
    const auto object = decoder.object(line);
    if (object) DROVER_CHECK(!object->key.name.empty());
  }
  return 0;
}
