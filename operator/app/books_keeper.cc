#include "app/books_keeper.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/cost.h"
#include "core/policy_report.h"

namespace drover {
namespace {

// "ns/name", or the name of a VM in the policy's own namespace.
ObjectKey vm_of(const MoveEnded& move) {
  const auto slash = move.record.vm.find('/');
  if (slash == std::string::npos) return {move.policy.key.ns, move.record.vm};
  return {move.record.vm.substr(0, slash), move.record.vm.substr(slash + 1)};
}

std::optional<NodeEvent> event_of(NodeLife before, NodeLife now) {
  if (now == NodeLife::Asleep && before == NodeLife::PoweringOff) return NodeEvent::Slept;
  if (now == NodeLife::Active && before == NodeLife::Waking) return NodeEvent::Woke;
  if (now == NodeLife::Quarantined && before == NodeLife::Waking) return NodeEvent::WakeFailed;
  if (now == NodeLife::Quarantined && before == NodeLife::PoweringOff) return NodeEvent::SleepFailed;
  return std::nullopt;
}

std::string policy_named(const ClusterView& view, const std::string& uid) {
  for (const auto& [key, policy] : view.policies) {
    if (policy->ref.uid == uid) return to_string(key);
  }
  return "";
}

}  // namespace

// As its mark says, which may be of the process that led before; the mark's clock may be ahead.
Instant BooksKeeper::begin_of(const Life& life) {
  return life.marks.since == Instant{} ? life.seen : std::min(life.marks.since, life.seen);
}

Duration BooksKeeper::pace_from_environment() {
  const char* text = std::getenv("DROVER_BOOKS_PACE");
  const long given = text != nullptr ? std::atol(text) : 0;
  const bool divides = given > 0 && seconds{hours{1}}.count() % (kPacesOfInterval * given) == 0;
  return divides ? Duration(seconds{given}) : kPace;
}

BooksKeeper::BooksKeeper(LedgerWriter::Open open, Log& log, Telemetry& telemetry, const std::string& writer, Duration pace)
    : metrics_(telemetry),
      pace_(pace),
      books_(kPacesOfInterval * pace, pace),
      levels_(2 * pace),
      writer_(std::move(open), log, telemetry, {.writer = writer}) {}

void BooksKeeper::look(const ClusterView& view, const Core& core, const StepResult& result, Instant now) {
  if (!core.leading()) return;
  LedgerRows rows;
  take_moves(result, rows);
  take_lives(view, now, rows);
  if (!looked_ || now - *looked_ >= pace_ || now < *looked_) {
    take_held(view, core, now, rows);
    looked_ = now;
    ClusterSample sample = sample_of(view, core.power(), core.use(), 2 * pace_, now);
    levels_.sample(now, sample);
    books_.sample(now, std::move(sample));
    rows.take(books_.take());
    levels_.book(rows.energy);
    metrics_.show(books_);
    metrics_.show(levels_);
    metrics_.show(view);
  }
  metrics_.show(rows);
  writer_.put(std::move(rows));
}

void BooksKeeper::close() {
  books_.finish();
  LedgerRows rows = books_.take();
  levels_.book(rows.energy);
  metrics_.show(rows);
  writer_.put(std::move(rows));
}

void BooksKeeper::pause() {
  close();
  books_.pause();
  levels_.pause();
  metrics_.forget();
  looked_.reset();
  lives_.clear();
}

bool BooksKeeper::finish(Duration patience) {
  close();
  return writer_.flush(patience);
}

void BooksKeeper::take_moves(const StepResult& result, LedgerRows& rows) {
  for (const MoveEnded& move : result.ended) {
    const MoveRecord& record = move.record;
    rows.moves.push_back({.migration_uid = record.migration_uid,
                          .vm = vm_of(move),
                          .source = record.source,
                          .target = record.target,
                          .policy = to_string(move.policy.key),
                          .reason = record.reason,
                          .succeeded = record.result == MoveResult::Succeeded,
                          .started = record.started,
                          .took = record.ended.value_or(record.started) - record.started,
                          .downtime = record.result == MoveResult::Succeeded ? std::optional(kEstimatedDowntime) : std::nullopt,
                          .downtime_measured = false});
  }
}

void BooksKeeper::take_lives(const ClusterView& view, Instant now, LedgerRows& rows) {
  std::erase_if(lives_, [&](const auto& life) { return view.node(life.first) == nullptr; });
  for (const auto& [key, node] : view.nodes) {
    const auto [known, is_new] = lives_.try_emplace(node->name, Life{node->marks, now});
    Life& life = known->second;
    if (is_new || life.marks.life == node->marks.life) continue;
    metrics_.node_came_to(node->marks.life);
    if (const auto event = event_of(life.marks.life, node->marks.life)) {
      const std::string& uid = node->marks.policy_uid.empty() ? life.marks.policy_uid : node->marks.policy_uid;
      rows.lives.push_back({.at = now,
                            .node = node->name,
                            .event = *event,
                            .policy = policy_named(view, uid),
                            .took = now - begin_of(life),
                            .reason = life.marks.reason});
    }
    life = {node->marks, now};
  }
}

void BooksKeeper::take_held(const ClusterView& view, const Core& core, Instant now, LedgerRows& rows) {
  if (!looked_ || now <= *looked_ || now - *looked_ > 2 * pace_) return;
  for (const PolicyReport& report : core.reports(view)) {
    if (!report.rule.round) continue;
    for (const OrderReport& order : report.rule.round->orders) {
      const Node* node = view.node(order.node);
      if (order.held_up.empty() || node == nullptr) continue;
      const PowerModel power = view.power_model(*node);
      rows.held.push_back({.from = *looked_,
                           .until = now,
                           .policy = to_string(report.policy.key),
                           .node = order.node,
                           .held_by = order.held_up,
                           .joules = (power.idle_watts() - power.standby_watts) * to_seconds(now - *looked_)});
    }
  }
}

}  // namespace drover
