// VirtualMachineInstance (kubevirt.io/v1) as a Vm.
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/vm.h"

namespace drover {

class JsonValue;

[[nodiscard]] Result<Vm> decode_vm(std::string_view json);
[[nodiscard]] Vm read_vm(JsonValue object);

// status.migrationState, of a VMI or of a migration that is final.
[[nodiscard]] MigrationState read_migration_state(JsonValue state);

}  // namespace drover
