#include "app/open_ledger.h"

#include "adapters/ledger_postgres/postgres_ledger.h"
#include "adapters/ledger_sqlite/sqlite_ledger.h"

namespace drover {

Result<std::unique_ptr<LedgerStore>> open_ledger(const std::string& location, LedgerAccess access) {
  return names_postgres(location) ? open_postgres_ledger(location, access) : open_sqlite_ledger(location, access);
}

}  // namespace drover
