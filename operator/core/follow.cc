#include "core/follow.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "core/ledger.h"
#include "core/selection.h"

namespace drover {
namespace {

// KubeVirt has said Succeeded, but the VM is not seen on the target yet: its watch may lag by so much.
constexpr Duration kArrivalGrace = seconds{60};

constexpr Duration kNewsAge = minutes{10};

Announce announce(const MoveRecord& record, const ObjectKey& vm, News news, std::string note, Instant at) {
  if (note.size() > 1024) note.resize(1024);
  return {.vm = vm, .vm_uid = record.vm_uid, .news = news, .note = std::move(note), .id_text = record.migration_uid, .at = at};
}

std::string took(const MoveRecord& record) {
  return to_string(std::chrono::round<seconds>(std::max(Duration::zero(), record.ended.value_or(record.started) - record.started)));
}

void end(MoveRecord& record, MoveResult result, std::string reason, Instant at) {
  record.ended = std::chrono::floor<seconds>(at);
  record.result = result;
  if (!reason.empty()) record.reason = std::move(reason);
}

class Follower {
 public:
  Follower(const ClusterView& view, const Policy& policy, const CoreOptions& options, const std::map<std::string, Instant>& watched,
           Instant now)
      : view_(view), policy_(policy), options_(options), watched_(watched), now_(now) {}

  Followed run(std::vector<MoveRecord> before) {
    for (MoveRecord& record : before) {
      std::string uid = record.migration_uid;
      records_.insert_or_assign(std::move(uid), std::move(record));
    }
    for (const auto& [key, migration] : view_.migrations) {
      if (migration->labels.value_or(mark::kPolicyUid, "") == policy_.ref.uid) seen(*migration);
    }
    is_news_ = true;
    for (auto& [uid, record] : records_) {
      if (!record.ended && !present_.contains(uid)) vanished(record);
    }
    tidy();
    return std::move(result_);
  }

 private:
  void seen(const Migration& migration) {
    present_.insert(migration.uid);
    const auto [at, is_new] = records_.try_emplace(migration.uid);
    MoveRecord& record = at->second;
    // Found after a restart, long over: recorded, but no news.
    is_news_ = !is_new || !migration.is_final() || now_ - migration.ended.value_or(now_) <= kNewsAge;
    if (is_new) begin(record, migration);
    // It was not gone: an old list had not had it yet.
    if (record.result == MoveResult::Cancelled && migration.phase != MigrationPhase::Failed) reopen(record, migration);
    if (record.result == MoveResult::Failed && has_arrived(record, migration))
      reopen(record, migration);  // later than it was waited for
    if (record.ended) return;
    if (migration.phase == MigrationPhase::Failed) {
      failed(record, migration);
    } else if (migration.phase == MigrationPhase::Succeeded) {
      succeeded(record, migration);
    } else {
      watch_deadline(migration, record);
    }
  }

  void begin(MoveRecord& record, const Migration& migration) {
    const Vm* vm = view_.vm(migration.vm());
    record = {.vm = status_name(policy_.ref, migration.vm()),
              .vm_uid = vm != nullptr ? vm->uid : "",
              .migration = migration.key.name,
              .migration_uid = migration.uid,
              .source = std::string(migration.annotations.value_or(mark::kSource, "")),
              .target = std::string(migration.annotations.value_or(mark::kTarget, "")),
              .started = migration.created,
              .reason = std::string(migration.annotations.value_or(mark::kReason, ""))};
    if (!is_news_) return;
    result_.news.push_back(announce(record, migration.vm(), News::MigrationStarted,
                                    "Moving from " + record.source + " to " + record.target + ": " + record.reason,
                                    migration.created));
  }

  [[nodiscard]] bool has_arrived(const MoveRecord& record, const Migration& migration) const {
    const Vm* vm = view_.vm(migration.vm());
    return migration.phase == MigrationPhase::Succeeded && vm != nullptr && vm->uid == record.vm_uid && vm->node == record.target;
  }

  static void reopen(MoveRecord& record, const Migration& migration) {
    record.ended.reset();
    record.result = MoveResult::InFlight;
    record.reason = migration.annotations.value_or(mark::kReason, "");
  }

  void failed(MoveRecord& record, const Migration& migration) {
    const ObjectKey vm = migration.vm();
    std::string why = migration.state ? migration.state->failure_reason : "";
    if (why.empty() && migration.rejected_by_quota) why = "a resource quota leaves no room for the target pod";
    if (why.empty() && !migration.state) why = "the target pod never ran on " + record.target;
    if (why.empty()) why = "KubeVirt gave no reason";
    if (record.result == MoveResult::Cancelling) return cancelled_by_us(record, vm, migration.ended.value_or(now_));
    const bool cancelled = migration.terminating || (migration.state && migration.state->abort_requested);
    end(record, cancelled ? MoveResult::Cancelled : MoveResult::Failed, why, migration.ended.value_or(now_));
    tell_end(record, vm);
  }

