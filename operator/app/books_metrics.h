// BooksMetrics: what the books come to, as metrics: energy and power by source, service levels over sliding windows, and how long
// nodes take to wake. The names are those of `drover demo`; what is not known has no series.
//
// Thread safety: none.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "books/service_levels.h"
#include "model/cluster_view.h"
#include "model/ledger_rows.h"
#include "ports/telemetry.h"

namespace drover {

class BooksMetrics {
 public:
  explicit BooksMetrics(Telemetry& telemetry) : telemetry_(telemetry) {}

  // Rows that are new.
  void show(const LedgerRows& rows);
  void show(const ProductionBooks& books);
  void show(const ServiceLevels& levels);
  // How nodes stand in their lives, and how long their last wakes took.
  void show(const ClusterView& view);
  void node_came_to(NodeLife life);
  // This process leads no more: gauges would be of the past.
  void forget();

 private:
  void set(std::string_view name, MetricLabels labels, std::optional<double> value);

  Telemetry& telemetry_;
  std::map<std::string, std::string> sources_;             // by node: as shown
  std::set<std::pair<std::string, std::string>> counted_;  // nodes and sources whose joules are counted
  std::optional<double> saved_metered_;
  std::optional<double> saved_modelled_;
};

}  // namespace drover
