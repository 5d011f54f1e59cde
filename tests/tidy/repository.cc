#include "tidy/repository.h"

#include <algorithm>
#include <fstream>
#include <regex>
#include <utility>

namespace drover::tidy {
namespace {

namespace fs = std::filesystem;

std::string module_of(const fs::path& from_operator) {
  auto part = from_operator.begin();
  std::string name = part->string();
  if (name == "adapters") name += "/" + (++part)->string();
  return name;
}

std::vector<SourceFile> find_operator_files() {
  std::vector<SourceFile> files;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "operator")) {
    const auto extension = entry.path().extension();
    if (extension != ".h" && extension != ".cc") continue;
    const fs::path relative = fs::relative(entry.path(), kRoot / "operator");
    auto lines = read_lines(entry.path());
    auto code = code_only(lines);
    files.push_back({"operator/" + relative.string(), module_of(relative), std::move(lines), std::move(code)});
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

std::string trimmed(std::string text) {
  const auto odd = [](char c) { return c == ' ' || c == '`'; };
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), odd));
  text.erase(std::find_if_not(text.rbegin(), text.rend(), odd).base(), text.end());
  return text;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  for (std::size_t end = 0; end != std::string::npos; at = end + 1) {
    end = text.find(separator, at);
    parts.push_back(trimmed(text.substr(at, end == std::string::npos ? end : end - at)));
  }
  return parts;
}

std::map<std::string, std::set<std::string>> read_table() {
  std::map<std::string, std::set<std::string>> table;
  bool inside = false;
  for (const auto& line : read_lines(kRoot / "CONTRIBUTING.md")) {
    if (line.starts_with("| module ")) {
      inside = true;
    } else if (!line.starts_with("|")) {
      inside = false;
    } else if (inside && !line.starts_with("|---")) {
      const auto cells = split(line, '|');  // "", module, responsibility, includes, ""
      auto& allowed = table[cells.at(1)];
      for (const auto& name : split(cells.at(3), ',')) {
        if (!name.empty()) allowed.insert(name);
      }
    }
  }
  return table;
}

// The headers of a library begin with one of these.
const std::vector<std::pair<std::string, std::string>> kLibraries = {
    {"nlohmann/", "nlohmann-json"},
    {"simdjson.h", "simdjson"},
    {"yaml-cpp/", "yaml-cpp"},
    {"cpprest/", "cpprestsdk"},
    {"pplx/", "cpprestsdk"},
    {"boost/", "boost"},
    {"curl/", "libcurl"},
    {"sqlite3.h", "sqlite3"},
    {"libpq-fe.h", "libpq"},
    {"libvirt/", "libvirt"},
    {"prometheus/", "prometheus-cpp"},
    {"CivetServer.h", "civetweb"},
    {"civetweb.h", "civetweb"},
    {"spdlog/", "spdlog"},
    {"fmt/", "spdlog"},
    {"CLI/", "CLI11"},
    {"openssl/", "OpenSSL"},
    {"zlib.h", "zlib"},
    {"date/", "date"},
    {"fl/", "fuzzylite"},
    {"archive.h", "libarchive"},
    {"archive_entry.h", "libarchive"},
};

}  // namespace

std::vector<std::string> read_lines(const fs::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> code_only(const std::vector<std::string>& lines) {
  std::vector<std::string> code;
  bool in_block = false;  // a comment of several lines
  bool in_raw = false;    // a raw string of several lines, R"( ... )"
  for (const auto& line : lines) {
    std::string kept;
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string_view rest = std::string_view(line).substr(i);
      if (in_block) {
        if (rest.starts_with("*/")) in_block = false, ++i;
      } else if (in_raw) {
        if (rest.starts_with(")\"")) in_raw = false, ++i;
      } else if (quote != 0) {
        if (line[i] == '\\') {
          ++i;
        } else if (line[i] == quote) {
          quote = 0;
        }
      } else if (rest.starts_with("//")) {
        break;
      } else if (rest.starts_with("/*")) {
        in_block = true, ++i;
      } else if (rest.starts_with("R\"(")) {
        in_raw = true, i += 2;
      } else if (line[i] == '"' && !line.starts_with("#include")) {
        quote = '"';
      } else if (line[i] == '\'' && (i == 0 || std::isalnum(static_cast<unsigned char>(line[i - 1])) == 0)) {
        quote = '\'';  // not the separator of 1'000
      } else {
        kept += line[i];
      }
    }
    code.push_back(kept);
  }
  return code;
}

const std::vector<SourceFile>& operator_files() {
  static const std::vector<SourceFile> files = find_operator_files();
  return files;
}

const std::map<std::string, std::set<std::string>>& allowed_includes() {
  static const std::map<std::string, std::set<std::string>> table = read_table();
  return table;
}

std::string included(const std::string& line) {
  static const std::regex ours("^#include \"([^\"]+)\"");
  static const std::regex theirs("^#include <([^>]+)>");
  std::smatch match;
  if (std::regex_search(line, match, ours)) return module_of(match[1].str());
  if (!std::regex_search(line, match, theirs)) return "";
  const std::string header = match[1];
  for (const auto& [prefix, library] : kLibraries) {
    if (header.starts_with(prefix)) return library;
  }
  return header.find_first_of("./") == std::string::npos ? "" : "POSIX";
}

}  // namespace drover::tidy
