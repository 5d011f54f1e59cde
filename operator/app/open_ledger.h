// The ledger of energy, wherever a flag says that it is.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "ports/ledger_store.h"

namespace drover {

// A connection string of PostgreSQL, or a file of SQLite.
[[nodiscard]] Result<std::unique_ptr<LedgerStore>> open_ledger(const std::string& location, LedgerAccess access);

}  // namespace drover
