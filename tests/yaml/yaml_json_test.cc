#include "yaml/yaml_json.h"

#include <gmock/gmock.h>

namespace drover {
namespace {

using nlohmann::json;

json read(const std::string& text) {
  YamlFault fault("f.yaml");
  json value = yaml_to_json(YAML::Load(text), fault);
  EXPECT_FALSE(fault.noted()) << fault.error().message;
  return value;
}
std::string error_of(const std::string& text) {
  YamlFault fault("f.yaml");
  (void)yaml_to_json(YAML::Load(text), fault);
  return fault.noted() ? fault.error().message : "";
}

// kubectl reads YAML 1.1, and what works with kubectl apply is to work here.
TEST(YamlJson, ReadsScalarsAsKubectlDoes) {
  for (const char* yes : {"true", "True", "TRUE", "yes", "on", "y"}) EXPECT_EQ(read(yes), json(true)) << yes;
  for (const char* no : {"false", "False", "FALSE", "no", "off", "N"}) EXPECT_EQ(read(no), json(false)) << no;
  EXPECT_EQ(read("010"), json(8));
  EXPECT_EQ(read("0o10"), json(8));
  EXPECT_EQ(read("0x1f"), json(31));
  EXPECT_EQ(read("1_000"), json(1000));
  EXPECT_EQ(read("+3"), json(3));
  EXPECT_EQ(read("-3"), json(-3));
  EXPECT_EQ(read(".2"), json(0.2));
  EXPECT_EQ(read("+0.2"), json(0.2));
  EXPECT_EQ(read("089"), json(89.0));
  EXPECT_EQ(read("1e3"), json(1000.0));
  EXPECT_EQ(read("~"), json(nullptr));
}

TEST(YamlJson, KeepsTextsTexts) {
  for (const char* text :
       {"1.2.3", "0x", "1 2", "truest", ".nan", ".inf", "inf", "nan", "-", "+", ".", "0b2", "--1", "1e999", "5m"}) {
    EXPECT_EQ(read("\"" + std::string(text) + "\""), json(text));
    EXPECT_EQ(plain_scalar(text), json(text)) << text;
  }
  EXPECT_EQ(read("'yes'"), json("yes"));
  EXPECT_EQ(read("!!str 12"), json("12"));
  EXPECT_EQ(read("|\n  12\n"), json("12\n"));
}

TEST(YamlJson, MergesMapsBehindTheFieldsThatAreWritten) {
  EXPECT_EQ(read("a: &a {x: 1, y: 1}\nb: {<<: *a, y: 2}\n")["b"], (json{{"x", 1}, {"y", 2}}));
  EXPECT_EQ(read("a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b], z: 3}\n")["c"], (json{{"x", 1}, {"y", 2}, {"z", 3}}));
  EXPECT_THAT(error_of("a: &a [1]\nb: {<<: *a}\n"), ::testing::HasSubstr("f.yaml:2: <<: must name a map"));
}

}  // namespace
}  // namespace drover
