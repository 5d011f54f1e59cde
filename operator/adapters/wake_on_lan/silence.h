// Whether a machine without a management controller is off, from what is heard of it.
//
// That it is off can't be seen. It is concluded from three things together: Drover has ordered the node to shut down (its marks say
// so), its kubelet has not renewed its lease, and its address has not answered once, for a minute. A machine that is cut off from
// the network looks the same; so nothing is concluded of a node that Drover has not switched off.
#pragma once

#include <map>
#include <string>

#include "adapters/wake_on_lan/network.h"
#include "model/node.h"
#include "model/power_table.h"

namespace drover::wake_on_lan {

inline constexpr Duration kSilentFor = seconds{60};

struct Sign {
  bool ready = false;   // the node's condition
  std::string renewed;  // spec.renewTime of its lease, as written; "" when it has none
  Heard heard = Heard::Silence;
  NodeLife life = NodeLife::Active;
};

// Not thread-safe.
class Silence {
 public:
  // `node`: its uid. `now`: monotonic. Unknown: silent, and not for long enough, or for no reason that is known.
  [[nodiscard]] Powered judge(const std::string& node, const Sign& sign, Duration now);

 private:
  struct Since {
    Duration at{};
    Duration last{};
    std::string renewed;
  };
  std::map<std::string, Since> silent_;
};

}  // namespace drover::wake_on_lan
