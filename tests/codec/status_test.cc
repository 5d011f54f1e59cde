#include "codec/status.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

TEST(Status, TellsWhatToDoNext) {
  EXPECT_EQ(decode_status(
                R"({"kind":"Status","status":"Failure","message":"nodes \"n9\" not found","reason":"NotFound","code":404})", 404),
            (Error{ErrorClass::NotFound, "nodes \"n9\" not found", 404, {}}));
  EXPECT_EQ(decode_status(R"({"kind":"Status","message":"exists","reason":"AlreadyExists","code":409})", 409).cls,
            ErrorClass::AlreadyExists);
  EXPECT_EQ(decode_status(R"({"kind":"Status","message":"later","reason":"Conflict","code":409})", 409).cls, ErrorClass::Conflict);
  EXPECT_EQ(decode_status(R"({"kind":"Status","message":"slow","code":429,"details":{"retryAfterSeconds":2}})", 429),
            (Error{ErrorClass::Retryable, "slow", 429, seconds{2}}));
}

TEST(Status, OfAWatchTakesItsOwnCode) {
  EXPECT_EQ(decode_status(R"({"kind":"Status","message":"too old","reason":"Expired","code":410})", 0).cls, ErrorClass::Gone);
  EXPECT_EQ(decode_status(R"({"kind":"Status","message":"too old","reason":"Expired"})", 0).cls, ErrorClass::Gone);
}

TEST(Status, ThatIsNoneGivesItsFirstLine) {
  EXPECT_EQ(decode_status("upstream connect error\nmore", 503), (Error{ErrorClass::Retryable, "upstream connect error", 503, {}}));
  EXPECT_EQ(decode_status("", 403), (Error{ErrorClass::Denied, "", 403, {}}));
  EXPECT_EQ(decode_status(R"({"kind":"Table"})", 422).cls, ErrorClass::Invalid);
}

}  // namespace
}  // namespace drover
