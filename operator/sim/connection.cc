#include "sim/connection.h"

#include <algorithm>
#include <utility>

namespace drover::sim {

void Connection::make(int replica, Call call, Duration patience, Heard heard) {
  auto exchange = std::make_shared<Exchange>(
      Exchange{.replica = replica, .call = std::move(call), .patience = patience, .heard = std::move(heard), .sent = queue_.now()});
  if (cut_off(replica)) return give_up_at(exchange->sent + patience, exchange);
  if (faults_.answer_lost > 0 && random_.chance(faults_.answer_lost)) return lose(exchange);
  queue_.after(there_, [this, exchange] { arrive(exchange); });
}

// A third of such calls never came there, a third is carried out at once, and a third some time later.
void Connection::lose(const Shared& exchange) {
  exchange->lost = true;
  give_up_at(exchange->sent + std::min(faults_.lost_for, exchange->patience), exchange);
  const std::uint64_t fate = random_.below(3);
  if (fate == 0) return;
  const Duration late = fate == 1 ? Duration::zero() : from_seconds(random_.uniform(0, to_seconds(faults_.late_by)));
  queue_.after(there_ + late, [this, exchange] { arrive(exchange); });
}

void Connection::arrive(const Shared& exchange) {
  if (paused_until_ > queue_.now()) {
    give_up_at(exchange->sent + exchange->patience, exchange);
    return queue_.at(paused_until_, [this, exchange] { arrive(exchange); });
  }
  auto result = std::make_shared<Result<std::string>>(serve(exchange->call));
  if (exchange->lost || exchange->answered) return;
  queue_.after(back_, [this, exchange, result] {
    if (cut_off(exchange->replica)) return give_up_at(exchange->sent + exchange->patience, exchange);
    answer(*exchange, std::move(*result));
  });
}

// Of the server's faults those that say that nothing was done.
Result<std::string> Connection::serve(const Call& call) {
  if (faults_.too_many_requests > 0 && random_.chance(faults_.too_many_requests)) {
    return Error{ErrorClass::Retryable, "too many requests, please try again later", 429, seconds{1}};
  }
  if (call.changes() && faults_.conflict > 0 && random_.chance(faults_.conflict)) {
    return Error{ErrorClass::Conflict,
                 "the object has been modified; please apply your changes to the latest version and try again", 409};
  }
  return make_call(server_, call, "drover", {});
}

bool Connection::cut_off(int replica) const {
  const auto at = cut_off_until_.find(replica);
  return at != cut_off_until_.end() && at->second > queue_.now();
}

void Connection::answer(Exchange& exchange, Result<std::string> result) {
  if (!std::exchange(exchange.answered, true)) exchange.heard(std::move(result));
}

// As kube/kube_client.h tells it: of a call that changes nothing the outcome is known.
void Connection::give_up_at(Instant when, const Shared& exchange) {
  queue_.at(when, [exchange] {
    answer(*exchange, Error{exchange->call.changes() ? ErrorClass::UnknownOutcome : ErrorClass::Retryable, "the answer was lost"});
  });
}

}  // namespace drover::sim
