#include "kube/files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace drover::kube {
namespace {

constexpr std::size_t kMaxFileBytes = 4 << 20;
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

Result<std::string> read_file(const std::string& path) {
  std::error_code fault;
  if (std::filesystem::is_directory(path, fault)) return Error{ErrorClass::Invalid, path + ": is a folder, not a file"};
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorClass::Invalid, path + ": " + std::strerror(errno == 0 ? EIO : errno)};
  std::string text;
  std::array<char, 16384> piece{};
  while (file.read(piece.data(), piece.size()) || file.gcount() > 0) {
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxFileBytes) return Error{ErrorClass::Invalid, path + ": is longer than 4 MiB"};
  }
  if (file.bad()) return Error{ErrorClass::Invalid, path + ": can't be read"};
  return text;
}

Result<std::string> read_secret_line(const std::string& path) {
  Result<std::string> text = read_file(path);
  if (!text) return text;
  constexpr const char* kSpace = " \t\r\n";
  const std::size_t first = text->find_first_not_of(kSpace);
  if (first == std::string::npos) return Error{ErrorClass::Invalid, path + ": is empty"};
  std::string line = text->substr(first, text->find_last_not_of(kSpace) - first + 1);
  const bool fits = std::all_of(line.begin(), line.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!fits) return Error{ErrorClass::Invalid, path + ": holds more than one line of plain characters"};
  return line;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int digits = 0;
  int padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == ' ' || c == '\t') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos || padding > 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if (++digits % 4 == 0) {
      for (int shift = 16; shift >= 0; shift -= 8) bytes += static_cast<char>(bits >> shift & 0xff);
      bits = 0;
    }
  }
  const int left = digits % 4;
  if ((left + padding) % 4 != 0 || left == 1 || padding > 2) return std::nullopt;
  if (left >= 2) bytes += static_cast<char>(bits >> (left == 2 ? 4 : 10) & 0xff);
  if (left == 3) bytes += static_cast<char>(bits >> 2 & 0xff);
  return bytes;
}

std::string encode_base64(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += k <= count ? kAlphabet[bits >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

}  // namespace drover::kube
