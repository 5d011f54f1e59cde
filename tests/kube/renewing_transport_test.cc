#include "kube/renewing_transport.h"

#include <gtest/gtest.h>

#include "kube/connection.h"
#include "support/scripted_transport.h"

namespace drover::kube {
namespace {

class Certificates final : public Credentials {
 public:
  std::optional<ClientCertificate> certificate;
  Result<Headers> headers(std::stop_token) override { return Headers{}; }
  [[nodiscard]] std::optional<ClientCertificate> client_certificate() const override { return certificate; }
  [[nodiscard]] std::string describe() const override { return ""; }
};

TEST(RenewingTransport, IsMadeAnewForEachNewCertificateOnly) {
  std::vector<HttpEndpoint> made;
  const TransportFactory factory = [&](const HttpEndpoint& endpoint) -> Result<std::unique_ptr<HttpTransport>> {
    made.push_back(endpoint);
    auto transport = std::make_unique<test::ScriptedTransport>();
    transport->always([](const HttpRequest&) { return HttpResponse{200, {}, ""}; });
    return std::unique_ptr<HttpTransport>(std::move(transport));
  };
  Connection connection;
  connection.endpoint.client_certificate_file = "/old";
  const auto certificates = std::make_shared<Certificates>();
  connection.credentials = certificates;
  const auto transport = open_transport(connection, factory).value();
  EXPECT_TRUE(transport->send({}, {}));
  ASSERT_EQ(made.size(), 1u);
  certificates->certificate = {"C1", "K1"};
  EXPECT_TRUE(transport->send({}, {}));
  EXPECT_TRUE(transport->send({}, {}));
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(made[1].client_certificate_pem, "C1");
  EXPECT_EQ(made[1].client_key_pem, "K1");
  EXPECT_EQ(made[1].client_certificate_file, "");
  certificates->certificate = {"C2", "K2"};
  EXPECT_TRUE(transport->send({}, {}));
  EXPECT_EQ(made.size(), 3u);
}

TEST(RenewingTransport, TellsWhyNoneCouldBeMade) {
  const auto certificates = std::make_shared<Certificates>();
  certificates->certificate = {"C1", "K1"};
  const TransportFactory factory = [](const HttpEndpoint&) -> Result<std::unique_ptr<HttpTransport>> {
    return Error{ErrorClass::Invalid, "bad key"};
  };
  RenewingTransport transport({}, certificates, factory, std::make_unique<test::ScriptedTransport>());
  EXPECT_EQ(transport.send({}, {}).error().message, "bad key");
}

}  // namespace
}  // namespace drover::kube
