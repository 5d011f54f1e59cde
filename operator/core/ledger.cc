#include "core/ledger.h"

#include <algorithm>

#include "base/check.h"

namespace drover {
namespace {

// `first` for n = 1, doubled for each further one, up to `most`.
Duration doubled(Duration first, std::int64_t n, Duration most) {
  Duration delay = std::min(first, most);
  for (std::int64_t i = 1; i < n && delay < most && delay > Duration::zero(); ++i) delay = std::min(delay * 2, most);
  return delay;
}

std::optional<Instant> if_ahead(Instant t, Instant now) {
  return t > now ? std::optional(t) : std::nullopt;
}

// In the day that ends now. What lies ahead is there because the clock was put back, and is recent.
bool in_day(Instant started, Instant now) {
  return started > now - hours{24};
}

std::vector<const Vm*> moved_vms(const ClusterView& view) {
  std::vector<const Vm*> moved;
  for (const auto& [key, vm] : view.vms) {
    if (vm->migration) moved.push_back(vm.get());
  }
  return moved;
}

}  // namespace

Ledger::Ledger(const ClusterView& view, const std::vector<const MoveRecord*>& memory, Instant now)
    : Ledger(view, memory, moved_vms(view), now) {}

Ledger::Ledger(const ClusterView& view, const std::vector<const MoveRecord*>& memory, const std::vector<const Vm*>& moved,
               Instant now)
    : view_(view), now_(now) {
  for (const MoveRecord* record : memory) note(*record);
  for (auto& [vm, moves] : moves_) {
    for (auto& [uid, move] : moves) move.remembered = true;
  }
  for (const auto& [key, policy] : view.policies) {
    for (const MoveRecord& record : policy->status.moves) {
      const Moves& known = moves_of(record.vm_uid);
      const auto move = known.find(record.migration_uid);
      if (move == known.end() || !move->second.remembered) note(record);
    }
  }
  for (const auto& [vm_key, keys] : view.migrations_by_vm) {
    const Vm* vm = view.vm(vm_key);
    if (vm == nullptr) continue;
    for (const ObjectKey& key : keys) {
      if (const auto migration = view.migrations.find(key); migration != view.migrations.end()) note(*vm, *migration->second);
    }
  }
  for (const Vm* vm : moved) {
    DROVER_CHECK(vm->migration);
    note(*vm, *vm->migration);
  }
}

void Ledger::note(const MoveRecord& record) {
  const bool failed = record.ended && record.result != MoveResult::Succeeded;
  // Without a uid nothing was created yet; the name is then all there is.
  note(record.vm_uid, record.migration_uid.empty() ? "name/" + record.migration : record.migration_uid,
       {record.started, record.ended, failed, record.target});
}

void Ledger::note(const Vm& vm, const Migration& migration) {
  const bool ours = migration.labels.find(mark::kPolicyUid) != nullptr;
  if (!ours || migration.created < vm.created) return;  // the latter moved an earlier VM of that name
  std::optional<Instant> ended = migration.ended;
  if (!ended && migration.is_final() && migration.state) ended = migration.state->ended;
  note(vm.uid, migration.uid,
       {migration.created, ended, migration.phase == MigrationPhase::Failed,
        std::string(migration.annotations.value_or(mark::kTarget, ""))});
}

void Ledger::note(const Vm& vm, const MigrationState& state) {
  const std::optional<Instant> started = state.started ? state.started : state.ended;
  if (!started || state.migration_uid.empty()) return;
  note(vm.uid, state.migration_uid,
       {*started, state.ended, state.failed || (state.abort_requested && !state.completed), state.target_node});
}

void Ledger::note(const std::string& vm_uid, const std::string& migration_uid, const Move& move) {
  const Instant latest = std::max(move.started, move.over());
  if (vm_uid.empty() || latest <= now_ - kLedgerSpan || latest > now_ + kMaxCooldown) return;
  const auto [at, is_new] = moves_[vm_uid].try_emplace(migration_uid, move);
  if (is_new) return;
  Move& known = at->second;
  known.started = std::min(known.started, move.started);
  if (move.ended) known.ended = std::max(known.ended.value_or(*move.ended), *move.ended);
  known.failed = known.failed || move.failed;
  if (known.target.empty()) known.target = move.target;
}

const Ledger::Moves& Ledger::moves_of(const std::string& vm_uid) const {
  static const Moves kNone;
  const auto at = moves_.find(vm_uid);
  return at == moves_.end() ? kNone : at->second;
}

std::optional<Instant> Ledger::cooldown_ends(const std::string& vm_uid, Duration cooldown, Instant now) const {
  std::int64_t n = 0;
  Instant last = Instant::min();
  for (const auto& [uid, move] : moves_of(vm_uid)) {
    if (move.failed) continue;
    ++n;
    last = std::max(last, move.over());
  }
  if (n == 0) return std::nullopt;
  const Duration most = std::clamp<Duration>(cooldown, kMaxCooldown, kLedgerSpan);
  return if_ahead(last + doubled(std::max(cooldown, Duration::zero()), n, most), now);
}

std::optional<Instant> Ledger::backoff_ends(const std::string& vm_uid, Instant now) const {
  const Moves& moves = moves_of(vm_uid);
  Instant last_success = Instant::min();
  for (const auto& [uid, move] : moves) {
    if (!move.failed && move.ended) last_success = std::max(last_success, *move.ended);
  }
  std::int64_t n = 0;
  Instant last = Instant::min();
  for (const auto& [uid, move] : moves) {
    if (!move.failed || move.over() <= last_success) continue;
    ++n;
    last = std::max(last, move.over());
  }
  if (n == 0) return std::nullopt;
  return if_ahead(last + doubled(kFirstBackoff, n, kMaxCooldown), now);
}

std::map<std::string, Instant> Ledger::failed_targets(const std::string& vm_uid, Instant now) const {
  struct Failures {
    std::int64_t count = 0;
    Instant last = Instant::min();
    Instant reached = Instant::min();
  };
  std::map<std::string, Failures> at;
  const Moves& moves = moves_of(vm_uid);
  for (const auto& [uid, move] : moves) {
    if (!move.failed && move.ended) at[move.target].reached = std::max(at[move.target].reached, *move.ended);
  }
  for (const auto& [uid, move] : moves) {
    const Node* node = view_.node(move.target);
    if (!move.failed || node == nullptr) continue;
    Failures& there = at[move.target];
    if (move.over() <= there.reached || (node->ready_since && move.over() < *node->ready_since)) continue;
    ++there.count;
    there.last = std::max(there.last, move.over());
  }
  std::map<std::string, Instant> found;
  for (const auto& [node, failures] : at) {
    if (failures.count == 0) continue;
    if (const auto until = if_ahead(failures.last + doubled(kFirstLeftOut, failures.count, kMaxCooldown), now))
      found[node] = *until;
  }
  return found;
}

std::int64_t Ledger::moves_in_day(const std::string& vm_uid, Instant now) const {
  const Moves& moves = moves_of(vm_uid);
  return std::count_if(moves.begin(), moves.end(),
                       [&](const auto& entry) { return !entry.second.failed && in_day(entry.second.started, now); });
}

std::optional<Instant> Ledger::day_frees_at(const std::string& vm_uid, Instant now) const {
  std::optional<Instant> oldest;
  for (const auto& [uid, move] : moves_of(vm_uid)) {
    if (!move.failed && in_day(move.started, now) && (!oldest || move.started < *oldest)) oldest = move.started;
  }
  if (!oldest) return std::nullopt;
  return *oldest + hours{24};
}

}  // namespace drover
