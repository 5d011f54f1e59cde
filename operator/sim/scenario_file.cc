#include "sim/scenario_file.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "sim/trace_file.h"
#include "yaml/units.h"
#include "yaml/yaml_map.h"

namespace drover::sim {
namespace {

constexpr const char* kShare = "a share; write for example 30% or 0.3";
constexpr const char* kSpan = "a duration; write for example 90s, 5m, 8h or 2d";
constexpr const char* kBytes = "an amount of memory with its unit; write for example 8 GiB";
constexpr const char* kRate = "a rate with its unit; write for example 10 Gbit/s or 20 MiB/s";
constexpr const char* kWatts = "a power with its unit; write for example 250W";
constexpr const char* kJoules = "an energy with its unit; write for example 24 kJ";
constexpr const char* kCpus = "a number of CPUs; write for example 2, 0.5 or 500m";
constexpr const char* kCount = "a whole number of 0 or more";
constexpr const char* kNumber = "a number of 0 or more";

constexpr std::size_t kMostNodes = 100000;
constexpr std::size_t kMostVms = 1000000;

class ScenarioReader {
 public:
  explicit ScenarioReader(const std::string& file) : file_(file), fault_(file) {}

  Result<Scenario> read(const YAML::Node& document) {
    YamlMap top(document, "", fault_);
    read_top(top);
    top.each("namespaces", [&](const YAML::Node& item, const std::string& path) { read_namespace(YamlMap(item, path, fault_)); });
    if (auto kubevirt = top.map("kubevirt")) read_kubevirt(*kubevirt);
    if (auto metrics = top.map("metrics")) read_metrics(*metrics);
    top.each("nodes", [&](const YAML::Node& item, const std::string& path) { read_nodes(YamlMap(item, path, fault_)); });
    top.each("vms", [&](const YAML::Node& item, const std::string& path) { read_vms(YamlMap(item, path, fault_)); });
    top.no_others();
    check_sizes(document);
    if (fault_.noted()) return fault_.error();
    return std::move(scenario_);
  }

 private:
  void read_top(YamlMap& top) {
    top.read("name", scenario_.name);
    if (const auto start = top.text("start")) {
      const auto instant = parse_rfc3339(*start);
      if (!instant) top.complain("start", "must be a time such as 2026-01-05T00:00:00Z");
      scenario_.start = instant.value_or(scenario_.start);
    }
    top.read("duration", scenario_.duration, parse_span, kSpan);
    top.read("step", scenario_.step, parse_span, kSpan);
    if (scenario_.duration <= Duration::zero()) top.complain("duration", "must be above 0; write for example 24h");
    if (scenario_.step < seconds{1}) top.complain("step", "must be 1s or more; write for example 5m");
    top.read("copyCPU", scenario_.copy_cpu, parse_share, kShare);
    top.read("enforce", scenario_.enforce);
    for (const std::string& policy : top.texts("policies")) scenario_.policy_files.push_back(beside(policy));
  }

  void read_namespace(YamlMap map) {
    Namespace ns;
    map.read("name", ns.name);
    if (ns.name.empty()) map.complain("name", "is missing");
    ns.labels.set("kubernetes.io/metadata.name", ns.name);
    for (auto& [key, value] : map.pairs("labels")) ns.labels.set(std::move(key), std::move(value));
    for (const Namespace& other : scenario_.namespaces) {
      if (other.name == ns.name) map.complain("name", "\"" + ns.name + "\" is there twice; remove one");
    }
    map.no_others();
    scenario_.namespaces.push_back(std::move(ns));
  }

