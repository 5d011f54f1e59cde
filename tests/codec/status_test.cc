#include "codec/status.h"

#include <gtest/gtest.h>

#include "codec/decoder.h"

namespace drover {
namespace {

// As the object of a watch's ERROR event, where it is read.
Error read(const std::string& status) {
  Decoder decoder(Kind::Vm);
  const auto event = decoder.watch_line(R"({"type":"ERROR","object":)" + status + "}");
  EXPECT_TRUE(event) << event.error().message;
  return event->error;
}

TEST(Status, TellsWhatToDoNext) {
  EXPECT_EQ(read(R"({"kind":"Status","message":"too old","reason":"Expired","code":410})"),
            (Error{ErrorClass::Gone, "too old", 410, {}}));
  EXPECT_EQ(read(R"({"kind":"Status","message":"no","code":403})"), (Error{ErrorClass::Denied, "no", 403, {}}));
  EXPECT_EQ(read(R"({"kind":"Status","message":"slow","code":429,"details":{"retryAfterSeconds":2}})"),
            (Error{ErrorClass::Retryable, "slow", 429, seconds{2}}));
  EXPECT_EQ(read(R"({"kind":"Status","message":"odd","code":500})"), (Error{ErrorClass::Retryable, "odd", 500, {}}));
}

TEST(Status, MaySayItInTheReasonAlone) {
  EXPECT_EQ(read(R"({"kind":"Status","reason":"Expired"})"), (Error{ErrorClass::Gone, "Expired", 410, {}}));
}

TEST(Status, ThatSaysNothingCanBeTriedAgain) {
  EXPECT_EQ(read("{}"), (Error{ErrorClass::Retryable, "the server ended the watch", 0, {}}));
}

}  // namespace
}  // namespace drover
