#include "kube/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace drover::kube {
namespace {

using testing::HasSubstr;

TEST(Files, ErrorsNameTheFileAndTheReason) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(read_file(folder.path("absent")).error().message, testing::AllOf(HasSubstr("absent"), HasSubstr("No such file")));
  EXPECT_THAT(read_file(folder.path()).error().message, HasSubstr("is a folder"));
  EXPECT_THAT(read_file(folder.write("big", std::string((4 << 20) + 1, 'x'))).error().message, HasSubstr("longer than 4 MiB"));
  const std::string big(100'000, 'y');
  EXPECT_EQ(read_file(folder.write("fine", big)).value(), big);
}

TEST(Files, ASecretIsOneLineOfPlainCharacters) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(read_secret_line(folder.write("t", " abc.def \n")).value(), "abc.def");
  EXPECT_THAT(read_secret_line(folder.write("t", " \n")).error().message, HasSubstr("is empty"));
  const Error two = read_secret_line(folder.write("t", "abc\r\nX-Evil: 1")).error();
  EXPECT_THAT(two.message, HasSubstr("more than one line"));
  EXPECT_THAT(two.message, testing::Not(HasSubstr("abc")));
}

}  // namespace
}  // namespace drover::kube
