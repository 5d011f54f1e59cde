#include "app/books_metrics.h"

#include <utility>

namespace drover {
namespace {

constexpr NodeLife kLives[] = {NodeLife::Active,      NodeLife::Retiring, NodeLife::Draining, NodeLife::Empty,
                               NodeLife::PoweringOff, NodeLife::Asleep,   NodeLife::Waking,   NodeLife::Quarantined};
constexpr std::pair<double, std::string_view> kQuantiles[] = {{0.5, "0.5"}, {0.95, "0.95"}};

}  // namespace

void BooksMetrics::set(std::string_view name, MetricLabels labels, std::optional<double> value) {
  if (value) {
    telemetry_.gauge(name, labels, *value);
  } else {
    telemetry_.forget(name, labels);
  }
}

void BooksMetrics::show(const LedgerRows& rows) {
  for (const EnergyRow& row : rows.energy) {
    if (row.cls == EnergyClass::Absent) {
      telemetry_.count("drover_energy_unknown_seconds_total", {}, to_seconds(row.until - row.from));
      continue;
    }
    telemetry_.count("drover_node_energy_joules_total", {{"node", row.node}, {"source", row.source}}, row.joules);
    telemetry_.count("drover_energy_joules_total", {{"state", to_string(row.state)}}, row.joules);
    telemetry_.count("drover_energy_all_on_joules_total", {}, row.all_on_joules);
    counted_.insert({row.node, row.source});
    std::optional<double>& saved = is_metered(row.cls) && is_metered(row.baseline) ? saved_metered_ : saved_modelled_;
    saved = saved.value_or(0) + row.all_on_joules - row.joules;
  }
  for (const ShareRow& row : rows.shares)
    telemetry_.count("drover_vm_energy_joules_total", {{"namespace", row.vm.ns}, {"source", row.source}}, row.joules);
  set("drover_energy_saved_joules", {{"basis", "metered"}}, saved_metered_);
  set("drover_energy_saved_joules", {{"basis", "modelled"}}, saved_modelled_);
  for (const MoveRow& move : rows.moves) {
    if (!move.downtime) continue;
    telemetry_.observe("drover_migration_downtime_seconds", {{"basis", move.downtime_measured ? "measured" : "estimated"}},
                       to_seconds(*move.downtime));
  }
  for (const LifeRow& life : rows.lives) {
    if (life.event == NodeEvent::Woke) telemetry_.observe("drover_node_wake_duration_seconds", {}, to_seconds(life.took));
  }
}

void BooksMetrics::show(const ProductionBooks& books) {
  for (const auto& [node, source] : sources_) {
    const auto now = books.sources().find(node);
    if (now == books.sources().end() || now->second != source)
      telemetry_.forget("drover_node_energy_source", {{"node", node}, {"source", source}});
  }
  sources_ = books.sources();
  for (const auto& [node, source] : sources_)
    telemetry_.gauge("drover_node_energy_source", {{"node", node}, {"source", source}}, 1);
  const auto& power = books.power();
  const bool is_whole = power && power->unknown == 0;
  set("drover_power_watts", {}, is_whole ? std::optional(power->watts) : std::nullopt);
  set("drover_power_all_on_watts", {}, is_whole ? std::optional(power->all_on_watts) : std::nullopt);
  set("drover_power_unknown_nodes", {}, power ? std::optional(static_cast<double>(power->unknown)) : std::nullopt);
}

void BooksMetrics::show(const ServiceLevels& levels) {
  for (std::size_t i = 0; i < kSlidingWindows.size(); ++i) {
    const ServiceLevels::Figures figures = levels.figures(i);
    const MetricLabels labels = {{"window", kSlidingWindows[i].name}};
    set("drover_sla_slatah_ratio", labels, figures.slatah);
    set("drover_sla_pdm_ratio", labels, figures.pdm);
    set("drover_sla_slav_ratio", labels, figures.slav);
    set("drover_sla_esv_kilowatt_hours", labels, figures.esv);
    set("drover_sla_unserved_cpu_ratio", labels, figures.unserved);
    const bool any = figures.covered > Duration::zero();
    set("drover_sla_covered_seconds", labels, any ? std::optional(to_seconds(figures.covered)) : std::nullopt);
  }
}

void BooksMetrics::show(const ClusterView& view) {
  std::map<NodeLife, int> lives;
  NodeRecord all;
  for (const auto& [key, node] : view.nodes) {
    ++lives[node->marks.life];
    all.wakes.insert(all.wakes.end(), node->record.wakes.begin(), node->record.wakes.end());
  }
  for (const NodeLife life : kLives) telemetry_.gauge("drover_nodes", {{"life", to_string(life)}}, lives[life]);
  std::erase_if(counted_, [&](const auto& counted) {
    const auto& [node, source] = counted;
    if (view.node(node) != nullptr) return false;
    telemetry_.forget("drover_node_energy_joules_total", {{"node", node}, {"source", source}});
    return true;
  });
  for (const auto& [p, name] : kQuantiles) {
    const auto took = wake_quantile(all, p);
    set("drover_node_wake_seconds", {{"quantile", name}}, took ? std::optional(to_seconds(*took)) : std::nullopt);
  }
}

void BooksMetrics::node_came_to(NodeLife life) {
  if (life == NodeLife::Waking) telemetry_.count("drover_node_starts_total", {});
  if (life == NodeLife::PoweringOff) telemetry_.count("drover_node_stops_total", {});
}

void BooksMetrics::forget() {
  show(ProductionBooks(minutes{5}, minutes{1}));
  show(ServiceLevels(minutes{2}));
  saved_metered_.reset();
  saved_modelled_.reset();
  set("drover_energy_saved_joules", {{"basis", "metered"}}, saved_metered_);
  set("drover_energy_saved_joules", {{"basis", "modelled"}}, saved_modelled_);
  for (const NodeLife life : kLives) telemetry_.forget("drover_nodes", {{"life", to_string(life)}});
  for (const auto& [p, name] : kQuantiles) telemetry_.forget("drover_node_wake_seconds", {{"quantile", name}});
}

}  // namespace drover
