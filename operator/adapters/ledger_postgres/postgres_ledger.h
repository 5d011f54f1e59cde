// The ledger in a database of PostgreSQL, 12 or later: for several clusters' ledgers in one place, and for other programs' queries.
//
// Named by a connection string of libpq, "postgresql://drover@db.example/drover?sslmode=verify-full" or "host=db.example
// dbname=drover". A password in it would stand in the list of processes, so it is refused: PGPASSFILE (or passfile=), PGPASSWORD,
// or a certificate give it. Nothing of a password is ever in an error.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "ports/ledger_store.h"

namespace drover {

// Whether the text names a database and not a file: a URL of postgres, or words with "=".
[[nodiscard]] bool names_postgres(const std::string& location);

// Errors: Invalid (the connection string; the schema is newer), Denied, NotFound (no such database; Read, and no ledger in it),
// Retryable (it does not answer: connecting takes ten seconds at most, a statement thirty).
[[nodiscard]] Result<std::unique_ptr<LedgerStore>> open_postgres_ledger(const std::string& connection_string, LedgerAccess access);

}  // namespace drover
