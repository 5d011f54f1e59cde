#include "adapters/wake_on_lan/magic_packet.h"

#include <charconv>

namespace drover::wake_on_lan {

std::optional<Mac> parse_mac(std::string_view text) {
  constexpr std::size_t kLength = 17;
  if (text.size() != kLength || (text[2] != ':' && text[2] != '-')) return std::nullopt;
  Mac mac{};
  for (std::size_t i = 0; i < mac.size(); ++i) {
    const char* const digits = text.data() + 3 * i;
    const auto read = std::from_chars(digits, digits + 2, mac[i], 16);
    if (read.ec != std::errc() || read.ptr != digits + 2) return std::nullopt;
    if (i + 1 < mac.size() && digits[2] != text[2]) return std::nullopt;
  }
  const bool of_a_group = (mac[0] & 1U) != 0;
  if (of_a_group || mac == Mac{}) return std::nullopt;
  return mac;
}

std::string magic_packet(const Mac& mac) {
  std::string packet(6, '\xff');
  for (int i = 0; i < 16; ++i) packet.append(mac.begin(), mac.end());
  return packet;
}

}  // namespace drover::wake_on_lan
