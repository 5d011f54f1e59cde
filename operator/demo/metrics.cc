#include "demo/metrics.h"

#include <algorithm>

namespace drover {

void DemoMetrics::grow(double& known, double now, std::string_view name, MetricLabels labels) {
  telemetry_.count(name, labels, std::max(0.0, now - known));
  known = std::max(known, now);
}

void DemoMetrics::record(const DemoDay& day) {
  const Totals& t = day.totals;
  constexpr std::string_view kEnergy = "drover_energy_joules_total";
  grow(on_, t.joules - t.standby_joules - t.boot_joules - t.shutdown_joules, kEnergy, {{"state", "on"}});
  grow(standby_, t.standby_joules, kEnergy, {{"state", "standby"}});
  grow(boot_, t.boot_joules, kEnergy, {{"state", "boot"}});
  grow(shutdown_, t.shutdown_joules, kEnergy, {{"state", "shutdown"}});
  grow(all_on_, t.all_on_joules, "drover_energy_all_on_joules_total", {});
  grow(starts_, static_cast<double>(t.node_starts), "drover_node_starts_total", {});
  grow(stops_, static_cast<double>(t.node_stops), "drover_node_stops_total", {});
  grow(lost_, static_cast<double>(day.counts.vms_lost), "drover_virtual_machines_lost_total", {});
  telemetry_.gauge("drover_energy_saved_joules", {}, t.saved_joules);
  telemetry_.gauge("drover_power_watts", {}, day.watts);
  telemetry_.gauge("drover_power_all_on_watts", {}, day.all_on_watts);
  telemetry_.gauge("drover_sla_slatah_ratio", {}, t.slatah);
  telemetry_.gauge("drover_sla_pdm_ratio", {}, t.pdm);
  telemetry_.gauge("drover_sla_unserved_cpu_ratio", {}, t.unserved);
  for (const NodeLife life : {NodeLife::Active, NodeLife::Retiring, NodeLife::Draining, NodeLife::Empty, NodeLife::PoweringOff,
                              NodeLife::Asleep, NodeLife::Waking, NodeLife::Quarantined}) {
    telemetry_.gauge("drover_nodes", {{"life", to_string(life)}}, static_cast<double>(day.nodes_in(life)));
  }
  telemetry_.gauge("drover_simulated_timestamp_seconds", {}, to_seconds(day.now.time_since_epoch()));
}

}  // namespace drover
