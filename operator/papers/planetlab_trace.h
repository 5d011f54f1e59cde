// The CPU use of a day's virtual machines, as the CoMon project measured it on PlanetLab and as Beloglazov and Buyya published it:
// one file a VM, 288 lines a file, whole percent, one sample every five minutes.
//
// Read from a folder, or from a tar archive compressed with xz (libarchive). Files are sorted by name, byte by byte, because their
// order decides which trace drives which kind of VM. Errors name file, line and fix. Thread safety: values and pure functions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace drover::papers {

inline constexpr int kFrames = 288;

struct UseTraces {
  std::string name;                                // of the folder or archive: "20110303"
  std::vector<std::vector<std::uint8_t>> percent;  // by VM, kFrames each
};

// One file's text. `file` stands in errors.
[[nodiscard]] Result<std::vector<std::uint8_t>> parse_use_trace(std::string_view text, const std::string& file);

// A folder of such files, or a .tar.xz of one.
[[nodiscard]] Result<UseTraces> read_use_traces(const std::filesystem::path& path);

}  // namespace drover::papers
