// VirtualMachineInstanceMigration (kubevirt.io/v1): read as a Migration, written as the body of a create.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/migration.h"

namespace drover {

class JsonValue;

[[nodiscard]] Result<Migration> decode_migration(std::string_view json);
[[nodiscard]] Migration read_migration(JsonValue object);

// A migration to be created.
struct NewMigration {
  ObjectKey key;
  std::string vm_name;
  Labels labels;
  Labels annotations;
  Labels added_node_selector;  // the VM's own selector wins on the same key (KubeVirt)
};
[[nodiscard]] std::string encode_migration(const NewMigration& migration);

}  // namespace drover
