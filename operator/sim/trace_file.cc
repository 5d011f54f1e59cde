#include "sim/trace_file.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "yaml/units.h"
#include "yaml/yaml_map.h"

namespace drover::sim {
namespace {

constexpr std::size_t kMaxTraceBytes = std::size_t{64} << 20;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";            // some editors write it, and nobody sees it
constexpr std::int64_t kLongestInterval = std::int64_t{3653} * 86400;  // seconds

// "300", and "1376314846.0" as data frames write it; only distances matter, so it may count from any moment.
std::optional<std::int64_t> whole_seconds(std::string_view text) {
  constexpr double kMost = 9007199254740992;  // whole numbers are exact up to here
  double time = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), time);
  if (error != std::errc{} || end != text.data() + text.size() || !(time >= 0 && time <= kMost)) return std::nullopt;
  const auto whole = static_cast<std::int64_t>(time);
  return static_cast<double>(whole) == time ? std::optional(whole) : std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

class TraceReader {
 public:
  explicit TraceReader(const std::string& file) : file_(file) { trace_.name = file; }

  Result<Trace> read(const std::string& text) {
    if (!is_utf8(text)) return Error{ErrorClass::Invalid, file_ + ": is not UTF-8; a trace is plain text"};
    std::string_view content = text;
    if (content.starts_with(kByteOrderMark)) content.remove_prefix(kByteOrderMark.size());
    std::vector<std::string_view> lines = split(content, '\n');
    while (!lines.empty() && lines.back().empty()) lines.pop_back();
    if (lines.empty()) return Error{ErrorClass::Invalid, file_ + ": is empty; a trace has one value a line"};
    const bool csv = lines.front().starts_with("time");
    const std::vector<std::string_view> header = split(lines.front(), ',');
    const std::vector<std::string_view> known = {"time", "cpu", "memory"};
    if (csv && (header.size() < 2 || header.size() > 3 || !std::equal(header.begin(), header.end(), known.begin()))) {
      return bad(0, "the header must be time,cpu or time,cpu,memory");
    }
    if (csv && lines.size() < 3) return bad(lines.size() - 1, "a CSV trace needs two samples at least, to tell their distance");
    columns_ = header.size();
    for (std::size_t i = csv ? 1 : 0; i < lines.size(); ++i) {
      if (const auto read = csv ? csv_line(i, lines[i]) : planetlab_line(i, lines[i]); !read) return read.error();
    }
    return std::move(trace_);
  }

 private:
  [[nodiscard]] Error bad(std::size_t line, const std::string& why) const {
    return {ErrorClass::Invalid, file_ + ":" + std::to_string(line + 1) + ": " + why};
  }

  Status planetlab_line(std::size_t i, std::string_view line) {
    int percent = -1;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), percent);
    if (line.empty() || error != std::errc{} || end != line.data() + line.size() || percent < 0 || percent > 100) {
      return bad(i, "\"" + std::string(line.substr(0, 40)) +
                        "\" is no percentage; write a whole number of 0 to 100, or a header time,cpu");
    }
    trace_.cpu.push_back(static_cast<float>(percent) / 100);
    return ok();
  }

  Status csv_line(std::size_t i, std::string_view line) {
    const auto fields = split(line, ',');
    if (fields.size() != columns_)
      return bad(i, "has " + std::to_string(fields.size()) + " fields where the header has " + std::to_string(columns_));
    const auto time = whole_seconds(fields[0]);
    if (!time) return bad(i, "time must be whole seconds, from 0 or from any other moment, such as 1376314846");
    const std::int64_t since = *time - last_;
    if (i == 2 && since <= 0) return bad(i, "time must rise");
    if (i == 2 && since > kLongestInterval) return bad(i, "the samples are more than ten years apart; is time in seconds?");
    if (i == 2) trace_.interval = seconds{since};
    if (i > 2 && since != trace_.interval / seconds{1}) {
      return bad(i, "the samples must be at equal distances, here " + to_string(trace_.interval) + "; resample the trace");
    }
    last_ = *time;
    const auto cpu = parse_share(fields[1]);
    if (!cpu) return bad(i, "cpu must be a share of 0 to 1, or a percentage such as 35%");
    trace_.cpu.push_back(static_cast<float>(*cpu));
    if (columns_ < 3) return ok();
    const auto memory = parse_share(fields[2]);
    if (!memory) return bad(i, "memory must be a share of 0 to 1, or a percentage such as 35%");
    trace_.memory.push_back(static_cast<float>(*memory));
    return ok();
  }

  const std::string& file_;
  Trace trace_;
  std::size_t columns_ = 0;
  std::int64_t last_ = 0;
};

Result<Trace> read_trace(const std::string& path) {
  std::error_code none;
  if (std::filesystem::exists(path, none) && !std::filesystem::is_regular_file(path, none)) {
    return Error{ErrorClass::Invalid, path + ": is no ordinary file"};
  }
  const auto text = read_text_file(path, kMaxTraceBytes);
  if (!text) return text.error();
  return parse_trace(*text, path);
}

}  // namespace

Result<Trace> parse_trace(const std::string& text, const std::string& file) {
  return TraceReader(file).read(text);
}

Result<std::vector<Trace>> read_traces(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code none;
  if (!fs::is_directory(path, none)) {
    auto trace = read_trace(path);
    if (!trace) return trace.error();
    return std::vector<Trace>{std::move(trace).value()};
  }
  std::vector<std::string> files;
  std::error_code fault;
  for (fs::directory_iterator entry(path, fault), end; !fault && entry != end; entry.increment(fault)) {
    const bool hidden = entry->path().filename().string().starts_with('.');
    if (!hidden && entry->is_regular_file(none)) files.push_back(entry->path().string());
  }
  if (fault) return Error{ErrorClass::Invalid, path + ": the folder can't be read: " + fault.message()};
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    return Error{ErrorClass::Invalid, path + ": the folder has no traces; files whose names begin with a dot are passed over"};
  }
  std::vector<Trace> traces;
  for (const std::string& file : files) {
    auto trace = read_trace(file);
    if (!trace) return trace.error();
    if (!traces.empty() && (trace->cpu.size() != traces.front().cpu.size() || trace->interval != traces.front().interval)) {
      return Error{ErrorClass::Invalid, file + ": has " + std::to_string(trace->cpu.size()) + " samples at " +
                                            to_string(trace->interval) + " where " + traces.front().name + " has " +
                                            std::to_string(traces.front().cpu.size()) + " at " +
                                            to_string(traces.front().interval) + "; traces of one folder must be alike"};
    }
    traces.push_back(std::move(trace).value());
  }
  return traces;
}

}  // namespace drover::sim
