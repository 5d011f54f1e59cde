// What power drivers say of nodes, beside what virtual machines use (model/use.h). A node that was not asked, whose answer is too
// old, or whose driver does not know is unknown, never off.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace drover {

// A machine that is going down is On until it is off; one that boots is On.
enum class Powered { Unknown, On, Off };

[[nodiscard]] std::string_view to_string(Powered powered);

// What a node's own meter said.
struct MeterReading {
  double watts = 0;
  std::optional<double> joules_total;  // since some time that only the meter knows; it may begin anew
  std::string source;                  // "redfish/EnvironmentMetrics"
  bool input = true;                   // at the wall; false: behind the power supplies, which lose some
  std::string enclosure;  // what the meter covers besides, when it is not this node alone: its chassis, by serial number
  friend bool operator==(const MeterReading&, const MeterReading&) = default;
};

// What a driver says of a node.
struct PowerAnswer {
  Powered state = Powered::Unknown;
  std::optional<MeterReading> meter;  // empty: it has none, or that does not answer now
  std::string remark;  // what a person should know of the machine, such as that it switches itself on after a power cut
};

struct PowerReading {
  Powered state = Powered::Unknown;
  std::optional<MeterReading> meter;
  std::string remark;
  Instant asked{};    // the state is that of then, or later
  Instant since{};    // the first of the answers in a row that said so
  std::string error;  // why it could not be read, or ""
};

struct PowerTable {
  std::map<std::string, PowerReading> nodes;
  // Unknown when the node was last asked before `not_before`.
  [[nodiscard]] Powered state(const std::string& node, Instant not_before) const;
  // Whether it was off in two answers so far apart; both after `not_before`.
  [[nodiscard]] bool is_off_for(const std::string& node, Duration apart, Instant not_before) const;
  // Why state() is unknown, as the end of a sentence that begins with the driver.
  [[nodiscard]] std::string why_unknown(const std::string& node, Instant not_before) const;
};

}  // namespace drover
