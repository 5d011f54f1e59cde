#include "sim/executor.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "act/precondition.h"
#include "act/render.h"

namespace drover::sim {
namespace {

Error conflict(std::string message) {
  return {ErrorClass::Conflict, std::move(message), 409};
}

std::vector<const Pod*> pods_on(const ClusterView& view, const std::string& node) {
  std::vector<const Pod*> found;
  const auto pods = view.pods_by_node.find(node);
  if (pods == view.pods_by_node.end()) return found;
  for (const ObjectKey& key : pods->second) found.push_back(view.pods.at(key).get());
  return found;
}

bool is_sample(const EffectBody& body) {
  return std::holds_alternative<SampleSignal>(body) || std::holds_alternative<SampleUse>(body) ||
         std::holds_alternative<SamplePower>(body);
}

}  // namespace

Executor::Executor(const Scenario& scenario, const Faults& faults, EventQueue& queue, Api& api, DataCenter& world, Metrics& metrics,
                   const PowerDrivers& drivers, SeededRandom random, Done done)
    : scenario_(scenario),
      faults_(faults),
      queue_(queue),
      api_(api),
      world_(world),
      metrics_(metrics),
      drivers_(drivers),
      random_(random),
      done_(std::move(done)) {}

void Executor::dispatch(Replica& from, std::vector<Effect> effects) {
  const Duration half = scenario_.timing.call / 2;
  for (Effect& effect : effects) {
    auto shared = std::make_shared<const Effect>(std::move(effect));
    queue_.after(half, [this, &from, shared, life = from.life()] { begin(from, *shared, life); });
  }
}

bool Executor::crashes(Replica& replica) {
  if (faults_.crash <= 0 || !random_.chance(faults_.crash)) return false;
  replica.crash(faults_.restart);
  return true;
}

// A fault of the server's, of those that say that nothing was done.
std::optional<Error> Executor::refused_by_server() {
  if (faults_.too_many_requests > 0 && random_.chance(faults_.too_many_requests)) {
    return Error{ErrorClass::Retryable, "too many requests, please try again later", 429, seconds{1}};
  }
  if (faults_.conflict > 0 && random_.chance(faults_.conflict)) {
    return conflict("the object has been modified; please apply your changes to the latest version and try again");
  }
  return std::nullopt;
}

void Executor::begin(Replica& from, const Effect& effect, std::uint64_t life) {
  if (from.life() != life) return;  // the process that was to do it is no more
  if (paused_until_ > queue_.now()) {
    const auto again = std::make_shared<const Effect>(effect);
    return queue_.at(paused_until_, [this, &from, again, life] { begin(from, *again, life); });
  }
  if (const auto* sample = std::get_if<SampleSignal>(&effect.body)) {
    return answer(from, effect, life, SignalSampled{effect.id, sample->policy, metrics_.sample(sample->policy, sample->signal)},
                  Duration::zero());
  }
  if (std::holds_alternative<SampleUse>(effect.body)) {
    return answer(from, effect, life, UseSampled{effect.id, metrics_.use()}, Duration::zero());
  }
  if (const auto* power = std::get_if<SamplePower>(&effect.body)) {
    return answer(from, effect, life, PowerSampled{effect.id, power->node, sample(*power)}, Duration::zero());
  }
  if (!from.elected()) {
    return answer(from, effect, life, EffectDone{effect.id, Error{ErrorClass::Cancelled, "this process does not lead any more"}},
                  Duration::zero());
  }
  if (crashes(from)) return;
  const bool lost = faults_.answer_lost > 0 && random_.chance(faults_.answer_lost);
  const bool made = !lost || random_.chance(0.5);
  Result<std::string> outcome = Error{ErrorClass::Retryable, "the answer was lost, and nothing was done"};
  if (made) {
    const auto refused = refused_by_server();
    outcome = refused ? Result<std::string>(*refused) : perform(effect);
  }
  done_(from, effect, outcome);
  if (crashes(from)) return;
  answer(from, effect, life, EffectDone{effect.id, std::move(outcome)}, lost ? faults_.lost_for : Duration::zero());
}

void Executor::answer(Replica& to, const Effect& effect, std::uint64_t life, Event event, Duration after) {
  const Duration half = is_sample(effect.body) ? scenario_.timing.call / 2 : scenario_.timing.call - scenario_.timing.call / 2;
  auto shared = std::make_shared<Event>(std::move(event));
  queue_.after(half + after, [&to, shared, life] {
    if (to.life() == life) to.tell(std::move(*shared));
  });
}

Result<std::string> Executor::perform(const Effect& effect) {
  return std::visit(
      [this]<typename Body>(const Body& body) -> Result<std::string> {
        if constexpr (std::is_same_v<Body, SampleSignal> || std::is_same_v<Body, SampleUse> || std::is_same_v<Body, SamplePower> ||
                      std::is_same_v<Body, Announce>) {
          return std::string();  // samples are answered elsewhere; news are collected by whoever is told of effects
        } else {
          return perform(body);
        }
      },
      effect.body);
}

Result<std::string> Executor::perform(const CreateMigration& effect) {
  if (const auto checked = still_holds(effect, api_.view().vm(effect.vm)); !checked) return checked.error();
  Migration migration = migration_of(effect);
  if (const auto at = api_.view().migrations.find(migration.key); at != api_.view().migrations.end() && !effect.dry_run) {
    return same_move(effect, *at->second);
  }
  if (const auto admitted = world_.admit_migration(migration); !admitted) return admitted.error();
  if (effect.dry_run) return std::string();
  return world_.create_migration(std::move(migration));
}

Result<std::string> Executor::perform(const CancelMigration& effect) {
  const auto at = api_.view().migrations.find(effect.migration);
  if (at != api_.view().migrations.end() && at->second->uid == effect.uid) world_.delete_migration(effect.migration);
  return std::string();
}

Result<std::string> Executor::perform(const WriteStatus& effect) {
  const Policy* policy = api_.view().policy(effect.policy);
  if (policy != nullptr) api_.change_policy(policy->ref.key, [&](Policy& object) { object.status = effect.status; });
  return std::string();
}

Result<std::string> Executor::perform(const MarkNode& effect) {
  const Node* node = api_.view().node(effect.node);
  if (node != nullptr && is_marked(effect, *node)) return std::string();
  if (const auto holds = still_holds(effect, node); !holds) return holds.error();
  api_.change_node(effect.node, [&](Node& object) { write_marks(object, effect.marks); });
  return std::string();
}

Result<Powered> Executor::sample(const SamplePower& effect) {
  const auto driver = drivers_.of(effect.node, effect.driver);
  return driver ? (*driver)->state(effect.node, {}) : driver.error();
}

Result<std::string> Executor::perform(const SwitchPower& effect) {
  if (const auto holds = still_holds(effect, api_.view().node(effect.node)); !holds) return holds.error();
  if (!effect.on) {
    if (const auto free = carries_no_vm(effect, pods_on(api_.view(), effect.node)); !free) return free.error();
  }
  const auto driver = drivers_.of(effect.node, effect.driver);
  if (!driver) return driver.error();
  if (const auto taken = (*driver)->switch_to(effect.node, effect.on, {}); !taken) return taken.error();
  return std::string();
}

}  // namespace drover::sim
