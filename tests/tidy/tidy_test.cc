// Rules about the source itself: who may include whom, what the pure core must not touch, how long a file may get.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tidy/repository.h"

namespace drover::tidy {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxLines = 400;

// "operator/core/step.cc:12"
std::string place(const SourceFile& file, std::size_t index) {
  return file.path + ":" + std::to_string(index + 1);
}

TEST(Tidy, EveryModuleStandsInTheTable) {
  ASSERT_GT(allowed_includes().size(), 10U) << "CONTRIBUTING.md has no table of modules";
  std::set<std::string> seen;
  for (const auto& file : operator_files()) seen.insert(file.module);
  for (const auto& module : seen)
    EXPECT_TRUE(allowed_includes().contains(module)) << module << " has no line in CONTRIBUTING.md's table";
  for (const auto& [module, allowed] : allowed_includes()) {
    EXPECT_TRUE(fs::is_directory(kRoot / "operator" / module))
        << "CONTRIBUTING.md's table speaks of " << module << ", which is not there";
  }
}

TEST(Tidy, ModulesIncludeOnlyWhatTheTableAllows) {
  for (const auto& file : operator_files()) {
    const auto row = allowed_includes().find(file.module);
    if (row == allowed_includes().end() || row->second.contains("all")) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string name = included(file.lines[i]);
      if (name.empty() || name == file.module) continue;
      EXPECT_TRUE(row->second.contains(name)) << place(file, i) << ": " << file.module << " may not include " << name
                                              << " (the table is in CONTRIBUTING.md): " << file.lines[i];
    }
  }
}

TEST(Tidy, WhatDecidesIsPure) {
  const std::set<std::string> pure = {"core", "placement", "consolidate", "books"};
  const std::vector<std::pair<std::regex, std::string>> forbidden = {
      {std::regex(R"(#include <(thread|mutex|shared_mutex|condition_variable|atomic|future|stop_token|semaphore|latch|barrier)>)"),
       "threads"},
      {std::regex(R"(#include <random>|\brand\(|\bstd::random_)"), "randomness"},
      {std::regex(R"(#include <(fstream|iostream|filesystem)>|\b(fopen|printf|fprintf|puts)\()"), "files"},
      {std::regex(
           R"(\b(system_clock|steady_clock|high_resolution_clock|utc_clock)\b|\bnow\(\)|#include <ctime>|\btime\(nullptr\))"),
       "a clock"},
      {std::regex(R"(\bgetenv\()"), "the environment"},
      {std::regex(R"(\bunordered_(map|set|multimap|multiset)\b)"), "an order that a hash decides"},
      {std::regex(R"(\bthread_local\b)"), "state of a thread"},
  };
  for (const auto& file : operator_files()) {
    if (!pure.contains(file.module)) continue;
    for (std::size_t i = 0; i < file.code.size(); ++i) {
      for (const auto& [pattern, what] : forbidden) {
        EXPECT_FALSE(std::regex_search(file.code[i], pattern))
            << place(file, i) << ": " << file.module << " must not use " << what << ": " << file.lines[i];
      }
    }
  }
}

TEST(Tidy, FilesFitAHead) {
  for (const auto& file : operator_files())
    EXPECT_LE(file.lines.size(), kMaxLines) << file.path << " is too long: split it by what it does";
}

TEST(Tidy, NothingIsLeftForLater) {
  const std::regex banned(R"(\b(TODO|FIXME|XXX|HACK)\b)");
  for (const auto& file : operator_files()) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      EXPECT_FALSE(std::regex_search(file.lines[i], banned)) << place(file, i) << ": " << file.lines[i];
    }
  }
}

TEST(Tidy, HeadersAreGuardedAndSayWhatTheyAre) {
  for (const auto& file : operator_files()) {
    if (!file.path.ends_with(".h")) continue;
    ASSERT_FALSE(file.lines.empty()) << file.path;
    EXPECT_TRUE(file.lines[0].starts_with("// ")) << file.path << " does not begin with a comment that gives its contract";
    bool guarded = false;
    for (const auto& line : file.lines) guarded |= line == "#pragma once";
    EXPECT_TRUE(guarded) << file.path << " lacks #pragma once";
  }
}

