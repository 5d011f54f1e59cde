// A cluster in which one VM is badly off: "web" on n1, which would be better off on n2. "policy" moves it if nobody minds.
#pragma once

#include <gtest/gtest.h>

#include "harness.h"

namespace drover::test {

class BadlyOff : public ::testing::Test {
 protected:
  explicit BadlyOff(const World::Edit<Policy>& edit = {}) {
    for (const char* node : {"n1", "n2"}) h.world.add_node(node, [](Node& n) { n.allocatable["cpu"] = 4000; });
    h.world.add_vm("web", "n1");
    h.world.add_vm("db", "n1");
    h.uses("web", 2, 1);
    h.uses("db", 2, 0);
    h.signal[key_of("web")] = 0.95;
    h.world.add_policy("policy", edit);
  }

  Harness h;
};

}  // namespace drover::test
