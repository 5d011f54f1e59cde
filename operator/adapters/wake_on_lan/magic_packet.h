// The packet by which a network card that was armed for it switches its machine on: six bytes FF, and its address sixteen times.
// Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace drover::wake_on_lan {

using Mac = std::array<std::uint8_t, 6>;

// "52:54:00:12:34:56" or with dashes. Nothing for what is no address of one card: groups' addresses, and all zeros.
[[nodiscard]] std::optional<Mac> parse_mac(std::string_view text);
[[nodiscard]] std::string magic_packet(const Mac& mac);

}  // namespace drover::wake_on_lan
