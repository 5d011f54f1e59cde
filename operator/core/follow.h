// Following moves from the object in the cluster to their end: the records that the policy's status keeps, and the news for the
// owner.
//
// A move has succeeded only when its migration has Succeeded and the VM is on the target. Everything is told from the view and
// the records themselves, so a new leader goes on where the old one stopped. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/cost.h"
#include "core/effect.h"
#include "core/options.h"
#include "model/cluster_view.h"

namespace drover {

struct Followed {
  std::vector<MoveRecord> records;       // newest first, 48 h back; those in flight, and those that the view shows, stay
  std::vector<Announce> news;            // what this call learned: started, succeeded, failed, cancelled
  std::vector<MoveRecord> ended;         // those of the records whose end is news
  std::vector<CancelMigration> cancels;  // migrations of ours that overstayed
  std::optional<Instant> next_deadline;  // when one would
};

// `before` are the records so far: the policy's status at first, then what the last call returned. `watched`: by uid, since when
// this process has seen each migration, by the clock that `now` is of. A migration is given its time from then on, and not from its
// creation, which the API server's clock told.
[[nodiscard]] Followed follow(const ClusterView& view, const Policy& policy, std::vector<MoveRecord> before,
                              const CoreOptions& options, const std::map<std::string, Instant>& watched, Instant now);

}  // namespace drover
