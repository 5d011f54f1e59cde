#include "leader/lease_loop.h"

#include <algorithm>
#include <utility>

namespace drover {
namespace {

constexpr Duration kReleaseLimit = seconds{3};

// Runs a call with a stop_token that is set when `stop` is, or when time is up.
template <typename Call>
auto within(Duration limit, std::stop_token stop, const Call& call) {
  std::stop_source either;
  const std::stop_callback forward(std::move(stop), [&either] { either.request_stop(); });
  const std::jthread alarm([&either, limit](std::stop_token done) {
    if (wait_for(limit, std::move(done))) either.request_stop();
  });
  return call(either.get_token());
}

}  // namespace

LeaseLoop::LeaseLoop(KubeApi& api, const Clock& clock, Log& log, ObjectKey lease, LeaseSettings settings, LeaderCallbacks callbacks,
                     Wait wait)
    : api_(api),
      clock_(clock),
      log_(log),
      key_(std::move(lease)),
      settings_(settings),
      callbacks_(std::move(callbacks)),
      wait_(std::move(wait)),
      elector_(std::move(settings)) {}

void LeaseLoop::start() {
  thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

void LeaseLoop::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

LeaderState LeaseLoop::state() const {
  const MutexLock lock(mutex_);
  return {leads(), holder_, problem_};
}

void LeaseLoop::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const Duration now = clock_.monotonic();
    const Elector::Step step = elector_.step(clock_.now(), now);
    if (step.what == Elector::Step::Do::Pause) {
      // The end of leading may come first.
      const Duration wait = elector_.leads(now) ? std::min(step.wait, elector_.leads_until() - now) : step.wait;
      (void)wait_(wait, stop);
    } else {
      carry_out(step, stop);
    }
    publish();
  }
  release();
}

void LeaseLoop::carry_out(const Elector::Step& step, std::stop_token stop) {
  // Half of the deadline, so that one hanging connection leaves time for another try; never beyond the time that is left.
  Duration limit = settings_.renew_deadline / 2;
  const Duration now = clock_.monotonic();
  if (elector_.leads(now)) limit = std::min(limit, elector_.leads_until() - now);
  if (step.what == Elector::Step::Do::Read) {
    read(limit, std::move(stop));
  } else {
    write(step, limit, std::move(stop));
  }
}

void LeaseLoop::read(Duration limit, std::stop_token stop) {
  const Result<std::string> answer =
      within(limit, stop, [&](std::stop_token either) { return api_.get(resource::kLeases, key_, either); });
  if (!answer && answer.error().cls == ErrorClass::NotFound) return elector_.was_read(std::nullopt, clock_.monotonic());
  if (!answer) return failed(answer.error(), stop);
  const Result<Lease> lease = parse_lease(*answer);
  if (!lease) return failed(lease.error(), stop);
  elector_.was_read(*lease, clock_.monotonic());
}

void LeaseLoop::write(const Elector::Step& step, Duration limit, std::stop_token stop) {
  const Duration sent = clock_.monotonic();
  const std::string body = to_json(step.lease, key_);
  const Result<std::string> answer = within(limit, stop, [&](std::stop_token either) {
    return step.what == Elector::Step::Do::Create ? api_.create(resource::kLeases, key_.ns, body, {}, either)
                                                  : api_.replace(resource::kLeases, key_, body, {}, either);
  });
  if (!answer) return failed(answer.error(), stop);
  const Result<Lease> stored = parse_lease(*answer);
  if (!stored) return failed(stored.error(), stop);
  elector_.was_written(*stored, sent);
  set_problem("");
}

void LeaseLoop::failed(const Error& error, const std::stop_token& stop) {
  elector_.has_failed(error.cls, clock_.monotonic());
  const bool race = error.cls == ErrorClass::Conflict || error.cls == ErrorClass::AlreadyExists;
  if (!race && !stop.stop_requested()) set_problem(to_string(error));
}

void LeaseLoop::set_problem(const std::string& problem) {
  bool news = false;
  {
    const MutexLock lock(mutex_);
    news = problem_ != problem;
    problem_ = problem;
  }
  if (news && !problem.empty())
    log_.warn("the leader lease can't be read or written", {{"lease", to_string(key_)}, {"problem", problem}});
}

// Makes known what has changed.
void LeaseLoop::publish() {
  leads_until_ = elector_.leads_until().count();
  {
    const MutexLock lock(mutex_);
    holder_ = elector_.holder();
  }
  const bool leading = elector_.leads(clock_.monotonic());
  if (leading == told_) return;
  told_ = leading;
  if (leading) {
    log_.info("leading", {{"lease", to_string(key_)}, {"identity", settings_.identity}});
    callbacks_.started();
    return;
  }
  const LeaderState now = state();
  std::string why = "the lease " + to_string(key_) + " was taken by " + now.holder;
  if (now.holder.empty() || now.holder == settings_.identity) {
    why = "the lease " + to_string(key_) + " could not be renewed within " + to_string(settings_.renew_deadline);
    if (!now.problem.empty()) why += ": " + now.problem;
  }
  log_.warn("no longer leading", {{"why", why}});
  callbacks_.stopped(why);
}

void LeaseLoop::release() {
  leads_until_ = 0;
  if (std::exchange(told_, false)) callbacks_.stopped("stopping");
  for (bool read_again = false;; read_again = true) {
    const std::optional<Lease> released = elector_.release(clock_.now());
    if (!released) return;
    const Result<std::string> answer = within(kReleaseLimit, {}, [&](std::stop_token limit) {
      return api_.replace(resource::kLeases, key_, to_json(*released, key_), {}, limit);
    });
    if (answer) return;
    if (answer.error().cls != ErrorClass::Conflict || read_again) {
      return log_.info("the leader lease was not released and will expire", {{"problem", to_string(answer.error())}});
    }
    read(kReleaseLimit, {});  // a renewal that was cut off by the stop had been stored after all, or someone else was first
  }
}

}  // namespace drover
