#include "sim/candidate.h"

#include <utility>

#include "leader/lease_calls.h"

namespace drover::sim {
namespace {

constexpr Duration kRetry = seconds{4};  // twice the default: most of the events of a quiet hour are renewals

}  // namespace

std::string identity_of(const Replica& replica) {
  return "replica-" + std::to_string(replica.number()) + "-process-" + std::to_string(replica.life());
}

Candidate::Candidate(Replica& replica, Connection& connection, EventQueue& queue)
    : replica_(replica), connection_(connection), queue_(queue) {}

void Candidate::start() {
  settings_ = {.identity = identity_of(replica_), .retry = kRetry};
  elector_.emplace(settings_);
  go_on(++epoch_);
}

bool Candidate::leads() const {
  return replica_.running() && elector_ && elector_->leads(replica_.monotonic());
}

void Candidate::when_it_runs(std::uint64_t epoch, std::function<void()> action) {
  replica_.when_it_runs([this, epoch, action = std::move(action)] {
    if (epoch == epoch_ && replica_.running()) action();
  });
}

void Candidate::go_on(std::uint64_t epoch) {
  const Duration sent = replica_.monotonic();
  const Elector::Step step = elector_->step(replica_.now(), sent);
  if (step.what == Elector::Step::Do::Pause) {
    return queue_.after(step.wait, [this, epoch] { when_it_runs(epoch, [this, epoch] { go_on(epoch); }); });
  }
  const auto heard = [this, epoch, step, sent](Result<std::string> answer) {
    when_it_runs(epoch, [this, epoch, step, sent, answer = std::move(answer)] {
      (void)hear(*elector_, step, answer, sent, replica_.monotonic());
      replica_.lead_until(Instant{elector_->leads_until()});
      go_on(epoch);
    });
  };
  connection_.make(replica_.number(), call_of(step, kLeaseKey), limit_of_call(*elector_, settings_, sent), heard);
}

}  // namespace drover::sim