// A name in a README: "name.h", `name.h`, or "name" alone for name.h and name.cc together.
bool names(const std::vector<std::string>& readme, const fs::path& file) {
  const std::regex full("(^|[^a-z0-9_])" + file.stem().string() + "(\\.(h|cc)|[^a-z0-9_]|$)");
  for (const auto& line : readme) {
    if (std::regex_search(line, full)) return true;
  }
  return false;
}

TEST(Tidy, EveryFolderHasAReadmeThatNamesItsFiles) {
  std::set<fs::path> folders;
  for (const auto& file : operator_files()) folders.insert((kRoot / file.path).parent_path());
  for (const auto& folder : folders) {
    const fs::path path = folder / "README.md";
    if (!fs::exists(path)) {
      ADD_FAILURE() << fs::relative(path, kRoot) << " is missing: say in a line what each file is for";
      continue;
    }
    const auto readme = read_lines(path);
    for (const auto& entry : fs::directory_iterator(folder)) {
      const auto extension = entry.path().extension();
      if (extension != ".h" && extension != ".cc") continue;
      EXPECT_TRUE(names(readme, entry.path()))
          << fs::relative(path, kRoot) << " does not say what " << entry.path().filename() << " is for";
    }
  }
}

// What stands between "# shared: NAME" and "# end of shared".
std::map<std::string, std::vector<std::string>> shared_blocks(const fs::path& path) {
  std::map<std::string, std::vector<std::string>> blocks;
  std::vector<std::string>* block = nullptr;
  for (const auto& line : read_lines(path)) {
    const auto mark = line.find("# shared: ");
    if (mark != std::string::npos) {
      block = &blocks[line.substr(mark)];
    } else if (line.find("# end of shared") != std::string::npos) {
      block = nullptr;
    } else if (block != nullptr) {
      block->push_back(line);
    }
  }
  return blocks;
}

TEST(Tidy, BothPolicyKindsShareOneSchema) {
  const auto owners = shared_blocks(kRoot / "crds/migrationpolicies.yaml");
  const auto cluster = shared_blocks(kRoot / "crds/clustermigrationpolicies.yaml");
  ASSERT_EQ(owners.size(), 4U);
  ASSERT_EQ(cluster.size(), owners.size());
  for (const auto& [name, lines] : owners)
    EXPECT_EQ(lines, cluster.at(name)) << name << " differs between the two policy kinds in crds/";
}

// The words of a text that a pattern finds, by its first group.
std::set<std::string> words(const std::vector<std::string>& lines, const std::regex& pattern) {
  std::set<std::string> found;
  for (const auto& line : lines) {
    for (std::sregex_iterator match(line.begin(), line.end(), pattern), end; match != end; ++match) found.insert((*match)[1]);
  }
  return found;
}

// Words in the code of all modules, without those that a comment or a string has.
std::set<std::string> code_words(const std::regex& pattern) {
  std::set<std::string> found;
  for (const auto& file : operator_files()) found.merge(words(file.code, pattern));
  return found;
}

// The values of an enum that has a text for each: "case Reason::Moving: return ...".
std::set<std::string> values_of(const std::string& enumeration) {
  return code_words(std::regex(R"(^\s*case )" + enumeration + R"(::(\w+): return ;)"));
}

TEST(Tidy, EveryReasonIsExplained) {
  const auto reasons = values_of("Reason");
  ASSERT_GT(reasons.size(), 20U);
  EXPECT_EQ(words(read_lines(kRoot / "docs/reasons.md"), std::regex(R"(^\| ([A-Z]\w+) \|)")), reasons);
}

// A reason that is only compared with, or put into words, is one that no decision ever has.
TEST(Tidy, EveryReasonIsGivenByADecision) {
  const std::regex only_asked(R"((case|[=!]=) Reason::\w+)");
  std::set<std::string> given;
  for (const auto& file : operator_files()) {
    std::vector<std::string> code;
    for (const auto& line : file.code) code.push_back(std::regex_replace(line, only_asked, ""));
    given.merge(words(code, std::regex(R"(\bReason::(\w+))")));
  }
  for (const auto& reason : values_of("Reason")) EXPECT_TRUE(given.contains(reason)) << reason << " is given by nothing";
}

