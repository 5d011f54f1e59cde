// The repository as text, for tests about the source itself.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace drover::tidy {

inline const std::filesystem::path kRoot = DROVER_SOURCE_DIR;

struct SourceFile {
  std::string path;    // from the repository's root: "operator/core/step.cc"
  std::string module;  // "core", "adapters/clock"
  std::vector<std::string> lines;
  std::vector<std::string> code;  // the same lines without comments and the contents of string literals
};

// The lines of a file under the repository's root.
[[nodiscard]] std::vector<std::string> read_lines(const std::filesystem::path& path);

// C++ code without what stands in comments and in string literals; includes keep their names.
[[nodiscard]] std::vector<std::string> code_only(const std::vector<std::string>& lines);

// Every header and source under operator/.
[[nodiscard]] const std::vector<SourceFile>& operator_files();

// CONTRIBUTING.md's table of modules: what each may include. "all" stands for everything.
[[nodiscard]] const std::map<std::string, std::set<std::string>>& allowed_includes();

// What an include names: a module ("core", "adapters/clock"), a library by its name in the table, "POSIX", or "" for the C++
// standard library.
[[nodiscard]] std::string included(const std::string& line);

}  // namespace drover::tidy