  void read_kubevirt(YamlMap map) {
    KubeVirt& kubevirt = scenario_.kubevirt;
    map.read("parallelMigrationsPerCluster", kubevirt.parallel_migrations_per_cluster, parse_count, kCount);
    map.read("parallelOutboundMigrationsPerNode", kubevirt.parallel_outbound_migrations_per_node, parse_count, kCount);
    map.read("bandwidthPerMigration", kubevirt.bandwidth_per_migration_bytes_per_second, parse_rate, kRate);
    Duration per_gib = seconds{kubevirt.completion_timeout_per_gib_seconds};
    Duration progress = seconds{kubevirt.progress_timeout_seconds};
    map.read("completionTimeoutPerGiB", per_gib, parse_span, kSpan);
    map.read("progressTimeout", progress, parse_span, kSpan);
    kubevirt.completion_timeout_per_gib_seconds = std::max<std::int64_t>(1, per_gib / seconds{1});
    kubevirt.progress_timeout_seconds = std::max<std::int64_t>(1, progress / seconds{1});
    map.read("allowAutoConverge", kubevirt.allow_auto_converge);
    map.read("allowPostCopy", kubevirt.allow_post_copy);
    map.no_others();
  }

  void read_metrics(YamlMap map) {
    const Duration& resolution = scenario_.metrics.resolution;
    map.read("resolution", scenario_.metrics.resolution, parse_span, kSpan);
    if (resolution > Duration::zero() && resolution < seconds{1}) {
      map.complain("resolution", "must be 0, or 1s or more; write for example 30s");
    }
    map.read("delay", scenario_.metrics.delay, parse_span, kSpan);
    map.no_others();
  }

  void read_nodes(YamlMap map) {
    NodeGroup group;
    map.read("name", group.name);
    map.read("count", group.count, parse_count, kCount);
    std::int64_t milli = 16000;
    map.read("cpu", milli, parse_milli_cpu, kCpus);
    group.cores = static_cast<double>(milli) / 1000;
    map.read("memory", group.memory_bytes, parse_bytes, kBytes);
    map.read("pods", group.pods, parse_count, kCount);
    map.read("link", group.link_bytes_per_second, parse_rate, kRate);
    if (auto zones = map.texts("zones"); !zones.empty()) group.zones = std::move(zones);
    for (auto& [key, value] : map.pairs("labels")) group.labels.set(std::move(key), std::move(value));
    if (auto power = map.map("power")) read_power(*power, group.power);
    if (milli <= 0) map.complain("cpu", "must be above 0");
    if (group.memory_bytes <= 0) map.complain("memory", "must be above 0");
    if (group.link_bytes_per_second <= 0) map.complain("link", "must be above 0");
    check_name(map, "name", group.name);
    for (const NodeGroup& other : scenario_.nodes) {
      if (other.name == group.name) map.complain("name", "\"" + group.name + "\" names two groups of nodes; rename one");
    }
    map.no_others();
    scenario_.nodes.push_back(std::move(group));
  }

  void read_power(YamlMap& map, PowerModel& power) {
    double idle = power.idle_watts();
    double most = power.max_watts();
    map.read("idle", idle, parse_watts, kWatts);
    map.read("max", most, parse_watts, kWatts);
    if (map.has("watts") && (map.has("idle") || map.has("max")))
      map.complain("watts", "excludes idle and max; keep one of the two ways");
    static const std::vector<std::pair<std::string, PowerModel::Curve>> kCurves = {{"Linear", PowerModel::Curve::Linear},
                                                                                   {"Square", PowerModel::Curve::Square},
                                                                                   {"Cubic", PowerModel::Curve::Cubic},
                                                                                   {"SquareRoot", PowerModel::Curve::SquareRoot}};
    const std::string curve = map.text("curve").value_or("Linear");
    const auto at = std::find_if(kCurves.begin(), kCurves.end(), [&](const auto& known) { return known.first == curve; });
    if (at == kCurves.end()) return map.complain("curve", "must be Linear, Square, Cubic or SquareRoot");
    if (most < idle) return map.complain("max", "must not be below idle");
    power.watts = PowerModel::table(at->second, idle, most);
    if (map.has("watts")) read_table(map, power);
    map.read("standby", power.standby_watts, parse_watts, kWatts);
    if (auto boot = map.map("boot")) read_switching(*boot, power.boot, power.boot_joules, power.max_watts());
    if (auto shutdown = map.map("shutdown")) read_switching(*shutdown, power.shutdown, power.shutdown_joules, power.idle_watts());
    map.each("frequencySteps", [&](const YAML::Node& item, const std::string& path) {
      YamlMap step(item, path, fault_);
      FrequencyStep& read = power.frequency_steps.emplace_back();
      step.read("speed", read.speed, parse_share, kShare);
      step.read("max", read.max_watts, parse_watts, kWatts);
      step.no_others();
      const std::size_t before = power.frequency_steps.size() - 1;
      if (before > 0 && power.frequency_steps[before - 1].speed >= read.speed)
        step.complain("speed", "must rise from step to step");
    });
    map.no_others();
  }

