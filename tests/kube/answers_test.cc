#include "kube/answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drover::kube {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

HttpResponse answer(int status, std::string reason, std::string message, std::string details = "{}") {
  return {status,
          {},
          R"({"kind":"Status","apiVersion":"v1","status":"Failure","code":)" + std::to_string(status) + R"(,"reason":")" + reason +
              R"(","message":")" + message + R"(","details":)" + details + "}"};
}

Asked create_migration() {
  return {.verb = "create", .type = &resource::kMigrations, .key = {"vms", "m1"}, .changes = true};
}
Asked replace_lease() {
  return {.verb = "update", .type = &resource::kLeases, .key = {"drover", "drover"}, .changes = true};
}
Asked list_nodes() {
  return {.verb = "list", .type = &resource::kNodes};
}

ErrorClass class_of(const Asked& asked, const HttpResponse& response) {
  return classify(asked, response, "the token").cls;
}

TEST(Answers, A409MeansAnotherThingForACreateThanForAnUpdate) {
  EXPECT_EQ(class_of(create_migration(), answer(409, "AlreadyExists", "m1 already exists")), ErrorClass::AlreadyExists);
  EXPECT_EQ(class_of(create_migration(), answer(409, "Conflict", "quota was changed")), ErrorClass::Conflict);
  EXPECT_EQ(class_of(replace_lease(), answer(409, "Conflict", "the object has been modified")), ErrorClass::Conflict);
  EXPECT_EQ(class_of(create_migration(), {409, {}, ""}), ErrorClass::AlreadyExists);
  EXPECT_EQ(class_of(replace_lease(), {409, {}, ""}), ErrorClass::Conflict);
}

TEST(Answers, ClassesFollowTheStatus) {
  EXPECT_EQ(class_of(list_nodes(), answer(404, "NotFound", "nodes n not found")), ErrorClass::NotFound);
  EXPECT_EQ(class_of(list_nodes(), answer(410, "Expired", "too old")), ErrorClass::Gone);
  EXPECT_EQ(class_of(list_nodes(), answer(422, "Invalid", "x")), ErrorClass::Invalid);
  EXPECT_EQ(class_of(list_nodes(), {413, {}, ""}), ErrorClass::Invalid);
  EXPECT_EQ(class_of(list_nodes(), {302, {}, ""}), ErrorClass::Invalid);
  EXPECT_EQ(class_of(list_nodes(), {500, {}, ""}), ErrorClass::Retryable);
  EXPECT_EQ(class_of(list_nodes(), {504, {}, ""}), ErrorClass::Retryable);
}

TEST(Answers, AServerErrorOnAChangeLeavesTheOutcomeOpenUnlessNothingCanHaveBeenStored) {
  EXPECT_EQ(class_of(create_migration(), answer(500, "InternalError", "etcdserver: request timed out")),
            ErrorClass::UnknownOutcome);
  EXPECT_EQ(class_of(create_migration(), answer(504, "Timeout", "request did not complete")), ErrorClass::UnknownOutcome);
  EXPECT_EQ(class_of(create_migration(), {502, {}, "bad gateway"}), ErrorClass::UnknownOutcome);
  EXPECT_EQ(class_of(create_migration(), answer(503, "ServiceUnavailable", "apiserver is shutting down")), ErrorClass::Retryable);
  EXPECT_EQ(class_of(create_migration(),
                     answer(500, "InternalError", "Internal error occurred: failed calling webhook \\\"v\\\": connection refused")),
            ErrorClass::Retryable);
  Asked dry = create_migration();
  dry.changes = false;
  EXPECT_EQ(class_of(dry, answer(500, "InternalError", "etcdserver: request timed out")), ErrorClass::Retryable);
}

TEST(Answers, AWebhooksRefusalIsInvalidInItsOwnWordsWithItsCauses) {
  const Error plain = classify(create_migration(), answer(400, "", "the VMI \\\"vms/absent\\\" does not exist"), "");
  EXPECT_EQ(plain.cls, ErrorClass::Invalid);
  EXPECT_EQ(plain.message, "create virtualmachineinstancemigrations.kubevirt.io vms/m1: the VMI \"vms/absent\" does not exist");
  const Error caused =
      classify(create_migration(),
               answer(422, "Invalid", "admission webhook denied the request",
                      R"({"causes":[{"reason":"FieldValueRequired","message":"vmiName is missing","field":"spec.vmiName"},)"
                      R"({"message":"","field":"x"},7]})"),
               "");
  EXPECT_THAT(caused.message, HasSubstr("denied the request; spec.vmiName: vmiName is missing"));
}

