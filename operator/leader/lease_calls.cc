#include "leader/lease_calls.h"

#include <algorithm>

namespace drover {
namespace {

Status failed(Elector& elector, const Error& error, Duration monotonic) {
  elector.has_failed(error.cls, monotonic);
  return error;
}

}  // namespace

Call call_of(const Elector::Step& step, const ObjectKey& lease) {
  switch (step.what) {
    case Elector::Step::Do::Pause:
    case Elector::Step::Do::Read: break;
    case Elector::Step::Do::Create:
      return {.verb = Call::Verb::Create, .type = resource::kLeases, .key = lease, .body = to_json(step.lease, lease)};
    case Elector::Step::Do::Update:
      return {.verb = Call::Verb::Replace, .type = resource::kLeases, .key = lease, .body = to_json(step.lease, lease)};
  }
  return {.verb = Call::Verb::Get, .type = resource::kLeases, .key = lease};
}

Call call_of_release(const Lease& released, const ObjectKey& lease) {
  return call_of({.what = Elector::Step::Do::Update, .lease = released}, lease);
}

Duration limit_of_call(const Elector& elector, const LeaseSettings& settings, Duration monotonic) {
  const Duration limit = settings.renew_deadline / 2;
  return elector.leads(monotonic) ? std::min(limit, elector.leads_until() - monotonic) : limit;
}

Status hear(Elector& elector, const Elector::Step& step, const Result<std::string>& answer, Duration sent, Duration monotonic) {
  const bool is_read = step.what == Elector::Step::Do::Read;
  if (is_read && !answer && answer.error().cls == ErrorClass::NotFound) {
    elector.was_read(std::nullopt, monotonic);
    return ok();
  }
  if (!answer) return failed(elector, answer.error(), monotonic);
  const Result<Lease> lease = parse_lease(*answer);
  if (!lease) return failed(elector, lease.error(), monotonic);
  if (is_read) {
    elector.was_read(*lease, monotonic);
  } else {
    elector.was_written(*lease, sent);
  }
  return ok();
}

}  // namespace drover
