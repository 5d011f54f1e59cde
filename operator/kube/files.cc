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

}  // namespace drover::kube
