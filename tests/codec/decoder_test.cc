#include "codec/decoder.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

const Vm& vm(const Object& object) {
  return *std::get<std::shared_ptr<const Vm>>(object.value);
}

TEST(ListPage, IsReadWithItemsBeforeMetadata) {  // as custom resources come
  Decoder decoder(Kind::Vm);
  const auto page = decoder.list(
      R"({"apiVersion":"kubevirt.io/v1","items":[{"metadata":{"name":"a","namespace":"x"}},{"metadata":{"name":"b","namespace":"x"}}],
    "kind":"VirtualMachineInstanceList","metadata":{"continue":"next","remainingItemCount":3,"resourceVersion":"12"}})");
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->items.size(), 2U);
  EXPECT_EQ(page->items[1].key, (ObjectKey{"x", "b"}));
  EXPECT_EQ(vm(page->items[1]).key, (ObjectKey{"x", "b"}));
  EXPECT_EQ(page->continue_token, "next");
  EXPECT_EQ(page->resource_version, "12");
}

TEST(ListPage, IsReadWithMetadataBeforeItems) {  // as core types come
  Decoder decoder(Kind::Node);
  const auto page = decoder.list(
      R"({"kind":"NodeList","apiVersion":"v1","metadata":{"resourceVersion":"12"},"items":[{"metadata":{"name":"n"}}]})");
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->items.size(), 1U);
  EXPECT_EQ(page->continue_token, "");
}

TEST(ListPage, MayBeEmpty) {
  Decoder decoder(Kind::Vm);
  EXPECT_TRUE(decoder.list(R"({"items":null,"metadata":{"resourceVersion":"1"}})")->items.empty());
  EXPECT_TRUE(decoder.list(R"({"items":[],"metadata":{"resourceVersion":"1"}})")->items.empty());
}

TEST(ListPage, LeavesOutAnObjectThatCannotBeReadAndReadsOn) {
  Decoder decoder(Kind::Vm);
  const auto page = decoder.list(
      R"({"items":[{"metadata":{"name":"a"},"status":{"conditions":[{"type":{"deep":[1,2]}}],"phase":"Running"},"z":{"y":[]}},
    {"metadata":{"name":"b"},"status":{"phase":"Running"}},{"metadata":{}},{"metadata":{"name":"c"}}],"metadata":{"resourceVersion":"1"}})");
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->items.size(), 2U);
  EXPECT_EQ(vm(page->items[0]).phase, VmPhase::Running);
  EXPECT_EQ(page->items[1].key.name, "c");
  ASSERT_EQ(page->unreadable.size(), 2U);
  EXPECT_EQ(page->unreadable[0].message,
            "virtualmachineinstances.kubevirt.io a: .status.conditions[0].type: want a string, have an object");
  EXPECT_EQ(page->unreadable[1].message, "virtualmachineinstances.kubevirt.io: metadata.name is missing");
}

TEST(ListPage, ThatIsCutIsAnErrorAsAWhole) {
  const std::string whole =
      R"({"items":[{"metadata":{"name":"a"},"status":{"phase":"Running"}}],"metadata":{"resourceVersion":"1"}})";
  Decoder decoder(Kind::Vm);
  ASSERT_TRUE(decoder.list(whole));
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(decoder.list(whole.substr(0, n))) << n;
}

TEST(ListPage, WithoutAVersionCannotBeWatchedFrom) {
  Decoder decoder(Kind::Vm);
  EXPECT_FALSE(decoder.list(R"({"items":[]})"));
  EXPECT_FALSE(decoder.list(R"({"items":[],"metadata":{"resourceVersion":7}})"));
}

TEST(WatchEvent, IsAnUpsertOrADelete) {
  Decoder decoder(Kind::Vm);
  for (const std::string type : {"ADDED", "MODIFIED"}) {
    const auto event = decoder.watch_line(
        R"({"type":")" + type +
        R"(","object":{"metadata":{"name":"a","namespace":"x","resourceVersion":"7"},"status":{"phase":"Failed"}}})");
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->type, WatchEvent::Type::Upsert);
    EXPECT_EQ(event->resource_version, "7");
    EXPECT_EQ(vm(event->object).phase, VmPhase::Failed);
  }
  const auto gone =
      decoder.watch_line(R"({"type":"DELETED","object":{"metadata":{"name":"a","namespace":"x","resourceVersion":"8"}}})");
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->type, WatchEvent::Type::Delete);
  EXPECT_EQ(gone->key, (ObjectKey{"x", "a"}));
  EXPECT_EQ(gone->resource_version, "8");
}

TEST(WatchEvent, IsReadWithItsTypeBehindTheObject) {
  Decoder decoder(Kind::Vm);
  const auto event = decoder.watch_line(R"({"object":{"metadata":{"name":"a"}},"type":"ADDED"})");
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->key.name, "a");
}

TEST(WatchEvent, MayBeABookmark) {
  Decoder decoder(Kind::Pod);
  const auto event = decoder.watch_line(
      R"({"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"99","creationTimestamp":null}}})");
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->type, WatchEvent::Type::Bookmark);
  EXPECT_EQ(event->resource_version, "99");
}

TEST(WatchEvent, MayEndTheWatchWithAStatus) {
  Decoder decoder(Kind::Pod);
  const auto event = decoder.watch_line(
      R"({"type":"ERROR","object":{"kind":"Status","message":"too old resource version: 1, oldest is 2","reason":"Expired","code":410
}
})");
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->type, WatchEvent::Type::Error);
  EXPECT_EQ(event->error.cls, ErrorClass::Gone);
}

TEST(WatchEvent, OfAnUnreadableObjectStillMovesOn) {
  Decoder decoder(Kind::Vm);
  const auto event =
      decoder.watch_line(R"({"type":"MODIFIED","object":{"metadata":{"name":"a","resourceVersion":"7"},"status":{"phase":7}}})");
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->type, WatchEvent::Type::Unreadable);
  EXPECT_EQ(event->key.name, "a");
  EXPECT_EQ(event->resource_version, "7");
  EXPECT_EQ(event->error.message, "virtualmachineinstances.kubevirt.io a: .status.phase: want a string, have a number");
  // A deletion only needs the name.
  EXPECT_EQ(decoder.watch_line(R"({"type":"DELETED","object":{"metadata":{"name":"a"},"status":{"phase":7}}})")->type,
            WatchEvent::Type::Delete);
}

TEST(WatchEvent, RefusesWhatIsNone) {
  Decoder decoder(Kind::Vm);
  for (const std::string_view line :
       {"", "{}", "[]", R"({"type":"ADDED"})", R"({"object":{}})", R"({"type":7,"object":{}})", R"({"type":"PAINTED","object":{}})",
        R"({"type":"ADDED","object":{"metadata":{"name":"a"})"}) {
    EXPECT_FALSE(decoder.watch_line(line)) << line;
  }
}

TEST(Decoder, ReadsEveryKind) {
  for (const Kind kind : kAllKinds) {
    Decoder decoder(kind);
    const auto object = decoder.object(R"({"metadata":{"name":"a","namespace":"x"},"spec":{},"status":{}})");
    ASSERT_TRUE(object) << to_string(kind) << object.error().message;
    EXPECT_EQ(object->key, (ObjectKey{"x", "a"}));
  }
}

TEST(Decoder, RefusesDepthsThatNobodyWrites) {
  Decoder decoder(Kind::Vm);
  const std::string deep(200'000, '[');
  EXPECT_FALSE(decoder.object(R"({"metadata":{"name":"a"},"spec":)" + deep));
}

}  // namespace
}  // namespace drover
