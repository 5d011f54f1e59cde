#include "adapters/telemetry/metrics.h"

#include <array>

namespace drover {
namespace {

using enum MetricKind;

constexpr std::array kCallSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0};
constexpr std::array kStepSeconds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0};
constexpr std::array kDowntimeSeconds = {0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0};
constexpr std::array kMigrationSeconds = {1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0, 1280.0, 2560.0};

constexpr std::array kMetrics = {
    // What is decided.
    MetricInfo{"drover_node_life_changes_total", Counter,
               "Nodes that were marked by consolidation policies, by the life that they came to."},
    MetricInfo{"drover_node_quarantined", Gauge, "1 for each node in quarantine: it did not switch off or wake in time."},
    MetricInfo{
        "drover_node_switch_failures_total", Counter,
        "Nodes that were put in quarantine, by what they did not do in time: to switch off, or to serve again (to: off, on)."},
    MetricInfo{"drover_decisions_total", Counter,
               "Decisions about a virtual machine that were formed or changed, by policy and by the reason for them."},
    MetricInfo{"drover_evaluation_duration_seconds", Histogram, "Time that one step of the decision core took, in seconds.",
               kStepSeconds},
    MetricInfo{"drover_invariant_violations_total", Counter,
               "Effects that would have broken an invariant and were stopped, by invariant. Anything but 0 is a bug in Drover."},
    MetricInfo{"drover_policies", Gauge, "Policies in the cluster, of both kinds."},
    MetricInfo{"drover_virtual_machines", Gauge, "Virtual machine instances in the cluster."},

    // What is done.
    MetricInfo{"drover_effects_total", Counter, "Effects carried out, by kind and by result (ok or the class of the error)."},
    MetricInfo{"drover_effect_duration_seconds", Histogram,
               "Time from taking up an effect to knowing its outcome, in seconds, by kind.", kCallSeconds},
    MetricInfo{"drover_migrations_total", Counter, "Migrations of Drover that ended, by result: Succeeded, Failed, Cancelled."},
    MetricInfo{"drover_migrations_in_flight", Gauge, "Migrations of Drover that are under way."},
    MetricInfo{"drover_migration_duration_seconds", Histogram,
               "Time from the creation of a migration of Drover to its end, in seconds, by result.", kMigrationSeconds},

    MetricInfo{
        "drover_migration_downtime_seconds", Histogram,
        "Time in which a guest stood still at the end of a migration of Drover, in seconds, by basis: estimated or measured.",
        kDowntimeSeconds},

    // What is measured.
    MetricInfo{"drover_signal_samples_total", Counter,
               "Samples of policies' signals, by policy and by result (ok or the class of the error)."},
    MetricInfo{"drover_signal_last_success_timestamp_seconds", Gauge,
               "Unix time in seconds of the last successful sample of a policy's signal, by policy."},
    MetricInfo{"drover_signal_unusable_series", Gauge,
               "Series of the last sample of a policy's signal that name no virtual machine, are no finite number, or came twice."},
    MetricInfo{"drover_use_samples_total", Counter,
               "Samples of what virtual machines use, by result (ok or the class of the error)."},
    MetricInfo{"drover_power_samples_total", Counter,
               "Questions to nodes' power drivers whether the node is on, by result (ok or the class of the error)."},
    MetricInfo{"drover_sample_duration_seconds", Histogram,
               "Time that a query to the source of metrics or to a power driver, or a round of consolidation took, in seconds, by "
               "kind (signal, "
               "use, power, round).",
               kCallSeconds},

    // Energy, power and service levels: of a simulation as a whole (books/books.h), of a live cluster as far as they are known
    // (books/production_books.h, books/service_levels.h).
    MetricInfo{"drover_energy_joules_total", Counter,
               "Energy that the nodes have drawn, in joules, by state: on, standby, boot, shutdown."},
    MetricInfo{"drover_energy_all_on_joules_total", Counter,
               "Energy that the nodes would have drawn with all of them on all the time, in joules."},
    MetricInfo{"drover_energy_saved_joules", Gauge,
               "Energy saved against all nodes on since this process leads, in joules, net of what moves, boots, shutdowns and "
               "standby cost, by basis: metered (both sides are) or modelled. The two are not to be added. Of a demo: modelled."},
    MetricInfo{"drover_energy_unknown_seconds_total", Counter, "Time of nodes of which nobody knows what they drew, in seconds."},
    MetricInfo{"drover_power_watts", Gauge, "Power that the nodes draw now, in watts; none while that of a node is unknown."},
    MetricInfo{"drover_power_all_on_watts", Gauge,
               "Power that the nodes would draw now if all were on, in watts; none while that of a node is unknown."},
    MetricInfo{"drover_power_unknown_nodes", Gauge, "Nodes of which nobody knows what they draw."},
    MetricInfo{"drover_nodes", Gauge, "Nodes, by where they stand in their life."},
    MetricInfo{"drover_node_starts_total", Counter, "Boots of nodes."},
    MetricInfo{"drover_node_stops_total", Counter, "Shutdowns of nodes."},
    MetricInfo{"drover_node_wake_duration_seconds", Histogram,
               "Time from the order to wake a node to its service, in seconds, of wakes that succeeded.", kMigrationSeconds},
    MetricInfo{"drover_node_wake_seconds", Gauge,
               "Time that the last wakes of nodes took, twenty of each at most, in seconds, by quantile: 0.5, 0.95."},
    MetricInfo{"drover_virtual_machines_lost_total", Counter, "Virtual machines whose node went from under them."},
    MetricInfo{"drover_sla_slatah_ratio", Gauge,
               "Mean over nodes of the share of their time on in which all of their CPU was wanted, 0 to 1, by window (SLATAH, "
               "Beloglazov and Buyya 2012)."},
    MetricInfo{
        "drover_sla_pdm_ratio", Gauge,
        "Mean over virtual machines of the share of the CPU demanded that was lost to live migrations, estimated, 0 to 1, by "
        "window (PDM, Beloglazov and Buyya 2012)."},
    MetricInfo{"drover_sla_slav_ratio", Gauge, "SLATAH times PDM, by window (SLAV, Beloglazov and Buyya 2012)."},
    MetricInfo{
        "drover_sla_esv_kilowatt_hours", Gauge,
        "Energy in kWh times SLAV, by window (ESV, Beloglazov and Buyya 2012); none where a tenth of the energy is unknown."},
    MetricInfo{"drover_sla_unserved_cpu_ratio", Gauge, "Share of the CPU demanded that was not served, 0 to 1, by window."},
    MetricInfo{"drover_sla_covered_seconds", Gauge, "How much of a window is covered since this process leads, in seconds."},
    MetricInfo{"drover_simulated_timestamp_seconds", Gauge, "The simulation's clock: Unix time in seconds."},

    // The ledger of energy.
    MetricInfo{"drover_ledger_rows_written_total", Counter, "Rows that were written to the ledger of energy."},
    MetricInfo{"drover_ledger_rows_dropped_total", Counter,
               "Rows that did not come into the ledger: it was away for long, too slow, or refused them."},
    MetricInfo{"drover_ledger_write_failures_total", Counter,
               "Attempts to open or write the ledger that failed, by class of the error."},

    MetricInfo{"drover_node_energy_joules_total", Counter,
               "Energy that a node has drawn, in joules, by node and by source (a meter's name, or model)."},
    MetricInfo{"drover_vm_energy_joules_total", Counter,
               "Energy that the virtual machines of a namespace had of their nodes', in joules, by namespace and source."},
    MetricInfo{"drover_node_energy_source", Gauge,
               "Always 1; the labels say by what a node's energy is known: a meter's name, model, or none."},

    // How the cluster is seen and spoken to.
    MetricInfo{
        "drover_api_requests_total", Counter,
        "Requests to the Kubernetes API, by verb, resource and code (2xx, the HTTP status, or the class of an error without one)."},
    MetricInfo{"drover_api_request_duration_seconds", Histogram,
               "Time that a request to the Kubernetes API took, pacing included, in seconds, by verb. Watches are left out.",
               kCallSeconds},
    MetricInfo{"drover_watch_relists_total", Counter, "Complete lists of a resource that were begun."},
    MetricInfo{"drover_watch_events_total", Counter, "Changes that watches brought, by resource."},
    MetricInfo{"drover_watch_problems_total", Counter,
               "Failed lists and watches and unreadable objects, by resource and class of the error."},
    MetricInfo{"drover_view_synced", Gauge, "1 when every resource has been listed whole, else 0."},
    MetricInfo{"drover_inbox_depth", Gauge, "Messages that waited for the decision loop at its last turn."},

    // The process.
    MetricInfo{"drover_leader", Gauge, "1 while this process holds the lease and acts, else 0."},
    MetricInfo{"drover_build_info", Gauge, "Always 1; the labels say what was built."},
};

}  // namespace

std::span<const MetricInfo> all_metrics() {
  return kMetrics;
}

}  // namespace drover
