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

// The body of a create: name, VM, labels, annotations and selector.
[[nodiscard]] std::string encode_migration(const Migration& migration);

}  // namespace drover
