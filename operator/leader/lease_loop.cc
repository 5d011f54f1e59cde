#include "leader/lease_loop.h"

#include <algorithm>
#include <utility>

#include "leader/lease_calls.h"

namespace drover {
namespace {

constexpr Duration kReleaseLimit = seconds{3};
constexpr const char* kFieldManager = "drover";

// Runs a call with a stop_token that is set when `stop` is, or when time is up.
template <typename Make>
auto within(Duration limit, std::stop_token stop, const Make& make) {
  std::stop_source either;
  const std::stop_callback forward(std::move(stop), [&either] { either.request_stop(); });
  const std::jthread alarm([&either, limit](std::stop_token done) {
    if (wait_for(limit, std::move(done))) either.request_stop();
  });
  return make(either.get_token());
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

void LeaseLoop::carry_out(const Elector::Step& step, const std::stop_token& stop) {
  make(step, limit_of_call(elector_, settings_, clock_.monotonic()), stop);
}

void LeaseLoop::make(const Elector::Step& step, Duration limit, const std::stop_token& stop) {
  const Duration sent = clock_.monotonic();
  const Result<std::string> answer =
      within(limit, stop, [&](std::stop_token either) { return make_call(api_, call_of(step, key_), kFieldManager, either); });
  const Status heard = hear(elector_, step, answer, sent, clock_.monotonic());
  if (heard) {
    if (step.what != Elector::Step::Do::Read) set_problem("");
    return;
  }
  const ErrorClass cls = heard.error().cls;
  const bool race = cls == ErrorClass::Conflict || cls == ErrorClass::AlreadyExists;
  if (!race && !stop.stop_requested()) set_problem(to_string(heard.error()));
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
      return make_call(api_, call_of_release(*released, key_), kFieldManager, limit);
    });
    if (answer) return;
    if (answer.error().cls != ErrorClass::Conflict || read_again) {
      return log_.info("the leader lease was not released and will expire", {{"problem", to_string(answer.error())}});
    }
    make({.what = Elector::Step::Do::Read}, kReleaseLimit,
         {});  // a renewal that was cut off by the stop had been stored after all, or someone else was first
  }
}

}  // namespace drover
