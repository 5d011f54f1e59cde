#include "codec/instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drover {
namespace {

using testing::HasSubstr;

const std::string kNode = R"({"name":"n1","cpu_m":4000,"mem_mib":8192})";
const std::string kVm = R"({"name":"db","cpu_m":1000,"mem_mib":2048,"node":"n1"})";

std::string file(const std::string& nodes, const std::string& vms, const std::string& t = "3") {
  return "{\"nodes\":[" + nodes + "],\n\"vms\":[" + vms + "],\n\"t\":" + t + "}";
}

TEST(InstanceFile, IsReadWithNamesInTheOrderOfTheFile) {
  const auto read = read_instance(file(kNode + R"(,{"mem_mib":1,"name":"n0","cpu_m":0})", kVm));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->node_names, (std::vector<std::string>{"n1", "n0"}));
  EXPECT_EQ(read->vm_names, std::vector<std::string>{"db"});
  EXPECT_EQ(read->instance.nodes[0], (placement::Size{4000, 8192}));
  EXPECT_EQ(read->instance.vms[0].size, (placement::Size{1000, 2048}));
  EXPECT_EQ(read->instance.vms[0].node, 0);
  EXPECT_EQ(read->instance.most_moves, 3);
  EXPECT_TRUE(read_instance(file(kNode, ""))) << "no VMs is a pool that waits for some";
}

TEST(InstanceFile, SaysWhatIsWrongWhereAndWhatIsRight) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"", "the file is empty"},
      {" \n", "the file is empty"},
      {"[]", "want an object with nodes, vms, t"},
      {"{\n\"nodes\":[\n", "line 3: "},
      {"{\"nodes\":[{\"name\":\"\xff\"", "line 1: "},
      {file("", ""), "nodes: there are none"},
      {file(kNode, kVm, "0"), "t: want a whole number from 1"},
      {file(kNode, kVm, "-1"), "t: want a whole number from 1"},
      {file(kNode, kVm, "1.5"), "t: want a whole number from 1"},
      {file(kNode, kVm, "1e400"), "whole numbers"},
      {R"({"nodes":[],"vms":[]})", "t: is missing"},
      {R"({"nodes":[],"vms":[],"t":1,"T":1})", "T: there is no such field; the fields are nodes, vms, t"},
      {R"({"nodes":[],"vms":[],"t":1,"t":2})", "\"t\" is given twice"},
      {R"({"nodes":{},"vms":[],"t":1})", "nodes: want a list"},
      {file("7", ""), "nodes[0]: want an object with name, cpu_m, mem_mib; have 7"},
      {file(R"({"name":"","cpu_m":1,"mem_mib":1})", ""), "nodes[0].name: want a name"},
      {file(R"({"name":"n1","cpu_m":"4","mem_mib":1})", ""),
       "nodes[0].cpu_m: want a whole number from 0 to 1000000000000, in millicores; have \"4\""},
      {file(R"({"name":"n1","cpu_m":1,"mem_mib":1000000000000000000})", ""), "nodes[0].mem_mib: want"},
      {file(R"({"name":"n1","cpu_m":1,"mem_mib":18446744073709551615})", ""), "nodes[0].mem_mib: want"},
      {file(kNode + "," + kNode, ""), "nodes[1].name: \"n1\" is the name of an earlier one"},
      {file(kNode, kVm + "," + kVm), "vms[1].name: \"db\" is the name of an earlier one"},
      {file(kNode, R"({"name":"db","cpu_m":-1,"mem_mib":2048,"node":"n1"})"), "vms[0].cpu_m: want"},
      {file(kNode, R"({"name":"db","cpu_m":1,"mem_mib":2048,"node":"n2"})"), "vms[0].node: there is no node \"n2\""},
      {file(kNode, R"({"name":"db","cpu_m":1,"mem_mib":2048,"node":null})"), "vms[0].node: want the name of a node"},
      {file(kNode, R"({"name":"db","cpu_m":1,"mem_mib":2048})"), "vms[0].node: is missing"},
      {file(kNode, R"({"name":"db","cpu_m":1,"mem_mib":2048,"node":"n1","mem":1})"), "vms[0].mem: there is no such field"},
      {file(kNode, R"({"name":"db","cpu_m":4001,"mem_mib":2048,"node":"n1"})"), "vms[0]: \"db\" fits on no node"}};
  for (const auto& [text, message] : wrong) {
    const auto read = read_instance(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().cls, ErrorClass::Invalid);
    EXPECT_THAT(read.error().message, HasSubstr(message)) << text;
  }
}

TEST(InstanceFile, AnOverloadedNodeIsNoMistake) {
  EXPECT_TRUE(read_instance(file(kNode, kVm + R"(,{"name":"big","cpu_m":4000,"mem_mib":2048,"node":"n1"})")));
}

}  // namespace
}  // namespace drover
