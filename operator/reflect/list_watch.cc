#include "reflect/list_watch.h"

#include <algorithm>

namespace drover::reflect {

void ListWatch::step(const Outcome& outcome, double jitter) {
  if (const auto* page = std::get_if<PageRead>(&outcome)) read(*page);
  if (const auto* watch = std::get_if<WatchMoved>(&outcome)) moved(*watch);
  if (const auto* watch = std::get_if<WatchEnded>(&outcome)) ended(*watch, jitter);
  if (const auto* failure = std::get_if<Failed>(&outcome)) failed(*failure, jitter);
}

// A page alone is no progress: a list that succeeds and a watch that is refused at once must not take turns without a pause.
void ListWatch::read(const PageRead& page) {
  DROVER_CHECK(state_ != State::Watching);
  if (!page.continue_token.empty()) {
    state_ = State::Listing;
    todo_ = {ReadPage{.continue_token = page.continue_token, .whole = false}, Duration::zero()};
    return;
  }
  state_ = State::Watching;
  resource_version_ = page.resource_version;
  todo_ = {Watch{resource_version_}, Duration::zero()};
}

void ListWatch::moved(const WatchMoved& watch) {
  DROVER_CHECK(state_ == State::Watching);
  failures_ = 0;
  if (!watch.resource_version.empty()) resource_version_ = watch.resource_version;
  todo_ = {Watch{resource_version_}, Duration::zero()};
}

void ListWatch::ended(const WatchEnded& watch, double jitter) {
  DROVER_CHECK(state_ == State::Watching);
  if (watch.lasted >= kHeld) failures_ = 0;
  // A server that closes each watch at once, in good order, must not be called in a loop.
  const bool hasty = watch.lasted < seconds{1};
  todo_ = {Watch{resource_version_}, hasty ? back_off(jitter) : Duration::zero()};
}

void ListWatch::failed(const Failed& failure, double jitter) {
  const Error& error = failure.error;
  if (failure.lasted >= kHeld) failures_ = 0;
  const bool first = failures_ == 0;
  const Duration after = std::max(back_off(jitter), error.retry_after.value_or(Duration::zero()));
  if (state_ == State::Watching) {
    // Invalid: what comes from this version on can't be read, or the version itself isn't understood; a list steps over it.
    if (error.cls == ErrorClass::Gone) return list_again(false, first ? Duration::zero() : after);
    if (error.cls == ErrorClass::Invalid) return list_again(false, after);
    todo_ = {Watch{resource_version_}, after};
    return;
  }
  if (error.cls == ErrorClass::Gone) return list_again(true, first ? Duration::zero() : after);
  todo_.after = after;
}

void ListWatch::list_again(bool whole, Duration after) {
  state_ = State::Empty;
  todo_ = {ReadPage{.continue_token = "", .whole = whole}, after};
}

Duration ListWatch::back_off(double jitter) {
  Duration backoff = kFirstBackoff;
  for (int i = 0; i < failures_ && backoff < kMaxBackoff; ++i) backoff *= 2;
  backoff = std::min(backoff, kMaxBackoff);
  ++failures_;
  return backoff + from_seconds(to_seconds(backoff) * jitter);
}

}  // namespace drover::reflect