  void succeeded(MoveRecord& record, const Migration& migration) {
    const Vm* vm = view_.vm(migration.vm());
    const Instant ended = migration.ended.value_or(now_);
    if (vm == nullptr || vm->uid != record.vm_uid || vm->node == record.target) {
      end(record, MoveResult::Succeeded, "", ended);
      return tell_end(record, migration.vm());
    }
    // A later migration, by anyone, may have taken it on already.
    const bool moved_on = vm->migration && vm->migration->migration_uid != migration.uid;
    if (moved_on) {
      end(record, MoveResult::Succeeded, "", ended);
    } else if (now_ - ended < kArrivalGrace) {
      return soon(ended + kArrivalGrace);
    } else {
      end(record, MoveResult::Failed, "KubeVirt reports success, but the VM is on " + vm->node, now_);
    }
    tell_end(record, migration.vm());
  }

  void cancelled_by_us(MoveRecord& record, const ObjectKey& vm, Instant at) {
    end(record, MoveResult::Cancelled, "", at);
    tell_end(record, vm);
  }

  // The object is gone before its end was seen: deleted in flight. The VM's own state has the last word.
  void vanished(MoveRecord& record) {
    const ObjectKey key = vm_key(policy_.ref, record.vm);
    const Vm* vm = view_.vm(key);
    if (vm == nullptr || vm->uid != record.vm_uid || vm->is_final()) {
      end(record, MoveResult::Cancelled, "the VM ended", now_);
    } else if (vm->node == record.target) {
      end(record, MoveResult::Succeeded, "", now_);
    } else if (vm->migration && vm->migration->migration_uid == record.migration_uid && vm->migration->failed &&
               !vm->migration->abort_requested) {
      end(record, MoveResult::Failed, vm->migration->failure_reason, now_);
    } else if (record.result == MoveResult::Cancelling) {
      return cancelled_by_us(record, key, now_);
    } else {
      end(record, MoveResult::Cancelled, "the migration was deleted before it ended", now_);
    }
    tell_end(record, key);
  }

  void tell_end(const MoveRecord& record, const ObjectKey& vm) {
    if (!is_news_) return;
    const std::string way = "from " + record.source + " to " + record.target;
    const auto tell = [&](News news, std::string note) {
      result_.news.push_back(announce(record, vm, news, std::move(note), *record.ended));
    };
    if (record.result == MoveResult::Succeeded) {
      tell(News::MigrationSucceeded, "Moved " + way + " in " + took(record) + ": " + record.reason);
    } else if (record.result == MoveResult::Failed) {
      tell(News::MigrationFailed, "The move " + way + " failed after " + took(record) + ": " + record.reason);
    } else {
      tell(News::MigrationCancelled, "The move " + way + " was cancelled: " + record.reason);
    }
    result_.ended.push_back(record);
  }

  // A migration may wait for its target pod for as long as KubeVirt was told, and copy for as long as KubeVirt allows; past that
  // and some slack it hangs, and is cancelled. Not while the guest stands still or is at the target already: that would be in vain.
  void watch_deadline(const Migration& migration, MoveRecord& record) {
    const Vm* vm = view_.vm(migration.vm());
    if (vm == nullptr || migration.terminating) return;
    if (vm->migration && vm->migration->migration_uid == migration.uid && vm->migration->is_past_precopy()) return;
    Duration allowed = std::max(options_.pending_timeout, options_.unschedulable_timeout) + options_.deadline_slack;
    const bool copying = migration.phase == MigrationPhase::Running;
    if (copying) allowed += longest_copy(migration_settings(view_, *vm), *vm);
    const auto watched = watched_.find(migration.uid);
    const Instant since = watched != watched_.end() ? watched->second : migration.created;
    const Instant deadline = since + allowed;
    if (now_ < deadline) return soon(deadline);
    const std::string hangs =
        "it hangs: " + std::string(to_string(migration.phase)) + " after " + to_string(std::chrono::round<seconds>(now_ - since));
    if (record.result == MoveResult::InFlight) {
      record.result = MoveResult::Cancelling;
      record.reason = hangs;
    }
    result_.cancels.push_back({.migration = migration.key, .uid = migration.uid, .vm = migration.vm(), .reason = hangs});
  }

  void soon(Instant at) {
    if (!result_.next_deadline || at < *result_.next_deadline) result_.next_deadline = at;
  }

  void tidy() {
    auto& records = result_.records;
    // Pointers are sorted, and each record is moved once: they are large.
    std::vector<MoveRecord*> order;
    for (auto& [uid, record] : records_) order.push_back(&record);
    std::sort(order.begin(), order.end(), [](const MoveRecord* a, const MoveRecord* b) {
      return std::tie(b->started, b->migration_uid) < std::tie(a->started, a->migration_uid);
    });
    records.reserve(order.size());
    for (MoveRecord* record : order) records.push_back(std::move(*record));
    // What the cluster still shows would be found anew at once, so it stays for as long as it is shown.
    std::erase_if(records, [&](const MoveRecord& record) {
      return record.ended && !present_.contains(record.migration_uid) && now_ - *record.ended > kLedgerSpan;
    });
  }

  const ClusterView& view_;
  const Policy& policy_;
  const CoreOptions& options_;
  const std::map<std::string, Instant>& watched_;
  Instant now_;
  std::map<std::string, MoveRecord> records_;
  bool is_news_ = true;            // whether what is found out now is worth telling
  std::set<std::string> present_;  // uids of migrations that the view shows
  Followed result_;
};

}  // namespace

Followed follow(const ClusterView& view, const Policy& policy, std::vector<MoveRecord> before, const CoreOptions& options,
                const std::map<std::string, Instant>& watched, Instant now) {
  return Follower(view, policy, options, watched, now).run(std::move(before));
}

}  // namespace drover
