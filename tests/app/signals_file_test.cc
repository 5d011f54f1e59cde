#include "app/signals_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drover {
namespace {

using testing::HasSubstr;

TEST(SignalsFile, ReadsTheExample) {
  const auto read = read_signals(DROVER_SOURCE_DIR "/manifests/signals.yaml");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_TRUE(read->contains("swap-in"));
  EXPECT_EQ(read->at("swap-in").unit, "bytes/s");
  EXPECT_THAT(read->at("swap-in").promql.query, HasSubstr("namespace=\"$namespace\""));
  EXPECT_EQ(read->at("swap-in").promql.name_label, "name");
}

TEST(SignalsFile, ReadsTheLabelsOfTheAnswer) {
  const auto read = parse_signals("- {name: a, query: 'q{ns=\"$namespace\"}', namespaceLabel: ns, nameLabel: vm}\n", "s.yaml");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->at("a").promql.namespace_label, "ns");
  EXPECT_EQ(read->at("a").promql.name_label, "vm");
}

TEST(SignalsFile, NamesFileLineFieldAndFix) {
  const std::string good = "- name: a\n  query: 'q{namespace=\"$namespace\"}'\n";
  for (const auto& [text, fault] : std::vector<std::pair<std::string, std::string>>{
           {"", "s.yaml: is empty"},
           {"name: a\n", "s.yaml:1: must be a list of signals"},
           {good + "- name: A_b\n", "s.yaml:3: [1].name: must be lower-case letters"},
           {good + "- name: b\n", "s.yaml:3: [1].query: is missing"},
           {good + "- name: b\n  query: up\n", "s.yaml:4: [1].query: has no $namespace"},
           {good + good, "s.yaml:3: [1].name: is there twice"},
           {good + "  units: ms\n", "s.yaml:3: [0].units: is no field here; there are: description, name"},
           {good + "  unit: [ms]\n", "s.yaml:3: [0].unit: must be a single value"},
           {good + "  description: \"a\\nb\"\n", "s.yaml:3: [0].description: must be one line"},
           {good + "  nameLabel: vm-name\n", "s.yaml:3: [0].nameLabel: must be the name of a label"},
           {good + "---\n[]\n", "is a second document"}}) {
    const auto read = parse_signals(text, "s.yaml");
    ASSERT_FALSE(read) << text;
    EXPECT_THAT(read.error().message, HasSubstr(fault));
  }
}

}  // namespace
}  // namespace drover
