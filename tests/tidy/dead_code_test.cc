// Nothing is kept that nobody uses: rights in the table of modules, headers, declarations, fields of the model.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "tidy/repository.h"

namespace drover::tidy {
namespace {

namespace fs = std::filesystem;

// What only tests and benchmarks run: there, being used by them is being used.
const std::set<std::string> kForTests = {"sim", "papers"};

using Counts = std::map<std::string, std::size_t>;

void count_words(const std::string& line, Counts& counts) {
  static const std::regex kWord(R"(\w+)");
  for (std::sregex_iterator match(line.begin(), line.end(), kWord), end; match != end; ++match) ++counts[match->str()];
}

Counts words_of(const SourceFile& file) {
  Counts counts;
  for (const auto& line : file.code) count_words(line, counts);
  return counts;
}

// How often each word stands in the code of operator/, by file.
const std::map<std::string, Counts>& product_words() {
  static const auto kWords = [] {
    std::map<std::string, Counts> words;
    for (const auto& file : operator_files()) words.emplace(file.path, words_of(file));
    return words;
  }();
  return kWords;
}

const Counts& test_words() {
  static const auto kWords = [] {
    Counts words;
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / "tests")) {
      const auto extension = entry.path().extension();
      if (extension != ".h" && extension != ".cc") continue;
      for (const auto& line : code_only(read_lines(entry.path()))) count_words(line, words);
    }
    return words;
  }();
  return kWords;
}

std::size_t count_of(const Counts& counts, const std::string& word) {
  const auto found = counts.find(word);
  return found == counts.end() ? 0 : found->second;
}

// Whether the comment above a declaration says that it is for tests.
bool says_for_tests(const SourceFile& file, std::size_t declaration) {
  for (std::size_t i = declaration; i > 0 && file.lines[i - 1].find("//") != std::string::npos; --i) {
    if (file.lines[i - 1].find("or tests") != std::string::npos) return true;
  }
  return false;
}

TEST(DeadCode, EveryRightInTheTableOfModulesIsUsed) {
  std::map<std::string, std::set<std::string>> used;
  for (const auto& file : operator_files()) {
    for (const auto& line : file.lines) used[file.module].insert(included(line));
  }
  for (const auto& [module, allowed] : allowed_includes()) {
    for (const auto& right : allowed) {
      if (right == "all") continue;
      EXPECT_TRUE(used[module].contains(right)) << module << " may include " << right << " and does not: take it out of the table "
                                                << "in CONTRIBUTING.md";
    }
  }
}

TEST(DeadCode, EveryHeaderIsIncludedBesideItsOwnSource) {
  std::map<std::string, std::size_t> includes;
  const std::regex pattern(R"re(#include "([^"]+)")re");
  const auto note = [&](const std::vector<std::string>& lines, const std::string& own) {
    for (const auto& line : lines) {
      std::smatch match;
      if (std::regex_search(line, match, pattern) && "operator/" + match[1].str() != own) ++includes["operator/" + match[1].str()];
    }
  };
  for (const auto& file : operator_files()) {
    fs::path header = file.path;
    note(file.lines, header.replace_extension(".h").string());
  }
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "tests")) {
    const auto extension = entry.path().extension();
    const std::string module = entry.path().parent_path().filename().string();
    const bool counts = entry.path().string().find("/tests/bench/") != std::string::npos || kForTests.contains(module);
    if (counts && (extension == ".h" || extension == ".cc")) note(read_lines(entry.path()), "");
  }
  for (const auto& file : operator_files()) {
    if (file.path.ends_with(".h")) {
      EXPECT_GT(includes[file.path], 0U) << file.path << " is included by nobody but its own source and tests";
    }
  }
}

// A function that a header declares is called somewhere in operator/: its name stands there more often than it is declared and
// defined. Overloads and methods of one name are counted together, so some dead ones pass; none that lives is accused.
TEST(DeadCode, EveryDeclaredFunctionIsUsed) {
  Counts total;
  for (const auto& [path, words] : product_words()) {
    for (const auto& [word, count] : words) total[word] += count;
  }
  const std::regex declaration(
      R"(^\s*(?:\[\[nodiscard\]\] )?(?:(?:static|virtual|inline|constexpr|friend|const) )*[\w:<>,&* ]*[\w>&*] &?\*?(\w+)\((.*)$)");
  const std::set<std::string> keywords = {"if", "while", "switch", "return", "for", "sizeof", "decltype", "throw", "case", "else"};
  std::size_t seen = 0;
  for (const auto& file : operator_files()) {
    if (!file.path.ends_with(".h")) continue;
    for (std::size_t i = 0; i < file.code.size(); ++i) {
      std::smatch match;
      const std::string& line = file.code[i];
      if (!std::regex_match(line, match, declaration) || keywords.contains(match[1])) continue;
      if (line.find("return ") != std::string::npos && line.find('{') == std::string::npos) continue;
      // The declaration ends with ";" (defined in a source) or with "{" (defined here, or "= default").
      std::size_t last = i;
      while (last + 1 < file.code.size() && file.code[last].find_first_of(";{") == std::string::npos) ++last;
      const bool here = file.code[last].find('{') != std::string::npos || file.code[last].find("= ") != std::string::npos;
      ++seen;
      std::size_t uses = total[match[1]];
      if (kForTests.contains(file.module) || says_for_tests(file, i)) uses += count_of(test_words(), match[1]);
      EXPECT_GT(uses, here ? 1U : 2U) << file.path << ":" << i + 1 << ": nothing in operator/ calls " << match[1];
    }
  }
  EXPECT_GT(seen, 500U);
}

// A field that is decoded and then read by nothing wakes the core for nothing, and looks as if it did something.
TEST(DeadCode, EveryFieldOfTheModelIsReadByWhatDecides) {
  const std::regex field(R"(^  [\w:<>, *]+ (\w+)(?: = .*|\{.*\})?;$)");
  std::size_t seen = 0;
  for (const auto& file : operator_files()) {
    if (file.module != "model" || !file.path.ends_with(".h")) continue;
    for (std::size_t i = 0; i < file.code.size(); ++i) {
      std::smatch match;
      std::string line = file.code[i];
      line.erase(line.find_last_not_of(' ') + 1);
      if (!std::regex_match(line, match, field) || line.find("return ") != std::string::npos) continue;
      if (match[1].str().ends_with('_')) continue;  // private: the functions of its class read it
      ++seen;
      std::size_t reads = 0;
      for (const auto& [path, words] : product_words()) {
        if (path != file.path && !path.starts_with("operator/codec/")) reads += count_of(words, match[1]);
      }
      EXPECT_GT(reads, 0U) << file.path << ":" << i + 1 << ": nothing outside codec/ reads " << match[1];
    }
  }
  EXPECT_GT(seen, 100U);
}

}  // namespace
}  // namespace drover::tidy
