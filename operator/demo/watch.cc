#include "demo/watch.h"

#include <algorithm>

#include "control/record.h"

namespace drover {
namespace {

// The demo shows what happened; what the operator would log is left out.
class NoLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view /*message*/, LogFields /*fields*/) override {}
};

std::string policies_of(const std::vector<Policy>& policies) {
  std::string names;
  for (const Policy& policy : policies) {
    names += (names.empty() ? "" : ", ") + to_string(policy.ref.key);
    const auto* settings = std::get_if<ConsolidationSettings>(&policy.spec.settings);
    if (settings != nullptr) names += " (" + std::string(to_string(settings->strategy)) + ")";
  }
  return names.empty() ? "no policy" : names;
}

}  // namespace

DemoWatch::DemoWatch(const sim::Simulation& simulation, Telemetry& telemetry) : telemetry_(telemetry), metrics_(telemetry) {
  const sim::Scenario& scenario = simulation.scenario();
  day_.title = scenario.name;
  day_.policy = policies_of(simulation.options().policies);
  day_.seed = simulation.options().seed;
  day_.start = day_.now = scenario.start;
  day_.end = simulation.end();
  record_begin(telemetry_);
}

void DemoWatch::after_step(const sim::Simulation& /*simulation*/, const sim::Replica& /*replica*/, const StepResult& result) {
  NoLog log;
  record_step(log, telemetry_, result);
  day_.violations += result.violations.size();
  for (const Decision& decision : result.decisions) {
    if (decision.move) relief_[decision.vm] = decision.reason == Reason::OverloadRelieved;
  }
}

void DemoWatch::after_effect(const sim::Simulation& simulation, const sim::Replica& /*replica*/, const Effect& effect,
                             const Result<std::string>& outcome) {
  ++day_.effects;
  telemetry_.count("drover_effects_total",
                   {{"kind", kind_of(effect.body)}, {"result", outcome ? "ok" : metric_label(outcome.error().cls)}});
  if (!outcome) return;
  if (const auto* create = std::get_if<CreateMigration>(&effect.body); create != nullptr && !create->dry_run) {
    begin_move(simulation, *create);
  }
  if (const auto* mark = std::get_if<MarkNode>(&effect.body)) change_life(simulation, *mark);
}

// One that was there before is known.
void DemoWatch::begin_move(const sim::Simulation& simulation, const CreateMigration& effect) {
  const auto& moves = simulation.world().moves();
  const ObjectKey key{effect.vm.ns, effect.name};
  const auto made = std::find_if(moves.rbegin(), moves.rend(), [&](const sim::SimMove& move) { return move.key == key; });
  if (made == moves.rend()) return;
  const auto index = static_cast<std::size_t>(moves.rend() - made) - 1;
  if (!known_.insert(index).second) return;
  under_way_.emplace_back(day_.moves.size(), index);
  day_.moves.push_back({.vm = effect.vm,
                        .source = effect.source,
                        .target = effect.target,
                        .reason = effect.reason,
                        .relief = relief_[effect.vm],
                        .started = simulation.now()});
}

void DemoWatch::change_life(const sim::Simulation& simulation, const MarkNode& effect) {
  NodeLife& life = lives_[effect.node];
  if (life == effect.marks.life) return;
  day_.changes.push_back(
      {.at = simulation.now(), .node = effect.node, .from = life, .to = effect.marks.life, .reason = effect.marks.reason});
  life = effect.marks.life;
}

void DemoWatch::after_event(const sim::Simulation& simulation) {
  std::erase_if(under_way_, [&](const auto& pair) {
    const sim::SimMove& move = simulation.world().moves()[pair.second];
    if (!move.over()) return false;
    DemoMove& known = day_.moves[pair.first];
    known.ended = simulation.now();
    known.failed = move.phase == MigrationPhase::Failed;
    return true;
  });
}

void DemoWatch::look(sim::Simulation& simulation) {
  simulation.world().close_books();
  const sim::DataCenter& world = simulation.world();
  day_.now = simulation.now();
  day_.nodes.clear();
  for (const sim::SimNode& node : world.nodes()) {
    const auto life = lives_.find(node.name);
    day_.nodes.push_back({.name = node.name,
                          .life = life == lives_.end() ? NodeLife::Active : life->second,
                          .power = node.state,
                          .cpu = node.wanted / node.cores,
                          .memory = static_cast<double>(node.memory_requested) / static_cast<double>(node.memory_bytes),
                          .vms = node.vms.size()});
  }
  day_.vms_ever = world.vms().size();
  day_.vms_running = day_.vms_waiting = 0;
  for (const sim::SimVm& vm : world.vms()) {
    if (vm.state == sim::VmState::Pending) ++day_.vms_waiting;
    if (vm.state == sim::VmState::Running || vm.state == sim::VmState::Starting) ++day_.vms_running;
  }
  const Books& books = world.books();
  day_.watts = books.watts();
  day_.all_on_watts = books.all_on_watts();
  day_.totals = books.totals();
  day_.floor_joules = simulation.world().floor_joules();
  day_.counts = world.counts();
  day_.downtime_seconds = 0;
  for (std::size_t vm = 0; vm < books.vms(); ++vm) day_.downtime_seconds += books.vm(vm).downtime_seconds;
  record_view(telemetry_, simulation.api().view(), true, quarantined_);
  metrics_.record(day_);
}

void DemoWatch::sample(sim::Simulation& simulation) {
  look(simulation);
  day_.course.push_back({day_.nodes_on(), day_.watts, day_.all_on_watts});
}

}  // namespace drover
