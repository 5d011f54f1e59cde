#include "sim/ledger_scribe.h"

#include <utility>

#include "core/step.h"

namespace drover::sim {
namespace {

constexpr const char* kModel = "model";

EnergyRow energy_row(Instant from, Instant until, const std::string& node, std::string policy, EnergyState state) {
  EnergyRow row;
  row.from = from;
  row.until = until;
  row.node = node;
  row.policy = std::move(policy);
  row.state = state;
  row.source = kModel;
  return row;
}

}  // namespace

LedgerScribe::LedgerScribe(Simulation& simulation)
    : simulation_(simulation), since_(simulation.scenario().start), shares_since_(simulation.scenario().start) {
  simulation.observe(*this);
}

void LedgerScribe::after_effect(const Simulation& simulation, const Replica&, const Effect& effect,
                                const Result<std::string>& outcome) {
  if (!outcome) return;
  if (const auto* create = std::get_if<CreateMigration>(&effect.body); create != nullptr && !create->dry_run)
    begun_[*outcome] = {simulation.now(), to_string(create->policy.key), create->reason};
  if (const auto* mark = std::get_if<MarkNode>(&effect.body)) note_life(*mark);
}

void LedgerScribe::note_life(const MarkNode& mark) {
  const Instant now = simulation_.now();
  const NodeLife to = mark.marks.life;
  if (to == NodeLife::PoweringOff || to == NodeLife::Waking) {
    switched_[mark.node] = now;
    return;
  }
  std::optional<NodeEvent> event;
  if (to == NodeLife::Asleep && mark.before == NodeLife::PoweringOff) event = NodeEvent::Slept;
  if (to == NodeLife::Active && mark.before == NodeLife::Waking) event = NodeEvent::Woke;
  if (to == NodeLife::Quarantined) event = mark.before == NodeLife::Waking ? NodeEvent::WakeFailed : NodeEvent::SleepFailed;
  if (!event) return;
  const auto began = switched_.find(mark.node);
  lives_.push_back({.at = now,
                    .node = mark.node,
                    .event = *event,
                    .policy = to_string(mark.policy.key),
                    .took = began == switched_.end() ? Duration::zero() : now - began->second,
                    .reason = mark.marks.reason});
}

LedgerRows LedgerScribe::rows_until(Instant now) {
  LedgerRows rows;
  simulation_.world().close_books();
  take_energy(now, rows);
  if (hour_of(now) != hour_of(shares_since_)) take_shares(now, rows);
  take_moves(rows);
  take_held(now, rows);
  const double floor = simulation_.world().floor_joules();
  rows.floors.push_back({.from = since_, .until = now, .joules = floor - std::exchange(floor_joules_, floor)});
  rows.lives = std::exchange(lives_, {});
  since_ = now;
  return rows;
}

void LedgerScribe::take_energy(Instant now, LedgerRows& rows) {
  const DataCenter& world = simulation_.world();
  nodes_.resize(world.nodes().size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const NodeBook& book = world.books().node(i);
    const NodeBook last = std::exchange(nodes_[i], book);
    const double idle = world.nodes()[i].power.idle_watts();
    const std::string policy = policy_of(book.name);
    Instant at = since_;  // states of one interval one after the other: how long each lasted is what is known
    const auto take = [&](EnergyState state, double joules, double seconds, double all_on, double overloaded) {
      if (seconds <= 0) return;
      EnergyRow row = energy_row(at, std::min(now, at + from_seconds(seconds)), book.name, policy, state);
      at = row.until;
      row.joules = joules;
      row.all_on_joules = all_on;
      row.copy_joules = state == EnergyState::On ? joules - all_on : 0;
      row.overloaded_seconds = overloaded;
      row.known_load_seconds = state == EnergyState::On ? seconds : 0;
      rows.energy.push_back(std::move(row));
    };
    take(EnergyState::On, book.on_joules - last.on_joules, book.on_seconds - last.on_seconds,
         book.on_all_on_joules - last.on_all_on_joules, book.overloaded_seconds - last.overloaded_seconds);
    const double off = book.shutdown_seconds - last.shutdown_seconds;
    take(EnergyState::Shutdown, book.shutdown_joules - last.shutdown_joules, off, idle * off, 0);
    const double asleep = book.standby_seconds - last.standby_seconds;
    take(EnergyState::Standby, book.standby_joules - last.standby_joules, asleep, idle * asleep, 0);
    const double boot = book.boot_seconds - last.boot_seconds;
    take(EnergyState::Boot, book.boot_joules - last.boot_joules, boot, idle * boot, 0);
  }
}

void LedgerScribe::take_shares(Instant now, LedgerRows& rows) {
  const Books& books = simulation_.world().books();
  for (std::size_t i = 0; i < books.vms(); ++i) {
    const VmBook& book = books.vm(i);
    if (i == vms_.size()) vms_.push_back({.key = book.key});
    VmBook& last = vms_[i];
    if (book.joules == last.joules && book.demanded == last.demanded) continue;
    rows.shares.push_back({.from = shares_since_,
                           .until = now,
                           .vm = book.key,
                           .source = kModel,
                           .cls = EnergyClass::Modelled,
                           .joules = book.joules - last.joules,
                           .demanded = book.demanded - last.demanded,
                           .served = book.served - last.served,
                           .lost_to_copies = book.lost_to_copies - last.lost_to_copies});
    last = book;
  }
  shares_since_ = now;
}

void LedgerScribe::take_moves(LedgerRows& rows) {
  const DataCenter& world = simulation_.world();
  for (; seen_moves_ < world.moves().size(); ++seen_moves_) open_moves_.push_back(seen_moves_);
  std::erase_if(open_moves_, [&](std::size_t index) {
    const SimMove& move = world.moves()[index];
    if (!move.over()) return false;
    const auto begun = begun_.find(move.uid);
    MoveRow row{.migration_uid = move.uid,
                .vm = world.vms()[move.vm].key,
                .source = world.nodes()[move.source].name,
                .target = move.target == kNone ? "" : world.nodes()[move.target].name,
                .policy = {},
                .reason = {},
                .succeeded = move.phase == MigrationPhase::Succeeded,
                .started = since_,
                .took = move.copy.elapsed(),
                .downtime = {},
                .downtime_measured = false};
    if (row.succeeded) row.downtime = move.copy.downtime();
    if (begun != begun_.end()) {
      row.started = begun->second.at;
      row.policy = begun->second.policy;
      row.reason = begun->second.reason;
      begun_.erase(begun);
    }
    rows.moves.push_back(std::move(row));
    return true;
  });
}

void LedgerScribe::take_held(Instant now, LedgerRows& rows) {
  const DataCenter& world = simulation_.world();
  for (const auto& replica : simulation_.replicas()) {
    if (replica->core() == nullptr || !replica->core()->leading()) continue;
    for (const PolicyReport& report : replica->core()->reports(simulation_.api().view())) {
      if (!report.rule.round) continue;
      for (const OrderReport& order : report.rule.round->orders) {
        const std::size_t node = world.find_node(order.node);
        if (order.held_up.empty() || node == kNone) continue;
        const PowerModel& power = world.nodes()[node].power;
        rows.held.push_back({.from = since_,
                             .until = now,
                             .policy = to_string(report.policy.key),
                             .node = order.node,
                             .held_by = order.held_up,
                             .joules = (power.idle_watts() - power.standby_watts) * to_seconds(now - since_)});
      }
    }
  }
}

// Of the one consolidation policy that there is. With several it is whose mark the node bears.
std::string LedgerScribe::policy_of(const std::string& node) const {
  std::string only;
  std::string marked;
  int policies = 0;
  const ClusterView& view = simulation_.api().view();
  const Node* object = view.node(node);
  for (const auto& [key, policy] : view.policies) {
    if (!std::holds_alternative<ConsolidationSettings>(policy->spec.settings)) continue;
    ++policies;
    only = to_string(key);
    if (object != nullptr && policy->ref.uid == object->marks.policy_uid) marked = only;
  }
  return policies == 1 ? only : marked;
}

}  // namespace drover::sim
