// Call: one call to the API server as a value: what a state machine (act/effect_run.h, leader/lease_calls.h) asks for, and what
// drives it makes, on a thread or in simulated time.
#pragma once

#include "ports/kube_api.h"

namespace drover {

struct Call {
  enum class Verb { Get, List, Create, Replace, Apply, Remove, Evict };
  Verb verb = Verb::Get;
  ResourceType type;
  ObjectKey key;            // of a Create the namespace counts: the name is in the body
  std::string body;         // Create, Replace, Apply
  std::string subresource;  // Apply
  std::string uid;          // Remove, Evict: of no other object
  ListOptions list;         // List
  bool dry_run = false;     // Create

  [[nodiscard]] bool changes() const { return verb != Verb::Get && verb != Verb::List; }
};

// Blocking. The object, or of a List one page; empty for a Remove.
[[nodiscard]] Result<std::string> make_call(KubeApi& api, const Call& call, const std::string& field_manager, std::stop_token stop);

}  // namespace drover