TEST(Tidy, EveryReasonOfAConditionIsExplained) {
  const auto reasons = values_of("ConditionReason");
  ASSERT_GT(reasons.size(), 5U);
  EXPECT_EQ(words(read_lines(kRoot / "docs/api.md"), std::regex(R"(^\| `([A-Z]\w+)` \|)")), reasons);
}

// A reason written out where it is shown would be in no list, and explained nowhere.
TEST(Tidy, ReasonsAreShownByTheirEnumeration) {
  const std::regex literal(R"re(("reason"\] = |"reason", |\.reason = )"[A-Z][A-Za-z]+")re");
  for (const auto& file : operator_files()) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      EXPECT_FALSE(std::regex_search(file.lines[i], literal)) << place(file, i) << ": " << file.lines[i];
    }
  }
}

// Shuts nodes down by pods, in a namespace of its own that only those who use it make.
constexpr const char* kWakeOnLan = "operator/adapters/wake_on_lan/";

// "get virtualmachineinstances": the calls of the Kubernetes API in the code, of that adapter or of all else.
std::set<std::string> calls_of_the_api(bool of_wake_on_lan) {
  std::map<std::string, std::string> resources;  // by constant
  const std::regex constant(R"re(ResourceType (k\w+)\{"[^"]*", "[^"]*", "(\w+)")re");
  for (const auto& line : read_lines(kRoot / "operator/ports/kube_api.h")) {
    std::smatch match;
    if (std::regex_search(line, match, constant)) resources[match[1]] = match[2];
  }
  const std::map<std::string, std::string> verbs = {
      {"get", "get"}, {"create", "create"}, {"replace", "update"}, {"remove", "delete"}, {"apply", "patch"}};
  const std::map<std::string, std::string> verbs_of_values = {{"Get", "get"},        {"List", "list"},     {"Create", "create"},
                                                              {"Replace", "update"}, {"Remove", "delete"}, {"Evict", "create"},
                                                              {"Apply", "patch"}};
  std::set<std::string> calls;
  for (const auto& file : operator_files()) {
    if (file.path.starts_with(kWakeOnLan) != of_wake_on_lan) continue;
    std::string text;
    for (const auto& line : file.code) text += line + " ";
    const std::regex value(R"(Verb::(\w+),\s+\.type = resource::(k\w+))");
    for (std::sregex_iterator match(text.begin(), text.end(), value), end; match != end; ++match)
      calls.insert(verbs_of_values.at((*match)[1]) + " " + resources.at((*match)[2]) +
                   ((*match)[1] == "Evict"   ? "/eviction"
                    : (*match)[1] == "Apply" ? "/status"
                                             : ""));
    const std::regex call(R"(\b(get|create|replace|remove|apply)\(resource::(k\w+))");
    for (const auto& line : file.code) {
      for (std::sregex_iterator match(line.begin(), line.end(), call), end; match != end; ++match)
        calls.insert(verbs.at((*match)[1]) + " " + resources.at((*match)[2]));
    }
    for (const auto& kind : words(file.code, std::regex(R"(case Kind::\w+: return resource::(k\w+))"))) {
      for (const char* verb : {"list ", "watch "}) calls.insert(verb + resources.at(kind));
    }
  }
  if (of_wake_on_lan) return calls;
  // The status of a policy, whose kind is chosen as it is written.
  for (const char* kind : {"migrationpolicies", "clustermigrationpolicies"}) calls.insert("patch " + std::string(kind) + "/status");
  return calls;
}

