// The kernel's files below one root, with files of a test in their place.
#include "adapters/sysfs/root_sys_fs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "support/temporary_folder.h"

namespace drover {
namespace {

using testing::ElementsAre;

class SysFsTest : public testing::Test {
 protected:
  SysFsTest() {
    root.write("devices/a/value", "performance\n");
    root.write("devices/a/other", "1\n");
    outside.write("secret", "s\n");
  }
  [[nodiscard]] static bool only_value(std::string_view path) { return path.ends_with("value"); }

  test::TemporaryFolder outside;
  test::TemporaryFolder root;
  std::unique_ptr<RootSysFs> files = RootSysFs::open(root.path(), only_value).value();
};

TEST_F(SysFsTest, ReadsWithoutTheLineBreakAndWritesInOnePiece) {
  EXPECT_EQ(files->read("devices/a/value").value(), "performance");
  EXPECT_TRUE(files->write("devices/a/value", "power"));
  EXPECT_EQ(files->read("devices/a/value").value(), "power");
  EXPECT_THAT(files->list("devices/a").value(), ElementsAre("other", "value"));
}

TEST_F(SysFsTest, WritesOnlyWhatMayBeWrittenAndMakesNoFile) {
  EXPECT_EQ(files->write("devices/a/other", "0").error().cls, ErrorClass::Denied);
  EXPECT_EQ(files->write("devices/b/value", "0").error().cls, ErrorClass::NotFound);
  EXPECT_EQ(files->write("devices/a/new-value", "0").error().cls, ErrorClass::NotFound);
  EXPECT_EQ(RootSysFs::open(root.path(), nullptr).value()->write("devices/a/value", "0").error().cls, ErrorClass::Denied);
  EXPECT_EQ(files->read("devices/a/other").value(), "1");
}

TEST_F(SysFsTest, FollowsNoLinkNeitherAtTheEndNorOnTheWay) {
  std::filesystem::create_symlink(outside.path("secret"), root.path("devices/a/link-value"));
  std::filesystem::create_symlink(outside.path(), root.path("devices/out"));
  std::filesystem::create_symlink("a", root.path("devices/inside"));
  for (const char* path : {"devices/a/link-value", "devices/out/secret", "devices/inside/value"})
    EXPECT_EQ(files->read(path).error().cls, ErrorClass::Denied) << path;
  EXPECT_EQ(files->write("devices/a/link-value", "x").error().cls, ErrorClass::Denied);
  EXPECT_EQ(files->write("devices/inside/value", "x").error().cls, ErrorClass::Denied);
  EXPECT_FALSE(files->list("devices/out"));
}

TEST_F(SysFsTest, RefusesPathsThatGoUp) {
  for (const char* path : {"../x/value", "devices/../devices/a/value", "/etc/value", "devices//a/value", "", "devices/a/./value"}) {
    EXPECT_EQ(files->read(path).error().cls, ErrorClass::Denied) << path;
    EXPECT_FALSE(files->write(path, "x")) << path;
  }
}

TEST_F(SysFsTest, TellsWhereALinkLeadsWithinTheRoot) {
  std::filesystem::create_directories(root.path("class/meter"));
  std::filesystem::create_symlink("../../devices/a", root.path("class/meter/m0"));
  std::filesystem::create_symlink("../../../../etc", root.path("class/meter/m1"));
  std::filesystem::create_symlink("/etc", root.path("class/meter/m2"));
  EXPECT_EQ(files->link("class/meter/m0").value(), "devices/a");
  EXPECT_EQ(files->link("devices/a").value(), "devices/a");
  EXPECT_EQ(files->link("devices/a/value").value(), "devices/a/value");
  EXPECT_FALSE(files->link("class/meter/m1"));
  EXPECT_FALSE(files->link("class/meter/m2"));
}

TEST_F(SysFsTest, SaysWhatIsMissing) {
  EXPECT_EQ(files->read("devices/none/value").error().cls, ErrorClass::NotFound);
  EXPECT_EQ(RootSysFs::open(root.path("none"), nullptr).error().cls, ErrorClass::NotFound);
}

}  // namespace
}  // namespace drover
