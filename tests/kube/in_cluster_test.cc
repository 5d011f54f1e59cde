#include "kube/in_cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "support/manual_clock.h"
#include "support/temporary_folder.h"

namespace drover::kube {
namespace {

using testing::HasSubstr;

Environment environment(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) {
    const auto found = values.find(name);
    return found == values.end() ? "" : found->second;
  };
}

struct InClusterTest : testing::Test {
  test::ManualClock clock;
  test::TemporaryFolder folder;
  InClusterTest() {
    folder.write("token", "sa-token");
    folder.write("ca.crt", "CA");
    folder.write("namespace", "drover-system\n");
  }
  Result<Connection> connect(const std::string& host) {
    return in_cluster(environment({{"KUBERNETES_SERVICE_HOST", host}, {"KUBERNETES_SERVICE_PORT", "443"}}), clock, folder.path());
  }
};

TEST_F(InClusterTest, TakesAddressAuthorityTokenAndNamespaceFromThePod) {
  const Connection connection = connect("10.0.0.1").value();
  EXPECT_EQ(connection.endpoint.url, "https://10.0.0.1:443");
  EXPECT_EQ(connection.endpoint.ca_file, folder.path("ca.crt"));
  EXPECT_EQ(connection.credentials->headers({}).value(), bearer("sa-token"));
  EXPECT_EQ(connection.ns, "drover-system");
}

TEST_F(InClusterTest, PutsBracketsAroundAnIPv6Address) {
  EXPECT_EQ(connect("fd00::1")->endpoint.url, "https://[fd00::1]:443");
}

TEST_F(InClusterTest, SaysWhatIsMissing) {
  EXPECT_THAT(in_cluster(environment({}), clock, folder.path()).error().message, HasSubstr("KUBERNETES_SERVICE_HOST"));
  std::filesystem::remove(folder.path("token"));
  EXPECT_THAT(connect("a").error().message,
              testing::AllOf(HasSubstr("token: No such file"), HasSubstr("automountServiceAccountToken")));
  std::filesystem::remove(folder.path("ca.crt"));
  EXPECT_THAT(connect("a").error().message, HasSubstr("ca.crt: No such file"));
}

TEST_F(InClusterTest, ComesAfterAKubeconfigThatIsNamedAndBeforeTheOneAtHome) {
  const std::string config = folder.write("config",
                                          "clusters: [{name: c, cluster: {server: 'https://named:1'}}]\n"
                                          "contexts: [{name: x, context: {cluster: c}}]\ncurrent-context: x\n");
  folder.write(".kube/config",
               "clusters: [{name: c, cluster: {server: 'https://home:1'}}]\n"
               "contexts: [{name: x, context: {cluster: c}}]\ncurrent-context: x\n");
  const auto pod = environment({{"KUBERNETES_SERVICE_HOST", "h"}, {"KUBERNETES_SERVICE_PORT", "1"}, {"HOME", folder.path()}});
  EXPECT_EQ(find_connection({.kubeconfig = config}, pod, clock)->endpoint.url, "https://named:1");
  EXPECT_EQ(find_connection({}, environment({{"KUBECONFIG", config}, {"KUBERNETES_SERVICE_HOST", "h"}}), clock)->endpoint.url,
            "https://named:1");
  EXPECT_THAT(find_connection({}, pod, clock).error().message, HasSubstr("in-cluster"));  // this machine is no pod
  EXPECT_EQ(find_connection({.context = "x"}, pod, clock)->endpoint.url, "https://home:1");
  EXPECT_EQ(find_connection({}, environment({{"HOME", folder.path()}}), clock)->endpoint.url, "https://home:1");
  EXPECT_THAT(find_connection({}, environment({}), clock).error().message, HasSubstr("--kubeconfig"));
}

}  // namespace
}  // namespace drover::kube