  void read_table(YamlMap& map, PowerModel& power) {
    std::vector<double> figures;
    for (const std::string& figure : map.texts("watts")) {
      const auto watts = parse_watts(figure);
      if (!watts) return map.complain("watts", "\"" + figure.substr(0, 40) + "\" is not " + kWatts);
      figures.push_back(*watts);
    }
    if (figures.size() != power.watts.size()) return map.complain("watts", "must have 11 figures: at 0, 10, ... 100 % of the CPU");
    std::copy(figures.begin(), figures.end(), power.watts.begin());
  }

  // Without joules: what the node draws at `watts` for that time.
  static void read_switching(YamlMap& map, Duration& time, double& joules, double watts) {
    map.read("time", time, parse_span, kSpan);
    joules = to_seconds(time) * watts;
    map.read("joules", joules, parse_joules, kJoules);
    if (time <= Duration::zero()) map.complain("time", "must be above 0");
    map.no_others();
  }

  void read_vms(YamlMap map) {
    VmGroup group;
    map.read("name", group.name);
    map.read("namespace", group.ns);
    map.read("count", group.count, parse_count, kCount);
    map.read("cpu", group.vcpus, parse_count, "a number of virtual CPUs; write for example 2");
    group.cpu_request_milli = group.vcpus * 100;  // KubeVirt's cpuAllocationRatio of 10
    map.read("memory", group.memory_bytes, parse_bytes, kBytes);
    map.read("cpuRequest", group.cpu_request_milli, parse_milli_cpu, kCpus);
    map.read("memoryOverhead", group.memory_overhead_bytes, parse_bytes, kBytes);
    map.read("memoryUse", group.memory_use, parse_share, kShare);
    map.read("dirtyRate", group.dirty_bytes_per_second, parse_rate, kRate);
    map.read("liveMigratable", group.live_migratable);
    map.read("restarts", group.restarts);
    for (auto& [key, value] : map.pairs("labels")) group.labels.set(std::move(key), std::move(value));
    if (auto demand = map.map("demand")) read_demand(*demand, group.demand);
    if (auto arrivals = map.map("arrivals")) read_arrivals(*arrivals, group);
    if (map.has("lifetime")) {
      Duration lifetime{};
      map.read("lifetime", lifetime, parse_span, kSpan);
      if (lifetime <= Duration::zero()) map.complain("lifetime", "must be above 0");
      group.lifetime = lifetime;
    }
    read_times(map, "ends", group.ends_at);
    if (group.vcpus <= 0) map.complain("cpu", "must be 1 or more");
    if (group.memory_bytes <= 0) map.complain("memory", "must be above 0");
    check_name(map, "name", group.name);
    check_name(map, "namespace", group.ns);
    for (const VmGroup& other : scenario_.vms) {
      if (other.name == group.name && other.ns == group.ns)
        map.complain("name", "\"" + group.name + "\" names two groups of VMs; rename one");
    }
    map.no_others();
    scenario_.vms.push_back(std::move(group));
  }

  void read_arrivals(YamlMap& map, VmGroup& group) {
    map.read("perHour", group.arrivals_per_hour, parse_number, kNumber);
    if (group.arrivals_per_hour > 100000) map.complain("perHour", "must be 100000 or less");
    read_times(map, "at", group.arrives_at);
    map.no_others();
  }

