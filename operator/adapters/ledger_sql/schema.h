// The tables of the ledger, version by version, and how a ledger is brought from one to the next. A step is never changed once it
// has been released.
#pragma once

#include <cstdint>
#include <span>

#include "adapters/ledger_sql/sql_connection.h"
#include "ports/ledger_store.h"

namespace drover {

// The script that makes version i + 1 of version i.
[[nodiscard]] std::span<const char* const> ledger_schema_steps();

// Write: all steps that are missing are made, in one transaction. Read: nothing is. Errors: NotFound (Read, and there is no
// ledger), Invalid (a newer program made it, or, with Read, an older one did: the text says which, and what to do).
[[nodiscard]] Status prepare_ledger_schema(SqlConnection& connection, LedgerAccess access);

}  // namespace drover
