#include "model/object.h"

#include <gtest/gtest.h>

namespace drover {
namespace {

using Op = Requirement::Operator;
using Entries = std::vector<std::pair<std::string, std::string>>;

Labels labels(Entries entries) {
  return Labels(std::move(entries));
}

TEST(ObjectKey, IsWrittenWithItsNamespaceIfItHasOne) {
  EXPECT_EQ(to_string(ObjectKey{"vms", "db"}), "vms/db");
  EXPECT_EQ(to_string(ObjectKey{"", "n1"}), "n1");
}

TEST(ObjectKey, IsOrderedByNamespaceThenName) {
  EXPECT_LT((ObjectKey{"a", "z"}), (ObjectKey{"b", "a"}));
  EXPECT_LT((ObjectKey{"a", "a"}), (ObjectKey{"a", "b"}));
}

TEST(Labels, AreFoundByKey) {
  const Labels some = labels(Entries{{"tier", "gold"}, {"app", "db"}, {"zone", ""}});
  ASSERT_NE(some.find("app"), nullptr);
  EXPECT_EQ(*some.find("app"), "db");
  EXPECT_EQ(*some.find("zone"), "");
  EXPECT_EQ(some.find("ap"), nullptr);
  EXPECT_EQ(some.find("zz"), nullptr);
  EXPECT_EQ(some.value_or("tier", "none"), "gold");
  EXPECT_EQ(some.value_or("absent", "none"), "none");
  EXPECT_EQ(Labels().find("app"), nullptr);
}

TEST(Labels, AreSortedAndKeepTheFirstOfAKeyGivenTwice) {
  const Labels some = labels(Entries{{"b", "1"}, {"a", "2"}, {"b", "3"}});
  EXPECT_EQ(some.size(), 2U);
  EXPECT_EQ(some.begin()->first, "a");
  EXPECT_EQ(*some.find("b"), "1");
  EXPECT_EQ(some, labels(Entries{{"a", "2"}, {"b", "1"}}));
}

TEST(Labels, AreSetInPlaceOrInOrder) {
  Labels some;
  some.set("m", "1");
  some.set("z", "2");
  some.set("a", "3");
  some.set("m", "4");
  EXPECT_EQ(some, labels(Entries{{"a", "3"}, {"m", "4"}, {"z", "2"}}));
}

TEST(Requirement, MatchesAsKubernetesDoes) {
  const Labels gold = labels(Entries{{"tier", "gold"}, {"size", "10"}});
  const auto holds = [&](const std::string& key, Op op, std::vector<std::string> values = {}) {
    return Requirement{key, op, std::move(values)}.matches(gold);
  };
  EXPECT_TRUE(holds("tier", Op::In, {"silver", "gold"}));
  EXPECT_FALSE(holds("tier", Op::In, {"silver"}));
  EXPECT_FALSE(holds("tier", Op::In, {}));
  EXPECT_FALSE(holds("absent", Op::In, {"gold"}));
  EXPECT_FALSE(holds("tier", Op::NotIn, {"gold"}));
  EXPECT_TRUE(holds("tier", Op::NotIn, {"silver"}));
  EXPECT_TRUE(holds("absent", Op::NotIn, {"gold"})) << "what is absent is not in";
  EXPECT_TRUE(holds("tier", Op::Exists));
  EXPECT_FALSE(holds("absent", Op::Exists));
  EXPECT_FALSE(holds("tier", Op::DoesNotExist));
  EXPECT_TRUE(holds("absent", Op::DoesNotExist));
}

TEST(Requirement, ComparesWholeNumbersOnly) {
  const Labels sized = labels(Entries{{"size", "10"}, {"odd", "1x"}, {"huge", "99999999999999999999"}});
  const auto holds = [&](const std::string& key, Op op, std::vector<std::string> values) {
    return Requirement{key, op, std::move(values)}.matches(sized);
  };
  EXPECT_TRUE(holds("size", Op::Gt, {"9"}));
  EXPECT_FALSE(holds("size", Op::Gt, {"10"}));
  EXPECT_TRUE(holds("size", Op::Lt, {"11"}));
  EXPECT_FALSE(holds("size", Op::Lt, {"10"}));
  EXPECT_FALSE(holds("size", Op::Gt, {"-1"})) << "no label's value: the scheduler evaluates no such term";
  EXPECT_FALSE(holds("odd", Op::Gt, {"0"}));
  EXPECT_FALSE(holds("huge", Op::Gt, {"0"}));
  EXPECT_FALSE(holds("absent", Op::Lt, {"5"}));
  EXPECT_FALSE(holds("size", Op::Gt, {"x"}));
  EXPECT_FALSE(holds("size", Op::Gt, {}));
  EXPECT_FALSE(holds("size", Op::Gt, {"1", "2"}));
}

TEST(Requirement, IsWrittenForPeople) {
  EXPECT_EQ(to_string(Requirement{"zone", Op::In, {"a", "b"}}), "zone In (a, b)");
  EXPECT_EQ(to_string(Requirement{"zone", Op::NotIn, {"a"}}), "zone NotIn (a)");
  EXPECT_EQ(to_string(Requirement{"gpu", Op::Exists}), "gpu Exists");
  EXPECT_EQ(to_string(Requirement{"gpu", Op::DoesNotExist}), "gpu DoesNotExist");
  EXPECT_EQ(to_string(Requirement{"size", Op::Gt, {"3"}}), "size Gt (3)");
  EXPECT_EQ(to_string(Requirement{"size", Op::Lt, {"3"}}), "size Lt (3)");
}

TEST(Selector, HoldsWhenAllRequirementsDo) {
  const Labels gold = labels(Entries{{"tier", "gold"}, {"app", "db"}});
  EXPECT_TRUE(Selector{}.matches(gold));
  EXPECT_TRUE(Selector{}.matches(Labels{}));
  EXPECT_TRUE((Selector{{{"tier", Op::Exists}, {"app", Op::In, {"db"}}}}).matches(gold));
  EXPECT_FALSE((Selector{{{"tier", Op::Exists}, {"app", Op::In, {"web"}}}}).matches(gold));
}

}  // namespace
}  // namespace drover
