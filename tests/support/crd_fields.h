// The fields that people write, as the schemas in crds/ have them.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace drover::test {

// The paths under spec of a CRD's schema that have nothing below them: "spec.perVM.cooldown". A field is a key right below
// "properties"; the items of a list add nothing to the path.
inline std::set<std::string> fields_of(const std::string& crd) {
  struct Key {
    std::size_t indent;
    std::string name;
  };
  std::ifstream in(std::string(DROVER_SOURCE_DIR) + "/crds/" + crd);
  EXPECT_TRUE(in) << crd;
  const std::regex key(R"(^( *)(?:- )?([A-Za-z]\w*):.*)");
  std::vector<Key> stack;
  std::set<std::string> all;
  for (std::string line; std::getline(in, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, key)) continue;
    const auto indent = static_cast<std::size_t>(match[1].length());
    while (!stack.empty() && stack.back().indent >= indent) stack.pop_back();
    stack.push_back({indent, match[2]});
    std::string path;
    for (std::size_t i = 1; i < stack.size(); ++i) {
      if (stack[i - 1].name == "properties") path += (path.empty() ? "" : ".") + stack[i].name;
    }
    if (path.starts_with("spec.") && stack.size() > 1 && stack[stack.size() - 2].name == "properties") all.insert(path);
  }
  std::set<std::string> leaves;
  for (const std::string& path : all) {
    const auto below = all.lower_bound(path + ".");
    if (below == all.end() || !below->starts_with(path + ".")) leaves.insert(path);
  }
  return leaves;
}

}  // namespace drover::test
