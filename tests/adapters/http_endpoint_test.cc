#include <gtest/gtest.h>

#include "adapters/http_common/endpoint.h"

namespace drover {
namespace {

Authority parsed(const std::string& url) {
  auto authority = parse_endpoint({.url = url});
  EXPECT_TRUE(authority) << url << ": " << (authority ? "" : to_string(authority.error()));
  return authority.value_or({});
}

TEST(HttpEndpoint, KnowsTheFormsOfAServerUrl) {
  const Authority name = parsed("https://kubernetes.default.svc");
  EXPECT_TRUE(name.tls);
  EXPECT_FALSE(name.ip_literal);
  EXPECT_EQ(name.text(), "kubernetes.default.svc:443");
  EXPECT_EQ(parsed("http://prometheus").port, 80);
  EXPECT_EQ(parsed("http://127.0.0.1:9090/").text(), "127.0.0.1:9090");
  EXPECT_TRUE(parsed("http://127.0.0.1:9090").ip_literal);
  const Authority six = parsed("https://[fd00::1]:6443");
  EXPECT_TRUE(six.ipv6 && six.ip_literal);
  EXPECT_EQ(six.host, "fd00::1");
  EXPECT_EQ(six.scheme_text(), "https://[fd00::1]:6443");
}

TEST(HttpEndpoint, SaysWhatIsWrongWithAUrlWithoutRepeatingIt) {
  const auto authority = parse_endpoint({.url = "https://user:very-secret@host"});
  ASSERT_FALSE(authority);
  EXPECT_EQ(to_string(authority.error()).find("very-secret"), std::string::npos);
  EXPECT_NE(to_string(authority.error()).find("user name"), std::string::npos) << to_string(authority.error());
}

TEST(HttpEndpoint, OnlySentUnsafeRequestsAreOfUnknownOutcome) {
  HttpRequest request;
  EXPECT_EQ(unanswered_class(request, true), ErrorClass::Retryable);
  request.method = "PATCH";
  EXPECT_EQ(unanswered_class(request, true), ErrorClass::UnknownOutcome);
  EXPECT_EQ(unanswered_class(request, false), ErrorClass::Retryable);
}

}  // namespace
}  // namespace drover
