#include "papers/planetlab_trace.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <memory>
#include <system_error>
#include <utility>

namespace drover::papers {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;  // a trace has some 700 bytes; what is longer is none
constexpr std::size_t kMaxFiles = 100000;

using NamedText = std::pair<std::string, std::string>;  // file, text

Error invalid(std::string message) {
  return Error{ErrorClass::Invalid, std::move(message)};
}

std::string at_line(const std::string& file, std::size_t line) {
  return file + ":" + std::to_string(line) + ": ";
}

// What can stand in a message: the beginning, with what can't be printed as '?'.
std::string shown(std::string_view text) {
  std::string out(text.substr(0, 24));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return "\"" + out + "\"" + (text.size() > 24 ? "..." : "");
}

Result<std::uint8_t> parse_percent(std::string_view line, const std::string& where) {
  if (std::any_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return invalid(where + shown(line) +
                   " is not plain text; a trace has digits only, in ASCII or UTF-8 without a byte-order mark");
  }
  int value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (error != std::errc{} || end != line.data() + line.size()) {
    return invalid(where + shown(line) + " is not a whole number; write CPU use in percent, from 0 to 100");
  }
  if (value < 0 || value > 100) {
    return invalid(where + std::to_string(value) + " is not a share of a CPU; write CPU use in percent, from 0 to 100");
  }
  return static_cast<std::uint8_t>(value);
}

Result<std::vector<NamedText>> read_folder(const fs::path& path) {
  std::vector<NamedText> files;
  std::error_code error;
  fs::directory_iterator entry(path, error);
  if (error) return invalid(path.string() + ": " + error.message() + "; give a folder of traces that can be read");
  for (; entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with('.')) continue;
    const std::string file = entry->path().string();
    if (!entry->is_regular_file(error)) return invalid(file + ": not a file; keep nothing but traces in the folder of a day");
    if (entry->file_size(error) > kMaxFileBytes) return invalid(file + ": larger than 1 MiB, so no trace of 288 lines; remove it");
    std::ifstream in(entry->path(), std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(in), {});
    if (!in) return invalid(file + ": cannot be read; check its permissions");
    if (files.size() >= kMaxFiles) return invalid(path.string() + ": more than 100,000 files; give the folder of one day");
    files.emplace_back(file, std::move(text));
  }
  return files;
}

struct CloseArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};

Result<std::vector<NamedText>> read_archive(const fs::path& path) {
  const std::unique_ptr<archive, CloseArchive> in(archive_read_new());
  archive_read_support_filter_xz(in.get());
  archive_read_support_format_tar(in.get());
  const auto broken = [&] {
    const char* why = archive_error_string(in.get());
    return invalid(path.string() + ": " + (why != nullptr ? why : "cannot be read") +
                   "; give a folder, or a .tar.xz of one (tar cJf DAY.tar.xz DAY)");
  };
  if (archive_read_open_filename(in.get(), path.c_str(), 1 << 16) != ARCHIVE_OK) return broken();
  std::vector<NamedText> files;
  archive_entry* entry = nullptr;
  int status = ARCHIVE_OK;
  while ((status = archive_read_next_header(in.get(), &entry)) == ARCHIVE_OK) {
    if (archive_entry_filetype(entry) != AE_IFREG) continue;
    const char* name = archive_entry_pathname(entry);
    const std::string file = path.string() + ":" + (name != nullptr ? name : "?");
    if (archive_entry_size(entry) > static_cast<la_int64_t>(kMaxFileBytes)) {
      return invalid(file + ": larger than 1 MiB, so no trace of 288 lines; remove it");
    }
    std::string text(static_cast<std::size_t>(std::max<la_int64_t>(archive_entry_size(entry), 0)), '\0');
    if (archive_read_data(in.get(), text.data(), text.size()) != static_cast<la_ssize_t>(text.size())) return broken();
    if (files.size() >= kMaxFiles) return invalid(path.string() + ": more than 100,000 files; give the archive of one day");
    files.emplace_back(file, std::move(text));
  }
  if (status != ARCHIVE_EOF) return broken();
  return files;
}

std::string day_of(const fs::path& path) {
  std::string name = (path.has_filename() ? path : path.parent_path()).filename().string();
  for (const std::string_view end : {".tar.xz", ".txz"}) {
    if (name.ends_with(end)) return name.substr(0, name.size() - end.size());
  }
  return name;
}

}  // namespace

Result<std::vector<std::uint8_t>> parse_use_trace(std::string_view text, const std::string& file) {
  if (text.empty()) return invalid(file + ": empty; a trace has 288 lines, one for every five minutes of a day");
  std::vector<std::uint8_t> samples;
  samples.reserve(kFrames);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string where = at_line(file, samples.size() + 1);
    if (samples.size() == kFrames) return invalid(where + "more than 288 lines; a trace holds one day, cut it there");
    const auto value = parse_percent(line, where);
    if (!value) return value.error();
    samples.push_back(*value);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (samples.size() < kFrames) {
    return invalid(at_line(file, samples.size()) + "ends after " + std::to_string(samples.size()) +
                   " lines; all traces of a day have 288, one for every five minutes");
  }
  return samples;
}

Result<UseTraces> read_use_traces(const fs::path& path) {
  std::error_code error;
  const auto kind = fs::status(path, error).type();
  if (kind == fs::file_type::not_found) return invalid(path.string() + ": not there; give a folder of traces or a .tar.xz of one");
  auto files = kind == fs::file_type::directory ? read_folder(path) : read_archive(path);
  if (!files) return files.error();
  if (files->empty()) return invalid(path.string() + ": holds no traces; one file a VM is wanted, 288 lines each");
  std::sort(files->begin(), files->end());
  UseTraces traces;
  traces.name = day_of(path);
  traces.percent.reserve(files->size());
  for (const auto& [file, text] : *files) {
    auto samples = parse_use_trace(text, file);
    if (!samples) return samples.error();
    traces.percent.push_back(std::move(*samples));
  }
  return traces;
}

}  // namespace drover::papers