  static void read_times(YamlMap& map, const std::string& field, std::vector<Duration>& into) {
    for (const std::string& text : map.texts(field)) {
      const auto time = parse_span(text);
      if (!time) return map.complain(field, "\"" + text.substr(0, 40) + "\" is not " + kSpan);
      into.push_back(*time);
    }
  }

  void read_demand(YamlMap& map, DemandPattern& into) {
    const std::string pattern = map.text("pattern").value_or("");
    const auto low_high = [&](double& low, double& high) {
      map.read("low", low, parse_share, kShare);
      map.read("high", high, parse_share, kShare);
      if (low > high) map.complain("low", "must not be above high");
    };
    if (pattern == "constant") {
      ConstantDemand demand;
      map.read("level", demand.level, parse_share, kShare);
      into = demand;
    } else if (pattern == "day") {
      DayDemand demand;
      low_high(demand.low, demand.high);
      map.read("noise", demand.noise, parse_share, kShare);
      map.read("peak", demand.peak, parse_span, "a time of day; write for example 14h or 9h30m");
      into = demand;
    } else if (pattern == "walk") {
      WalkDemand demand;
      low_high(demand.low, demand.high);
      map.read("step", demand.step, parse_share, kShare);
      into = demand;
    } else if (pattern == "bursts") {
      BurstDemand demand;
      low_high(demand.low, demand.high);
      map.read("perHour", demand.per_hour, parse_number, kNumber);
      map.read("length", demand.length, parse_span, kSpan);
      into = demand;
    } else if (pattern == "uniform") {
      UniformDemand demand;
      low_high(demand.low, demand.high);
      into = demand;
    } else if (pattern == "trace") {
      read_trace_demand(map, into);
    } else {
      map.complain("pattern", "must be constant, day, walk, bursts, uniform or trace");
    }
    map.no_others();
  }

  void read_trace_demand(YamlMap& map, DemandPattern& into) {
    const auto path = map.text("path");
    if (fault_.noted()) return;
    if (!path) return map.complain("path", "is missing; name a trace file or a folder of them");
    auto traces = read_traces(beside(*path));
    if (!traces) return map.complain("path", traces.error().message);
    into = TraceDemand{std::make_shared<const std::vector<Trace>>(std::move(traces).value())};
  }

  void check_name(YamlMap& map, const char* field, const std::string& name) {
    const bool fits = !name.empty() && name.size() <= 50 && std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
    if (!fits) map.complain(field, "must be of a-z, 0-9 and -, at most 50 of them");
  }

  void check_sizes(const YAML::Node& document) {
    std::size_t nodes = 0;
    std::size_t vms = 0;
    for (const NodeGroup& group : scenario_.nodes) nodes += std::min(group.count, kMostNodes + 1);
    for (const VmGroup& group : scenario_.vms) vms += std::min(group.count, kMostVms + 1);
    if (nodes > kMostNodes) fault_.note(document, "nodes", "there are more than 100000; use fewer");
    if (vms > kMostVms) fault_.note(document, "vms", "there are more than 1000000; use fewer");
    if (nodes == 0 && !scenario_.nodes.empty()) fault_.note(document, "nodes", "there is none; every count is 0");
    if (const std::string problem = problem_of(scenario_); !problem.empty()) fault_.note(document, "", problem);
  }

  [[nodiscard]] std::string beside(const std::string& path) const {
    return (std::filesystem::path(file_).parent_path() / path).lexically_normal().string();
  }

  const std::string& file_;
  YamlFault fault_;
  Scenario scenario_;
};

}  // namespace

Result<Scenario> parse_scenario(const std::string& text, const std::string& file) {
  const auto documents = parse_yaml(text, file);
  if (!documents) return documents.error();
  if (documents->size() > 1) return Error{ErrorClass::Invalid, file + ": holds several documents; a scenario is one"};
  return ScenarioReader(file).read(documents->front());
}

Result<Scenario> read_scenario(const std::string& path) {
  const auto text = read_text_file(path, kMaxYamlBytes);
  if (!text) return text.error();
  return parse_scenario(*text, path);
}

}  // namespace drover::sim
