// All presets but dev compile the sources of a folder as one (DROVER_UNITY). Two functions of one name in two of them would become
// overloads there, and a call might choose the other's without a word.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tidy/repository.h"

namespace drover::tidy {
namespace {

namespace fs = std::filesystem;

// Sources that are compiled alone anyway: "tests/act/mark_node_test.cc".
std::set<std::string> compiled_alone() {
  std::set<std::string> found;
  for (const std::string root : {"operator", "tests"}) {
    bool listed = false;
    for (const auto& line : read_lines(kRoot / root / "CMakeLists.txt")) {
      if (line.starts_with("set_source_files_properties(")) listed = true;
      const std::regex source(R"(([a-z0-9_/]+\.cc)\b)");
      for (auto at = std::sregex_iterator(line.begin(), line.end(), source); listed && at != std::sregex_iterator(); ++at)
        found.insert(root + "/" + (*at)[1].str());
      if (line.find("PROPERTIES") != std::string::npos) listed = false;
    }
  }
  return found;
}

// Of the functions that the source keeps to itself; and, in a header, of all.
std::set<std::string> functions_in(const fs::path& path) {
  static const std::regex definition(R"(^(?:\[\[nodiscard\]\] |inline |constexpr |static )*[A-Za-z_][\w:<>, ]*[ &*]+(\w+)\()");
  std::set<std::string> found;
  const bool header = path.extension() == ".h";
  bool own = header;
  for (const auto& line : read_lines(path)) {
    if (!header && line == "namespace {") own = true;
    if (!header && line == "}  // namespace") own = false;
    std::smatch match;
    if (own && std::regex_search(line, match, definition) && !line.starts_with("TEST")) found.insert(match[1].str());
  }
  return found;
}

TEST(Unity, NoFunctionOfOneSourceIsTakenForAnothers) {
  const auto alone = compiled_alone();
  ASSERT_TRUE(alone.contains("operator/codec/vm.cc")) << "the list in operator/CMakeLists.txt is read wrongly";
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> defined;  // by folder and name
  for (const std::string root : {"operator", "tests"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / root)) {
      const std::string path = fs::relative(entry.path(), kRoot).string();
      const bool header = path.ends_with(".h") && root == "tests";  // the operator's headers overload on purpose
      // Programs of one source each are in tests/bench and tests/fuzz, and what is in torture_cases runs under no sanitizer.
      const bool looked_at = path.find("/bench/") == std::string::npos && path.find("/fuzz/") == std::string::npos &&
                             path.find("/torture_cases/") == std::string::npos && path.find("/papers/") == std::string::npos;
      if (!looked_at || alone.contains(path) || !(header || path.ends_with(".cc"))) continue;
      for (const auto& name : functions_in(entry.path())) defined[{entry.path().parent_path().string(), name}].push_back(path);
    }
  }
  EXPECT_GT(defined.size(), 400U);
  for (const auto& [key, paths] : defined) {
    EXPECT_LE(paths.size(), 1U)
        << key.second << " is a function of its own in " << paths.front() << " and in " << paths.back()
        << ": give one another name, or name the source in CMakeLists.txt among those that are compiled alone";
  }
}

}  // namespace
}  // namespace drover::tidy
