#include "torture_cases/case.h"

#include <algorithm>

namespace drover::torture {
namespace {

constexpr std::int64_t kGib = std::int64_t{1} << 30;
// Longer than any cooldown or wait after failures, and than the day of demand that strategies remember.
constexpr Duration kSettle = hours{26};
constexpr Duration kStill = hours{4};
constexpr Duration kGone = hours{1};
constexpr std::size_t kTraces = 8;

// Values near the last, or jumps; then, from the calm on, the same for good.
sim::Trace draw_trace(SeededRandom& random, Duration step, Duration busy, Duration whole) {
  sim::Trace trace;
  trace.interval = step;
  const double low = random.uniform(0, 0.4);
  const double high = random.uniform(low, 1);
  const double jump = random.uniform(0.05, 1);
  double value = random.uniform(low, high);
  for (Duration t{}; t <= whole; t += step) {
    if (t < busy && random.chance(jump)) value = random.uniform(low, high);
    trace.cpu.push_back(static_cast<float>(value));
  }
  return trace;
}

sim::NodeGroup draw_nodes(SeededRandom random, const std::string& name, std::size_t count) {
  sim::NodeGroup group;
  group.name = name;
  group.count = count;
  group.cores = static_cast<double>(4U << random.below(3));
  group.memory_bytes = static_cast<std::int64_t>(group.cores) * (2 + 2 * static_cast<std::int64_t>(random.below(3))) * kGib;
  group.pods = random.chance(0.2) ? 8 : 110;
  group.link_bytes_per_second = random.chance(0.3) ? 125e6 : 1.25e9;
  group.zones = random.chance(0.5) ? std::vector<std::string>{"a"} : std::vector<std::string>{"a", "b", "c"};
  group.power.boot = seconds{30 + static_cast<int>(random.below(300))};
  group.power.shutdown = seconds{5 + static_cast<int>(random.below(60))};
  return group;
}

sim::VmGroup draw_vms(SeededRandom random, std::size_t number, Duration step, Duration busy, Duration whole) {
  sim::VmGroup group;
  group.name = "vm" + std::to_string(number + 1);
  group.ns = number % 2 == 0 ? "blue" : "green";
  group.labels.set("app", random.chance(0.5) ? "web" : "db");
  group.count = 1 + random.below(20);
  group.vcpus = std::int64_t{1} << random.below(3);
  group.cpu_request_milli = random.chance(0.5) ? group.vcpus * 100 : group.vcpus * 400;
  group.memory_bytes = (1 + static_cast<std::int64_t>(random.below(4))) * kGib;
  group.memory_use = random.uniform(0.2, 1);
  group.dirty_bytes_per_second = random.chance(0.1) ? 400e6 : random.uniform(1e6, 50e6);
  group.live_migratable = random.chance(0.95);
  group.restarts = random.chance(0.8);
  const auto within = [&] { return from_seconds(random.uniform(0, to_seconds(busy))); };
  const std::size_t arrivals = random.below(20);
  for (std::size_t i = 0; i < arrivals; ++i) group.arrives_at.push_back(within());
  const double ends = random.uniform(0, 0.6);
  for (std::size_t i = 0; i < group.count + arrivals; ++i) {
    group.ends_at.push_back(random.chance(ends) ? within() : whole + hours{1});
  }
  auto traces = std::make_shared<std::vector<sim::Trace>>();
  for (std::size_t i = 0; i < kTraces; ++i) traces->push_back(draw_trace(random, step, busy, whole));
  group.demand = sim::TraceDemand{std::move(traces)};
  return group;
}

std::vector<Deed> draw_deeds(SeededRandom random, Duration busy, const std::set<std::string>& without) {
  std::vector<Deed> deeds;
  for (const char* name : {"suspend", "recommend", "delete", "cordon", "exclude", "button"}) {
    SeededRandom own = random.fork();
    if (!own.chance(0.15) || without.contains(name)) continue;
    Deed deed{.name = name, .at = from_seconds(own.uniform(0, to_seconds(busy))), .which = own.below(1000)};
    if (own.chance(0.6)) deed.undone_after = from_seconds(own.uniform(0, to_seconds(busy - deed.at)));
    deeds.push_back(std::move(deed));
  }
  return deeds;
}

// Fewer nodes can hold fewer VMs, and a VM must fit on some node.
void make_fit(sim::Scenario& scenario) {
  for (sim::VmGroup& vm : scenario.vms) {
    std::int64_t most = 0;
    for (const sim::NodeGroup& node : scenario.nodes) most = std::max(most, node.memory_bytes);
    vm.memory_bytes = std::min(vm.memory_bytes, most - vm.memory_overhead_bytes);
  }
}

}  // namespace

Case draw_case(std::uint64_t seed, const Trims& trims) {
  Case drawn{.seed = seed, .trims = trims};
  SeededRandom random(seed);
  SeededRandom sizes = random.fork();
  const int busy_drawn = 1 + static_cast<int>(sizes.below(5));
  const Duration busy = hours{trims.busy_hours ? std::min(*trims.busy_hours, busy_drawn) : busy_drawn};
  sim::Scenario& scenario = drawn.scenario;
  scenario.name = "torture-" + std::to_string(seed);
  scenario.duration = busy + kSettle + kStill;
  drawn.phases = {.calm = scenario.start + busy, .still = scenario.start + busy + kSettle};

  const std::size_t all_nodes = 2 + sizes.below(11);
  const std::size_t second = sizes.chance(0.4) ? all_nodes / 3 : 0;
  std::size_t left = std::min(trims.nodes.value_or(all_nodes), all_nodes);
  for (const auto& [name, count] : {std::pair<std::string, std::size_t>{"node", all_nodes - second}, {"big", second}}) {
    SeededRandom own = random.fork();
    const std::size_t taken = std::min(left, count);
    left -= taken;
    if (taken > 0) scenario.nodes.push_back(draw_nodes(own, name, taken));
  }
  const std::size_t groups = 1 + sizes.below(4);
  for (std::size_t i = 0; i < groups; ++i) {
    sim::VmGroup group = draw_vms(random.fork(), i, scenario.step, busy, scenario.duration);
    if (trims.vms) group.count = std::min(group.count, *trims.vms);
    if (trims.vms && group.arrives_at.size() > *trims.vms) group.arrives_at.resize(*trims.vms);
    scenario.vms.push_back(std::move(group));
  }
  make_fit(scenario);
  SeededRandom rest = random.fork();
  scenario.kubevirt.parallel_migrations_per_cluster = 1 + static_cast<std::int64_t>(rest.below(6));
  scenario.kubevirt.parallel_outbound_migrations_per_node = 1 + static_cast<std::int64_t>(rest.below(3));
  scenario.kubevirt.allow_auto_converge = rest.chance(0.3);
  scenario.kubevirt.allow_post_copy = rest.chance(0.2);
  if (rest.chance(0.4)) scenario.metrics = {.resolution = seconds{15 + 15 * static_cast<int>(rest.below(4))}, .delay = seconds{5}};

  drawn.options.seed = random.fork().bits();
  drawn.options.faults = draw_faults(random.fork(), trims.without, drawn.dials);
  drawn.options.policies = draw_policies(random.fork(), scenario.nodes);
  std::erase_if(drawn.options.policies,
                [&](const Policy& policy) { return trims.without.contains("policy " + drover::to_string(policy.ref.key)); });
  for (Policy& policy : drawn.options.policies) policy.created = scenario.start;
  drawn.deeds = draw_deeds(random.fork(), busy, trims.without);
  if (random.fork().chance(0.5) && !trims.without.contains("policies-gone"))
    drawn.phases.policies_gone = drawn.phases.still + kGone;
  return drawn;
}

std::string options_of(const Trims& trims) {
  std::string text;
  for (const std::string& name : trims.without) text += " --without '" + name + "'";
  if (trims.nodes) text += " --nodes " + std::to_string(*trims.nodes);
  if (trims.vms) text += " --vms " + std::to_string(*trims.vms);
  if (trims.busy_hours) text += " --busy-hours " + std::to_string(*trims.busy_hours);
  return text;
}

std::string describe(const Case& drawn) {
  std::string text = "  nodes:";
  for (const auto& group : drawn.scenario.nodes) {
    text += " " + std::to_string(group.count) + " of " + std::to_string(static_cast<int>(group.cores)) + " cores in " +
            std::to_string(group.zones.size()) + (group.zones.size() == 1 ? " zone;" : " zones;");
  }
  text += "\n  VMs:";
  for (const auto& group : drawn.scenario.vms) {
    text += " " + std::to_string(group.count) + " and " + std::to_string(group.arrives_at.size()) + " to come of " +
            std::to_string(group.vcpus) + " vCPUs in " + group.ns + ";";
  }
  text += "\n  policies:";
  for (const Policy& policy : drawn.options.policies) {
    text += " " + drover::to_string(policy.ref.key) + " (" + std::string(type_of(policy.spec.settings));
    if (const auto* settings = std::get_if<ConsolidationSettings>(&policy.spec.settings)) {
      text += ", " + std::string(to_string(settings->strategy));
    }
    text += policy.spec.mode == PolicyMode::Enforce ? ");" : ", Recommend);";
  }
  text += "\n  faults:";
  for (const std::string& dial : drawn.dials) text += " " + dial + ";";
  text += " " + std::to_string(drawn.options.faults.replicas) + " replicas\n  deeds:";
  for (const Deed& deed : drawn.deeds) text += " " + deed.name + " after " + to_string(std::chrono::floor<seconds>(deed.at)) + ";";
  if (drawn.phases.policies_gone) text += " policies-gone at the end;";
  return text + "\n  busy for " + to_string(drawn.phases.calm - drawn.scenario.start);
}

}  // namespace drover::torture
