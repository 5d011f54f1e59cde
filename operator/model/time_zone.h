// A time zone as a value: the rules already worked out as a list of changes, so that the core needs no zone files.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"

namespace drover {

struct TimeZone {
  struct Change {
    Instant from;     // the offset holds from here on
    Duration offset;  // local time minus UTC
    friend bool operator==(const Change&, const Change&) = default;
  };
  std::string name = "UTC";
  std::vector<Change> changes{};  // by time; before the first, `before_first` holds
  Duration before_first{};

  [[nodiscard]] Duration offset_at(Instant t) const;
  friend bool operator==(const TimeZone&, const TimeZone&) = default;
};

}  // namespace drover
