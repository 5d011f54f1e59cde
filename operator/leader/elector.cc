#include "leader/elector.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace drover {

Elector::Elector(LeaseSettings settings) : settings_(std::move(settings)) {
  DROVER_CHECK(!settings_.identity.empty());
  DROVER_CHECK(Duration::zero() < settings_.retry && settings_.retry < settings_.renew_deadline);
  DROVER_CHECK(settings_.renew_deadline < settings_.lease);
}

bool Elector::held_by_another() const {
  return seen_ && !seen_->holder.empty() && seen_->holder != settings_.identity;
}

Duration Elector::expiry() const {
  return seen_at_ + std::max(seen_->duration, settings_.retry);
}

Lease Elector::mine(Instant now) const {
  Lease lease = stored_ ? *seen_ : Lease{};
  if (lease.holder != settings_.identity) {
    lease.holder = settings_.identity;
    lease.acquired = now;
    if (stored_) ++lease.transitions;
  }
  lease.duration = settings_.lease;
  lease.renewed = now;
  return lease;
}

Elector::Step Elector::step(Instant now, Duration monotonic) const {
  if (monotonic < next_) return {.what = Step::Do::Pause, .wait = next_ - monotonic};
  if (!fresh_ || (held_by_another() && monotonic < expiry())) return {.what = Step::Do::Read};
  return {.what = stored_ ? Step::Do::Update : Step::Do::Create, .lease = mine(now)};
}

void Elector::was_read(const std::optional<Lease>& lease, Duration monotonic) {
  const bool changed = stored_ != lease.has_value() || (lease && (!seen_ || seen_->resource_version != lease->resource_version));
  if (changed) seen_at_ = monotonic;
  if (lease) seen_ = lease;
  stored_ = lease.has_value();
  fresh_ = true;
  next_ = monotonic;
  if (!held_by_another()) return;
  leads_until_ = Duration::zero();  // taken from us, or never ours
  if (monotonic < expiry()) next_ = std::min(monotonic + settings_.retry, expiry());
}

void Elector::was_written(const Lease& stored, Duration sent) {
  seen_ = stored;
  seen_at_ = sent;
  stored_ = true;
  fresh_ = true;
  failures_ = 0;
  leads_until_ = held_by_another() ? Duration::zero() : sent + settings_.renew_deadline;
  next_ = sent + settings_.retry;
}

void Elector::has_failed(ErrorClass cls, Duration monotonic) {
  fresh_ = false;
  // Someone was first: see who, at once, but never in a tight loop.
  const bool look = failures_++ == 0 && (cls == ErrorClass::Conflict || cls == ErrorClass::AlreadyExists);
  // While we lead, the time left is too short to idle through whole retries.
  const Duration pause = leads(monotonic) ? settings_.retry / 4 : settings_.retry;
  next_ = look ? monotonic : monotonic + pause;
}

std::optional<Lease> Elector::release(Instant now) {
  leads_until_ = Duration::zero();
  if (!stored_ || seen_->holder != settings_.identity) return std::nullopt;
  Lease lease = *seen_;
  lease.holder.clear();
  lease.duration = seconds{1};
  lease.renewed = now;
  return lease;
}

}  // namespace drover
