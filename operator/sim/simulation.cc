#include "sim/simulation.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/hash.h"
#include "core/rules.h"
#include "core/status.h"
#include "sim/trail.h"

namespace drover::sim {
namespace {

constexpr double kHourInSeconds = 3600;
constexpr Duration kBetweenLooks = seconds{1};

}  // namespace

Simulation::Simulation(Scenario scenario, SimulationOptions options)
    : scenario_(std::move(scenario)),
      options_(std::move(options)),
      random_(options_.seed),
      queue_(scenario_.start),
      world_(scenario_, options_.faults, queue_, api_, random_.fork()),
      metrics_(scenario_, queue_, world_),
      bmc_(options_.faults, queue_, world_, SeededRandom(stable_hash("bmc", options_.seed))),
      server_(api_, world_, queue_),
      connection_(scenario_.timing.call, options_.faults, queue_, server_, random_.fork()),
      effects_(scenario_, options_.faults, queue_, connection_, metrics_, drivers_, random_.fork(),
               {.asked =
                    [this](const Replica& replica, const Effect& effect) {
                      for (Observer* observer : observers_) observer->before_call(*this, replica, effect);
                    },
                .done =
                    [this](const Replica& replica, const Effect& effect, const Result<std::string>& outcome) {
                      for (Observer* observer : observers_) observer->after_effect(*this, replica, effect, outcome);
                      if (outcome) end_vm_with_move(effect);
                    }}),
      fault_random_(random_.fork()),
      hash_(kHashSeed) {
  DROVER_CHECK(problem_of(scenario_).empty());
  for (const PowerDriverKind kind : {PowerDriverKind::Redfish, PowerDriverKind::Metal3, PowerDriverKind::WakeOnLan})
    drivers_.add(kind, bmc_);
  for (int i = 0; i < std::max(1, options_.faults.replicas); ++i) {
    replicas_.push_back(std::make_unique<Replica>(
        i, options_.core, options_.faults, queue_, api_, random_.fork(),
        Replica::Wires{
            .dispatch = [this](Replica& from, std::vector<Effect> effects) { effects_.dispatch(from, std::move(effects)); },
            .stepped = [this](const Replica& replica, const StepResult& result) { stepped(replica, result); },
            .restarted = [this](Replica& replica) { restarted(replica); }}));
    candidates_.push_back(std::make_unique<Candidate>(*replicas_.back(), connection_, queue_));
  }
}

Simulation::~Simulation() = default;

void Simulation::begin() {
  world_.begin();
  for (const Policy& policy : options_.policies) api_.put(policy);
  for (const PowerProfile& profile : options_.profiles) api_.put(profile);
  load_time_zones();
  metrics_.begin();
  for (auto& replica : replicas_) replica->start();
  begin_elections();
  plan_faults();
}

// A zone that nobody knows stays away, and the core tells the policy's owner.
void Simulation::load_time_zones() {
  for (const std::string& name : api_.missing_time_zones()) {
    if (name == "UTC") {
      api_.set_time_zone(TimeZone{});
    } else if (options_.time_zone) {
      if (auto zone = options_.time_zone(name)) api_.set_time_zone(std::move(zone).value());
    }
  }
}

bool Simulation::run_next() {
  if (over_) return false;
  const auto next = queue_.next();
  if (!next || *next >= end()) {
    queue_.pass_to(end());
    world_.close_books();
    over_ = true;
    return false;
  }
  queue_.run_next();
  for (Observer* observer : observers_) observer->after_event(*this);
  return true;
}

void Simulation::run_until(Instant when) {
  while (!over_) {
    const auto next = queue_.next();
    if (next && *next > when && when < end()) return queue_.pass_to(when);
    run_next();
  }
}

void Simulation::run() {
  while (run_next()) {
  }
}

Readiness Simulation::readiness_of(const Policy& policy) {
  const std::unique_ptr<Rule> rule = make_rules(options_.core.signals)(policy);
  const auto question = rule ? rule->question(policy) : std::nullopt;
  RuleReport report = rule ? rule->report(policy, api_.view()) : RuleReport{};
  if (question) {
    for (std::string& part : metrics_.not_honoured(question->signal)) report.idle_fields.push_back(std::move(part));
  }
  if (question && policy.problem.empty()) {
    if (const auto table = metrics_.sample(question->signal, queue_.now(), {}); !table) report.problem = table.error();
  }
  return readiness(api_.view(), policy, rule.get(), report);
}

void Simulation::stepped(const Replica& replica, const StepResult& result) {
  for (const Decision& decision : result.decisions) hash_ = stable_hash(trail_of(decision), hash_);
  for (const Effect& effect : result.effects) hash_ = stable_hash(trail_of(effect, queue_.now()), hash_);
  if (first_decisions_hash_.empty()) first_decisions_hash_ = replica.core()->first_decisions_hash();
  violations_ += result.violations.size();
  decisions_ += result.decisions.size();
  for (Observer* observer : observers_) observer->after_step(*this, replica, result);
}

Report Simulation::report() {
  world_.close_books();
  Report report = make_report(*this, hash_, violations_, decisions_);
  report.first_decisions_hash = first_decisions_hash_;
  if (const Core* core = leader().core()) report.notes = notes_of(*core, api_.view());
  return report;
}

// Without faults the first leads.
void Simulation::begin_elections() {
  if (options_.faults.at_rest()) {
    leads_for_good_ = replicas_[0].get();
    return replicas_[0]->lead_until(Instant::max());
  }
  for (auto& candidate : candidates_) candidate->start();
}

// Whoever leads when nothing goes wrong any more would renew its lease for ever.
void Simulation::end_elections() {
  const auto leads = std::find_if(candidates_.begin(), candidates_.end(), [](const auto& candidate) { return candidate->leads(); });
  if (leads == candidates_.end()) return queue_.after(kBetweenLooks, [this] { end_elections(); });
  for (auto& candidate : candidates_) candidate->stop();
  Replica& leader = *replicas_[static_cast<std::size_t>(leads - candidates_.begin())];
  leads_for_good_ = &leader;
  leader.lead_until(Instant::max());
}

void Simulation::restarted(const Replica& replica) {
  const auto number = static_cast<std::size_t>(replica.number());
  if (leads_for_good_ == nullptr) return candidates_[number]->start();
  if (leads_for_good_ == &replica) replicas_[number]->lead_until(Instant::max());
}

Replica& Simulation::leader() {
  const auto leads = std::find_if(replicas_.begin(), replicas_.end(), [](const auto& replica) { return replica->leading(); });
  return leads != replicas_.end() ? **leads : *replicas_[0];
}

bool Simulation::holds_lease(const Replica& replica) const {
  return leads_for_good_ != nullptr ? leads_for_good_ == &replica : server_.leader() == identity_of(replica);
}

void Simulation::plan_fault(double per_hour, std::function<void()> happen) {
  if (per_hour <= 0) return;
  const double wait = -std::log(1 - fault_random_.uniform()) * kHourInSeconds / per_hour;
  queue_.after(from_seconds(wait), [this, per_hour, happen = std::move(happen)] {
    if (faults_over_) return;
    happen();
    plan_fault(per_hour, happen);
  });
}

void Simulation::end_vm_with_move(const Effect& effect) {
  const double chance = options_.faults.vm_ends_with_move;
  const auto* create = std::get_if<CreateMigration>(&effect.body);
  if (chance <= 0 || create == nullptr || create->dry_run || !fault_random_.chance(chance)) return;
  queue_.after(from_seconds(fault_random_.uniform()), [this, vm = create->vm] {
    const auto& vms = world_.vms();
    for (std::size_t i = vms.size(); i-- > 0;) {
      if (vms[i].key != vm || vms[i].state == VmState::Ended) continue;
      world_.end_vm(i);
      for (auto& replica : replicas_) replica->relist();
      return;
    }
  });
}

void Simulation::end_faults() {
  options_.faults = Faults{.replicas = options_.faults.replicas};
  faults_over_ = true;
  if (leads_for_good_ == nullptr) end_elections();
}

void Simulation::plan_faults() {
  const Faults& faults = options_.faults;
  plan_fault(faults.gone_per_hour, [this] { replicas_[fault_random_.below(replicas_.size())]->relist(); });
  plan_fault(faults.pauses_per_hour, [this] {
    const Instant until = queue_.now() + options_.faults.pause;
    connection_.pause_until(until);
    for (auto& replica : replicas_) replica->deaf_until(until);
  });
  plan_fault(faults.node_deaths_per_hour, [this] { world_.kill_node(fault_random_.below(world_.nodes().size())); });
  plan_fault(faults.power_deaths_per_hour,
             [this] { bmc_.die_until(fault_random_.below(world_.nodes().size()), queue_.now() + options_.faults.power_death); });
  plan_fault(faults.vm_appears_per_hour, [this] { world_.add_vm(fault_random_.below(scenario_.vms.size())); });
  plan_fault(faults.vm_vanishes_per_hour, [this] { world_.end_vm(fault_random_.below(world_.vms().size())); });
  plan_fault(faults.cut_offs_per_hour, [this] {
    const Instant until = queue_.now() + options_.faults.cut_off;
    connection_.cut_off_until(leader().number(), until);
    leader().deaf_until(until);
  });
  plan_fault(faults.freezes_per_hour, [this] { leader().freeze_until(queue_.now() + options_.faults.freeze); });
  plan_fault(faults.clock_steps_per_hour, [this] {
    const Duration by = options_.faults.clock_step;
    leader().step_clock(fault_random_.chance(0.5) ? by : -by);
  });
  plan_fault(faults.clock_put_back_per_hour, [this] { leader().put_clock_back(options_.faults.clock_put_back); });
}

}  // namespace drover::sim
