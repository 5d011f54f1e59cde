#include "nodepower/held.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "nodepower/files.h"
#include "nodepower/held_file.h"
#include "support/temporary_folder.h"

namespace drover::nodepower {
namespace {

using testing::HasSubstr;

Held some_held() {
  Held held{.boot_id = "b", .settings = "governor=powersave"};
  held.files[policy_file(0, kGovernorName)] = {"ondemand", "powersave", {}};
  held.files[online_file(3)] = {"1", "1", "0"};
  held.left[online_file(2)] = "1";
  return held;
}

TEST(Held, IsReadAsItWasWritten) {
  EXPECT_EQ(parse_held(held_json(some_held()), "f").value(), some_held());
  EXPECT_EQ(some_held().resting(), CpuSet{3});
  EXPECT_EQ(some_held().cpus_left(), CpuSet{2});
}

TEST(Held, IsRefusedWhenItIsNotOurs) {
  for (const std::string text : {"", "{", "[]", "{}", R"({"version":2,"bootId":"b","settings":"","files":{},"left":{}})",
                                 R"({"version":1,"bootId":7,"settings":"","files":{},"left":{}})",
                                 R"({"version":1,"bootId":"b","settings":"","files":[1],"left":{}})"})
    EXPECT_EQ(parse_held(text, "held.json").error().cls, ErrorClass::Invalid) << text;
  const auto odd = parse_held(
      R"({"version":1,"bootId":"b","settings":"","files":{"kernel/x":{"before":"a","written":"b"}},"left":{}})", "held.json");
  EXPECT_THAT(odd.error().message, HasSubstr("kernel/x, which this program never writes"));
}

TEST(HeldFile, OutlivesTheProgram) {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("deep/held.json");
  {
    auto store = HeldFileStore::open(path);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ((*store)->load().value(), std::nullopt);
    EXPECT_TRUE((*store)->save(some_held()));
  }
  EXPECT_EQ(HeldFileStore::open(path).value()->load().value(), some_held());
}

TEST(HeldFile, IsOneProgramsAtATime) {
  const test::TemporaryFolder folder;
  const auto first = HeldFileStore::open(folder.path("held.json"));
  const auto second = HeldFileStore::open(folder.path("held.json"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().cls, ErrorClass::Conflict);
}

TEST(HeldFile, KeepsTheOldOneWhenTheNewOneCantBeWritten) {
  const test::TemporaryFolder folder;
  auto store = HeldFileStore::open(folder.path("held.json")).value();
  ASSERT_TRUE(store->save(some_held()));
  std::filesystem::create_directory(folder.path("held.json.new"));  // in the way
  EXPECT_FALSE(store->save(Held{}));
  EXPECT_EQ(store->load().value(), some_held());
}

TEST(HeldFile, ThatIsBrokenIsNotTakenForNone) {
  const test::TemporaryFolder folder;
  folder.write("held.json", "{\"version\":1,");
  EXPECT_EQ(HeldFileStore::open(folder.path("held.json")).value()->load().error().cls, ErrorClass::Invalid);
}

}  // namespace
}  // namespace drover::nodepower
