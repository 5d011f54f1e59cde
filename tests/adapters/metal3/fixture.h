// A cluster with one BareMetalHost, rack/h1, and a node n1 that runs on it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "act/fake_kube_api.h"
#include "adapters/metal3/hosts.h"
#include "support/driven.h"
#include "support/manual_clock.h"

namespace drover::metal3 {

using Json = nlohmann::json;

class WithHost : public testing::Test {
 protected:
  WithHost() { put_host(); }

  // As Metal3 writes one that is on and well.
  static Json host(bool online = true) {
    return {{"apiVersion", "metal3.io/v1alpha1"},
            {"kind", "BareMetalHost"},
            {"metadata", {{"uid", "uid-h1"}, {"annotations", Json::object()}}},
            {"spec", {{"online", online}, {"consumerRef", {{"kind", "Metal3Machine"}, {"name", "m3m-1"}}}}},
            {"status", {{"poweredOn", online}, {"operationalStatus", "OK"}, {"provisioning", {{"state", "provisioned"}}}}}};
  }
  void put_host(Json object = host()) { api.put(kBareMetalHosts, {"rack", "h1"}, std::move(object)); }
  // The host with one value changed, by JSON pointer.
  static Json host_with(const std::string& pointer, Json value, bool online = true) {
    Json object = host(online);
    object[Json::json_pointer(pointer)] = std::move(value);
    return object;
  }
  [[nodiscard]] Json host_now() const { return api.objects(kBareMetalHosts).front(); }

  static Node node_of(const std::string& provider_id) {
    Node node;
    node.name = "n1";
    node.provider_id = provider_id;
    return node;
  }
  static NodeDriver driven(Node node, PowerDriverKind kind = PowerDriverKind::Metal3, DriverSettings settings = {}) {
    NodeDriver target = test::driven(node.name, kind, "rack-a", std::move(settings));
    target.node = std::make_shared<const Node>(std::move(node));
    return target;
  }
  static NodeDriver driven() { return driven(node_of("metal3://rack/h1/m3m-1")); }

  test::FakeKubeApi api;
  test::ManualClock clock;
  Hosts hosts{api, clock};
};

}  // namespace drover::metal3
