// What power drivers say of nodes, beside what virtual machines use (model/use.h). A node that was not asked, whose answer is too
// old, or whose driver does not know is unknown, never off.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/time.h"

namespace drover {

// A machine that is going down is On until it is off; one that boots is On.
enum class Powered { Unknown, On, Off };
[[nodiscard]] std::string_view to_string(Powered powered);

struct PowerReading {
  Powered state = Powered::Unknown;
  Instant asked{};    // the state is that of then, or later
  std::string error;  // why it could not be read, or ""
};

struct PowerTable {
  std::map<std::string, PowerReading> nodes;
  // Unknown when the node was last asked before `not_before`.
  [[nodiscard]] Powered state(const std::string& node, Instant not_before) const;
  // Why state() is unknown, as the end of a sentence that begins with the driver.
  [[nodiscard]] std::string why_unknown(const std::string& node, Instant not_before) const;
};

}  // namespace drover
