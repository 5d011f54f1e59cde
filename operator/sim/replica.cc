#include "sim/replica.h"

#include <algorithm>
#include <utility>

namespace drover::sim {
namespace {

std::set<Kind> every_kind() {
  return {kAllKinds.begin(), kAllKinds.end()};
}

constexpr Duration kLeastWait = milliseconds{1};  // before the next Tick

}  // namespace

Replica::Replica(int number, const CoreOptions& options, const Faults& faults, EventQueue& queue, Api& api, SeededRandom random,
                 Wires wires)
    : number_(number),
      options_(options),
      faults_(faults),
      queue_(queue),
      api_(api),
      random_(random),
      wires_(std::move(wires)),
      store_(std::make_unique<reflect::Store>(every_kind())) {
  api_.watch([this](const reflect::Delta& delta) { seen(delta); });
}

void Replica::start() {
  turn_.emplace(Core(options_));
  store_ = std::make_unique<reflect::Store>(every_kind());
  list_from(api_.view());
  if (faults_.stale_list > 0 && past_ == nullptr) remember_past();
}

void Replica::crash(Duration pause) {
  if (!running()) return;
  ++life_;
  turn_.reset();
  events_.clear();
  turn_asked_ = false;
  leads_until_ = {};
  frozen_until_ = {};
  queue_.after(pause, [this, life = life_] {
    if (life != life_) return;
    start();
    wires_.restarted(*this);
  });
}

// A turn tells the core when it begins to lead, and when it ends.
void Replica::lead_until(Instant until) {
  if (!running() || until == leads_until_) return;
  const bool led = elected();
  leads_until_ = until;
  if (elected() != led) turn_soon();
  if (!elected() || until == Instant::max()) return;
  queue_.at(until, [this, until] {
    if (leads_until_ == until) turn_soon();
  });
}

void Replica::freeze_until(Instant until) {
  if (!running()) return;
  frozen_until_ = std::max(frozen_until_, until);
  deaf_until(until);
}

void Replica::when_it_runs(std::function<void()> action) {
  if (frozen_until_ <= queue_.now()) return action();
  queue_.at(frozen_until_, [this, life = life_, action = std::move(action)] {
    if (life == life_) when_it_runs(action);
  });
}

void Replica::tell(Event event) {
  if (!running()) return;
  events_.push_back(std::move(event));
  turn_soon();
}

// A stale list comes from a server that lags; the present one follows.
void Replica::relist() {
  if (!running()) return;
  if (faults_.stale_list > 0 && past_ != nullptr && random_.chance(faults_.stale_list)) {
    list_from(*past_);
    queue_.after(faults_.stale_by, [this, life = life_] {
      if (life == life_ && running()) list_from(api_.view());
    });
    return;
  }
  list_from(api_.view());
}

void Replica::list_from(const ClusterView& view) {
  ++list_epoch_;
  for (reflect::Delta& delta : lists_of(view)) apply(std::move(delta));
  for (const auto& [name, zone] : api_.view().time_zones) store_->set_time_zone(zone);
  turn_soon();
}

void Replica::remember_past() {
  past_ = std::make_unique<ClusterView>(api_.view());
  queue_.after(faults_.stale_by, [this] { remember_past(); });
}

void Replica::seen(const reflect::Delta& delta) {
  if (!running()) return;
  const bool at_once = faults_.watch_delay <= Duration::zero() && deaf_until_ <= queue_.now();
  if (at_once && last_seen_.empty()) return receive(delta);
  Instant when = std::max(queue_.now(), deaf_until_);
  if (faults_.watch_delay > Duration::zero()) {
    when += Duration(static_cast<Duration::rep>(random_.uniform() * static_cast<double>(faults_.watch_delay.count())));
  }
  Instant& last = last_seen_[delta.kind];
  when = last = std::max(last, when);
  queue_.at(when, [this, delta, life = life_, epoch = list_epoch_] {
    if (life == life_ && epoch == list_epoch_ && running()) receive(delta);
  });
}

void Replica::receive(const reflect::Delta& delta) {
  if (faults_.duplicate > 0 && random_.chance(faults_.duplicate)) apply(delta);
  apply(delta);
  if (view_changed_) turn_soon();
}

void Replica::apply(reflect::Delta delta) {
  if (store_->apply(std::move(delta))) view_changed_ = true;
}

void Replica::turn_soon() {
  if (!running() || std::exchange(turn_asked_, true)) return;
  queue_.at(std::max(queue_.now(), frozen_until_), [this, life = life_] {
    if (life != life_) return;
    turn_asked_ = false;
    if (frozen_until_ > queue_.now()) return turn_soon();
    turn();
  });
}

void Replica::turn() {
  Turn::News news{.leads = elected() && store_->synced(),
                  .view_changed = std::exchange(view_changed_, false),
                  .answers = std::exchange(events_, {})};
  turn_->take(
      store_->view(), std::move(news), [this] { return now(); },
      [this, led = leading()](StepResult& result) mutable {
        if (!std::exchange(led, leading()) && leading()) ++term_;
        wires_.stepped(*this, result);
        wires_.dispatch(*this, std::move(result.effects));
      });
  if (leading()) wake();
}

void Replica::wake() {
  const std::uint64_t epoch = ++wake_epoch_;
  if (!turn_->due()) return;
  const Instant when = std::max(*turn_->due() - clock_offset_, queue_.now() + kLeastWait);
  queue_.at(when, [this, epoch] {
    if (epoch == wake_epoch_) turn_soon();
  });
}

}  // namespace drover::sim