TEST(Answers, ARightThatIsMissingIsNamed) {
  Asked asked = replace_lease();
  const Error error = classify(
      asked, answer(403, "Forbidden", "leases \\\"drover\\\" is forbidden: User \\\"u\\\" cannot update resource \\\"leases\\\""),
      "the token");
  EXPECT_EQ(error.cls, ErrorClass::Denied);
  EXPECT_EQ(error.http_status, 403);
  EXPECT_THAT(error.message,
              HasSubstr(R"(grant the verb "update" on "leases" in the API group "coordination.k8s.io" in the namespace "drover")"));
  const Error policy = classify(asked, answer(403, "Forbidden", "exceeded quota"), "");
  EXPECT_THAT(policy.message, Not(HasSubstr("grant")));
  const Asked status{.verb = "patch", .type = &resource::kPolicies, .key = {"vms", "p"}, .subresource = "status", .changes = true};
  EXPECT_THAT(classify(status, answer(403, "Forbidden", "user cannot patch resource"), "").message,
              HasSubstr(R"("migrationpolicies/status")"));
}

TEST(Answers, AnUnknownIdentityNamesTheCredentials) {
  const Error error = classify(list_nodes(), answer(401, "Unauthorized", "Unauthorized"), "the token of user dev in /k");
  EXPECT_EQ(error.cls, ErrorClass::Denied);
  EXPECT_THAT(error.message, AllOf(HasSubstr("list nodes"), HasSubstr("the token of user dev in /k")));
}

TEST(Answers, AMissingKindPointsToItsCrd) {
  EXPECT_THAT(classify({.verb = "list", .type = &resource::kPolicies}, {404, {}, "404 page not found\n"}, "").message,
              HasSubstr("migrationpolicies.policy.drover.dev in version v1alpha1: is its CRD installed?"));
  EXPECT_THAT(classify({.verb = "list", .type = &resource::kPods, .subresource = "x"}, {404, {}, ""}, "").message,
              testing::EndsWith("the server does not know pods/x in version v1"));
  EXPECT_THAT(classify(list_nodes(), answer(404, "NotFound", "nodes n not found"), "").message, Not(HasSubstr("CRD")));
}

TEST(Answers, RetryAfterComesFromTheHeaderOrTheStatus) {
  HttpResponse response = answer(429, "TooManyRequests", "slow down", R"({"retryAfterSeconds":7})");
  EXPECT_EQ(classify(list_nodes(), response, "").retry_after, seconds{7});
  response.headers = {{"retry-after", "3"}};
  EXPECT_EQ(classify(list_nodes(), response, "").retry_after, seconds{3});
  EXPECT_EQ(classify(list_nodes(), response, "").cls, ErrorClass::Retryable);
  response.headers = {{"retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"}};
  EXPECT_EQ(retry_after(response), std::nullopt);
  response.headers = {{"retry-after", "999999"}};
  EXPECT_EQ(retry_after(response), hours{1});
}

TEST(Answers, ABodyThatIsNoStatusIsShownOnOneLineAndCut) {
  const Error error = classify(list_nodes(), {502, {}, "<html>\nbad\x01gateway" + std::string(2000, '.')}, "");
  EXPECT_THAT(error.message, HasSubstr("<html> bad gateway"));
  EXPECT_LT(error.message.size(), 400u);
  EXPECT_THAT(classify(list_nodes(), {500, {}, R"({"kind":"Status","message":5,"details":{"causes":3},"code":"x"})"}, "").message,
              HasSubstr("HTTP status 500"));
}

TEST(Answers, AnErrorEventOfAWatch) {
  const Asked watch{.verb = "watch", .type = &resource::kPods};
  EXPECT_EQ(classify_watch_error(watch, answer(410, "Expired", "too old resource version: 1 (9)").body).cls, ErrorClass::Gone);
  EXPECT_EQ(classify_watch_error(watch, R"({"kind":"Status","reason":"Gone","message":"x"})").cls, ErrorClass::Gone);
  EXPECT_EQ(classify_watch_error(watch, answer(500, "InternalError", "etcd").body).cls, ErrorClass::Retryable);
  EXPECT_EQ(classify_watch_error(watch, answer(403, "Forbidden", "no").body).cls, ErrorClass::Denied);
  EXPECT_EQ(classify_watch_error(watch, "[]").cls, ErrorClass::Retryable);
}

}  // namespace
}  // namespace drover::kube
