// Events, as an owner sees them with `kubectl events` (events.k8s.io/v1 Event).
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "model/object.h"

namespace drover {

// The object that an Event is about.
struct ObjectReference {
  std::string api_version;  // "kubevirt.io/v1"
  std::string kind;         // "VirtualMachineInstance"
  ObjectKey key;
  std::string uid;
};

struct KubeEvent {
  std::string name;  // in the namespace of `regarding`, or "default" when that is cluster-wide
  ObjectReference regarding;
  bool warning = false;    // type Warning instead of Normal
  std::string reason;      // CamelCase, at most 128 characters
  std::string action;      // CamelCase, at most 128 characters
  std::string note;        // cut to 1,024 bytes at a character's boundary, as the API demands
  std::string instance;    // reportingInstance: which replica
  Instant first{};         // eventTime
  std::int64_t count = 1;  // more than 1: a series, last seen at `last`
  Instant last{};
};

[[nodiscard]] std::string event_namespace(const KubeEvent& event);
[[nodiscard]] std::string encode_event(const KubeEvent& event);

}  // namespace drover
