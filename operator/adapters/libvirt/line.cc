#include "adapters/libvirt/line.h"

#include <libvirt/virterror.h>

#include <thread>

#include "adapters/libvirt/failure.h"

namespace drover::libvirt {
namespace {

// A peer that does not answer three times at this interval is gone.
constexpr int kKeepAliveSeconds = 5;
constexpr unsigned kKeepAliveCount = 3;

}  // namespace

void Line::start() {
  std::thread([self = shared_from_this()] { self->serve(); }).detach();
}

Status Line::run(Work work, Duration within, const std::stop_token& stop) {
  const auto job = std::make_shared<Job>(Job{.work = std::move(work), .given_up = false, .done = {}});
  MutexLock lock(mutex_);
  if (hangs_) return Error{ErrorClass::Retryable, "libvirt at " + uri_ + " hangs: an earlier call has not come back"};
  jobs_.push_back(job);
  changed_.notify_all();
  changed_.wait_for(lock, stop, within, [&]() DROVER_REQUIRES(mutex_) { return job->done.has_value(); });
  if (job->done) return *job->done;
  job->given_up = true;
  if (std::erase(jobs_, job) == 0) hangs_ = true;  // it was begun
  if (stop.stop_requested()) return Error{ErrorClass::Cancelled, "cancelled while libvirt at " + uri_ + " was asked"};
  return Error{ErrorClass::Retryable, "libvirt at " + uri_ + " has not answered within " + to_string(within)};
}

void Line::end(Duration within) {
  MutexLock lock(mutex_);
  ending_ = true;
  changed_.notify_all();
  changed_.wait_for(lock, within, [this]() DROVER_REQUIRES(mutex_) { return ended_; });
}

void Line::serve() {
  while (true) {
    std::shared_ptr<Job> job;
    {
      MutexLock lock(mutex_);
      changed_.wait(lock, [this]() DROVER_REQUIRES(mutex_) { return ending_ || !jobs_.empty(); });
      if (ending_) break;
      job = jobs_.front();
      jobs_.pop_front();
    }
    carry_out(job);
    const MutexLock lock(mutex_);
    hangs_ = false;
  }
  hang_up();
  const MutexLock lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void Line::carry_out(const std::shared_ptr<Job>& job) {
  Status done = connect();
  if (done && is_given_up(*job)) return;  // an order of some time ago is none any more
  if (done) done = job->work(connection_);
  if (!done && (virConnectIsAlive(connection_) != 1)) hang_up();
  const MutexLock lock(mutex_);
  job->done = std::move(done);
  changed_.notify_all();
}

Status Line::connect() {
  if (connection_ != nullptr && virConnectIsAlive(connection_) == 1) return ok();
  hang_up();
  connection_ = virConnectOpen(uri_.c_str());
  if (connection_ == nullptr) return last_failure("libvirt at " + uri_ + " can't be reached");
  virConnectSetKeepAlive(connection_, kKeepAliveSeconds, kKeepAliveCount);  // a local one has none, and needs none
  return ok();
}

void Line::hang_up() {
  if (connection_ != nullptr) virConnectClose(connection_);
  connection_ = nullptr;
}

bool Line::is_given_up(const Job& job) {
  const MutexLock lock(mutex_);
  return job.given_up;
}

}  // namespace drover::libvirt
