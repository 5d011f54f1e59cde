// Call: one call to the API server as a value: what a machine (act/effect_run.h) asks for, and what drives it makes.
#pragma once

#include "ports/kube_api.h"

namespace drover {

struct Call {
  enum class Verb { Get, ListPods, Create, Replace, Apply, Remove };
  Verb verb = Verb::Get;
  ResourceType type;
  ObjectKey key;            // of a Create the namespace counts: the name is in the body
  std::string body;         // Create, Replace, Apply
  std::string subresource;  // Apply
  std::string uid;          // Remove: of no other object
  std::string node;         // ListPods: launchers that are bound to it
  bool dry_run = false;     // Create

  [[nodiscard]] bool changes() const { return verb != Verb::Get && verb != Verb::ListPods; }
};

// Blocking. The object, or of a ListPods the list; empty for a Remove.
[[nodiscard]] Result<std::string> make_call(KubeApi& api, const Call& call, const std::string& field_manager, std::stop_token stop);

}  // namespace drover