std::set<std::string> rights_in(const fs::path& manifest) {
  std::set<std::string> rights;
  std::vector<std::string> resources;
  const std::regex word(R"(([a-z/]+)(, |\]))");
  for (const auto& line : read_lines(manifest)) {
    if (line.starts_with("# Rights for people")) break;
    const auto list = line.find(": [");
    if (line.starts_with("  resources: [")) {
      const auto found = words({line.substr(list)}, word);
      resources.assign(found.begin(), found.end());
    } else if (line.starts_with("  verbs: [")) {
      for (const auto& verb : words({line.substr(list)}, word)) {
        for (const auto& resource : resources) rights.insert(verb + " " + resource);
      }
    }
  }
  return rights;
}

TEST(Tidy, DroverHasTheRightsThatItsCallsNeedAndNoOthers) {
  const auto rights = rights_in(kRoot / "manifests/rbac.yaml");
  ASSERT_GT(rights.size(), 15U);
  EXPECT_EQ(rights, calls_of_the_api(false));
  auto for_wake_on_lan = rights_in(kRoot / "manifests/wake-on-lan.yaml");
  for_wake_on_lan.insert("get nodes");  // which every operator has
  EXPECT_EQ(for_wake_on_lan, calls_of_the_api(true));
}

// Or consolidation would empty the node under it.
TEST(Tidy, TheManifestsTellDroverItsNode) {
  const auto names = words(read_lines(kRoot / "manifests/deployment.yaml"), std::regex(R"(- name: (DROVER_\w+))"));
  EXPECT_TRUE(names.contains("DROVER_NODE_NAME"));
}

TEST(Tidy, EveryMetricIsDescribed) {
  const auto metrics = words(read_lines(kRoot / "operator/adapters/telemetry/metrics.cc"), std::regex(R"re("(drover_\w+)")re"));
  ASSERT_GT(metrics.size(), 20U);
  EXPECT_EQ(words(read_lines(kRoot / "docs/operations.md"), std::regex(R"(`(drover_\w+)`)")), metrics);
}

// What a Markdown file links to inside the repository is there.
TEST(Tidy, LinksLeadSomewhere) {
  std::size_t links = 0;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "docs")) {
    if (entry.path().extension() != ".md") continue;
    for (const auto& target : words(read_lines(entry.path()), std::regex(R"(\]\(([^):#]+)\))"))) {
      EXPECT_TRUE(fs::exists(entry.path().parent_path() / target)) << entry.path() << " links to " << target;
    }
  }
  for (const auto& target : words(read_lines(kRoot / "README.md"), std::regex(R"(\]\(([^):#]+)\))"))) {
    EXPECT_TRUE(fs::exists(kRoot / target)) << "README.md links to " << target;
    ++links;
  }
  EXPECT_GT(links, 5U);
}

// The page on the machine and CONTRIBUTING.md name files; they must be there.
TEST(Tidy, WhatTheWayInNamesIsThere) {
  for (const char* page : {"CONTRIBUTING.md", "docs/design/machine.md"}) {
    const auto files = words(read_lines(kRoot / page), std::regex(R"(`((operator|tests|crds|docs|manifests|scripts)/[\w/.-]+)`)"));
    ASSERT_GT(files.size(), 5U) << page;
    for (const auto& file : files) {
      const bool source = fs::exists(kRoot / file) || fs::exists(kRoot / (file + ".h"));
      EXPECT_TRUE(source) << page << " speaks of " << file;
    }
  }
}

TEST(TidyReader, LeavesCommentsAndStringsOut) {
  EXPECT_EQ(code_only({"int a; // now()", "f(\"now()\");", "/* rand()", "*/ g();", "x = 1'000; // y"}),
            (std::vector<std::string>{"int a; ", "f();", "", " g();", "x = 1'000; "}));
}

TEST(TidyReader, TellsWhatAnIncludeNames) {
  EXPECT_EQ(included("#include <vector>"), "");
  EXPECT_EQ(included("#include <sys/socket.h>"), "POSIX");
  EXPECT_EQ(included("#include <nlohmann/json.hpp>"), "nlohmann-json");
  EXPECT_EQ(included("#include \"core/step.h\""), "core");
  EXPECT_EQ(included("#include \"adapters/clock/system_clock.h\""), "adapters/clock");
  EXPECT_EQ(included("int x;"), "");
}

}  // namespace
}  // namespace drover::tidy
