#include "report/energy_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace drover {
namespace {

// Sums over all hours of the rows that are alike but for the hour.
struct Cell {
  const NodeHour* like = nullptr;
  double seconds = 0, joules = 0, all_on_joules = 0, copy_joules = 0, overloaded_seconds = 0, known_load_seconds = 0;
  double cost = 0, saved_cost = 0, grams = 0, saved_grams = 0;
  bool priced = false, weighed = false;
  [[nodiscard]] bool metered() const { return is_metered(like->cls) && is_metered(like->baseline); }
};

bool is_absent(const NodeHour& hour) {
  return hour.cls == EnergyClass::Absent || hour.baseline == EnergyClass::Absent;
}

double uncertainty(EnergyClass cls) {
  switch (cls) {
    case EnergyClass::Measured: return kMeasuredUncertainty;
    case EnergyClass::Derived: return kDerivedUncertainty;
    case EnergyClass::Modelled:
    case EnergyClass::Absent: break;
  }
  return kModelledUncertainty;
}

// Of a cell's saving. A node that is on has its "all on" from the same figure: only what copies took is in doubt.
double half_width(const Cell& cell) {
  const double difference = std::abs(cell.all_on_joules - cell.joules);
  const double drawn = uncertainty(cell.like->cls);
  const double wanted = uncertainty(cell.like->baseline);
  if (cell.metered()) return std::max(drawn, wanted) * difference;
  if (cell.like->state == EnergyState::On) return kModelledUncertainty * difference;
  return std::hypot(drawn * cell.joules, wanted * cell.all_on_joules);
}

// What factors say of each hour, asked once.
class Hours {
 public:
  explicit Hours(const std::optional<Factor>& factor) : factor_(factor) {}
  std::optional<double> at(std::int64_t hour) {
    if (!factor_) return std::nullopt;
    const auto [known, is_new] = values_.try_emplace(hour);
    if (is_new) known->second = factor_->at_hour(hour);
    return known->second;
  }

 private:
  const std::optional<Factor>& factor_;
  std::unordered_map<std::int64_t, std::optional<double>> values_;
};

std::string key_of(const NodeHour& hour) {
  std::string key;
  key.reserve(hour.node.size() + hour.policy.size() + hour.source.size() + 6);
  key.append(hour.node).push_back('\n');
  key.append(hour.policy).push_back('\n');
  key.append(hour.source).push_back('\n');
  for (const int word : {static_cast<int>(hour.state), static_cast<int>(hour.cls), static_cast<int>(hour.baseline)})
    key.push_back(static_cast<char>('0' + word));
  return key;
}

void add_optional(std::optional<double>& to, bool known, double what) {
  if (known) to = to.value_or(0) + what;
}

void add(const Cell& cell, EnergySums& to) {
  const NodeHour& like = *cell.like;
  to.seconds += cell.seconds;
  to.joules += cell.joules;
  to.all_on_joules += cell.all_on_joules;
  to.copy_joules += cell.copy_joules;
  to.lower_bound_joules -= cell.copy_joules;
  switch (like.state) {
    case EnergyState::On: break;
    case EnergyState::Standby:
      to.standby_joules += cell.joules;
      to.asleep_seconds += cell.seconds;
      to.lower_bound_joules += cell.all_on_joules - cell.joules;
      break;
    case EnergyState::Boot:
      to.boot_joules += cell.joules;
      to.lower_bound_joules -= cell.joules;
      break;
    case EnergyState::Shutdown:
      to.shutdown_joules += cell.joules;
      to.lower_bound_joules -= cell.joules;
      break;
  }
  add_optional(to.cost, cell.priced, cell.cost);
  add_optional(to.saved_cost, cell.priced, cell.saved_cost);
  add_optional(to.grams, cell.weighed, cell.grams);
  add_optional(to.saved_grams, cell.weighed, cell.saved_grams);
}

// The half-width of the cells' saving together.
double half_width(const std::vector<const Cell*>& cells) {
  std::map<std::tuple<std::string, EnergyClass, EnergyClass>, std::map<std::string, double>> kinds;
  for (const Cell* cell : cells)
    kinds[{cell->like->source, cell->like->cls, cell->like->baseline}][cell->like->node] += half_width(*cell);
  double squares = 0;
  for (const auto& [kind, nodes] : kinds) {
    double common = 0;
    for (const auto& [node, width] : nodes) {
      common += width;
      squares += width * width / 2;  // half of the variance is each node's own,
    }
    squares += common * common / 2;  // and half is common to the kind
  }
  return std::sqrt(squares);
}

struct GroupCells {
  EnergyGroup group;
  std::vector<const Cell*> metered, modelled;

  void take(const Cell& cell) {
    add(cell, cell.metered() ? group.metered : group.modelled);
    (cell.metered() ? metered : modelled).push_back(&cell);
  }
  void finish() {
    group.metered.half_width_joules = half_width(metered);
    group.modelled.half_width_joules = half_width(modelled);
  }
};

using Cells = std::unordered_map<std::string, Cell>;

Cells cells_of(const LedgerExtract& extract, const ReportQuestion& question, EnergyReport& report) {
  Cells cells;
  Hours prices(question.price);
  Hours carbon(question.carbon);
  std::map<std::int64_t, ReportDay> days;
  for (const NodeHour& hour : extract.nodes) {
    if (is_absent(hour)) {
      report.absent_seconds += hour.seconds;
      continue;
    }
    Cell& cell = cells[key_of(hour)];
    if (cell.like == nullptr) cell.like = &hour;
    cell.seconds += hour.seconds;
    cell.joules += hour.joules;
    cell.all_on_joules += hour.all_on_joules;
    cell.copy_joules += hour.copy_joules;
    cell.overloaded_seconds += hour.overloaded_seconds;
    cell.known_load_seconds += hour.known_load_seconds;
    const double saved = hour.all_on_joules - hour.joules;
    if (const auto price = prices.at(hour.hour)) {
      cell.priced = true;
      cell.cost += hour.joules / kJoulesPerKwh * *price;
      cell.saved_cost += saved / kJoulesPerKwh * *price;
    } else if (question.price) {
      report.unpriced_joules += hour.joules;
    }
    if (const auto grams = carbon.at(hour.hour)) {
      cell.weighed = true;
      cell.grams += hour.joules / kJoulesPerKwh * *grams;
      cell.saved_grams += saved / kJoulesPerKwh * *grams;
    }
    ReportDay& day = days[hour.hour / 24];
    day.day = hour.hour / 24;
    (cell.metered() ? day.metered_joules : day.modelled_joules) += hour.joules;
    (cell.metered() ? day.metered_all_on_joules : day.modelled_all_on_joules) += hour.all_on_joules;
  }
  for (const auto& [number, day] : days) report.days.push_back(day);
  return cells;
}

void add_service(const std::vector<const Cell*>& cells, const LedgerExtract& extract, EnergyReport& report) {
  std::map<std::string, std::pair<double, double>> nodes;  // overloaded, on with a known load
  for (const Cell* cell : cells) {
    if (cell->like->state != EnergyState::On) continue;
    nodes[cell->like->node].first += cell->overloaded_seconds;
    nodes[cell->like->node].second += cell->known_load_seconds;
  }
  std::erase_if(nodes, [](const auto& node) { return node.second.second <= 0; });
  double slatah = 0;
  for (const auto& [node, times] : nodes) slatah += times.first / times.second / static_cast<double>(nodes.size());
  if (!nodes.empty()) report.slatah = slatah;
  struct Demand {
    double demanded = 0, served = 0, lost = 0;
  };
  std::map<ObjectKey, Demand> vms;
  for (const VmDay& day : extract.vms) {
    Demand& demand = vms[day.vm];
    demand.demanded += day.demanded;
    demand.served += day.served;
    demand.lost += day.lost_to_copies;
  }
  std::size_t demanding = 0;
  double degradation = 0;
  Demand all;
  for (const auto& [vm, demand] : vms) {
    all.demanded += demand.demanded;
    all.served += demand.served;
    if (demand.demanded <= 0) continue;
    ++demanding;
    degradation += demand.lost / demand.demanded;
  }
  if (demanding > 0) report.pdm = degradation / static_cast<double>(demanding);
  if (all.demanded > 0) report.unserved = std::max(0.0, 1 - all.served / all.demanded);
}

std::optional<double> quantile(std::vector<double>& sorted, double share) {
  if (sorted.empty()) return std::nullopt;
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

void add_events(const LedgerExtract& extract, EnergyReport& report) {
  for (const MoveRow& move : extract.moves) {
    ++(move.succeeded ? report.moves : report.failed_moves);
    report.move_seconds += to_seconds(move.took);
    if (move.downtime)
      (move.downtime_measured ? report.downtime_measured_seconds : report.downtime_estimated_seconds) += to_seconds(*move.downtime);
    else if (move.succeeded)
      ++report.moves_of_unknown_downtime;
  }
  std::vector<double> wakes;
  for (const LifeRow& life : extract.lives) {
    switch (life.event) {
      case NodeEvent::Slept: ++report.sleeps; break;
      case NodeEvent::Woke:
        ++report.wakes;
        wakes.push_back(to_seconds(life.took));
        break;
      case NodeEvent::WakeFailed: ++report.failed_wakes; break;
      case NodeEvent::SleepFailed: ++report.failed_sleeps; break;
    }
  }
  std::sort(wakes.begin(), wakes.end());
  report.wake_p50_seconds = quantile(wakes, 0.5);
  report.wake_p95_seconds = quantile(wakes, 0.95);
  std::map<std::string, HeldSums> held;
  for (const HeldRow& row : extract.held) {
    HeldSums& sums = held[row.held_by];
    sums.held_by = row.held_by;
    sums.seconds += to_seconds(row.until - row.from);
    sums.joules += row.joules;
  }
  for (auto& [held_by, sums] : held) report.held.push_back(sums);
  std::stable_sort(report.held.begin(), report.held.end(), [](const auto& a, const auto& b) { return a.joules > b.joules; });
  for (const FloorRow& floor : extract.floors) report.floor_joules = report.floor_joules.value_or(0) + floor.joules;
  report.marks = extract.marks;
}

// What VMs had, of their nodes; nothing is saved by a namespace of its own.
void add_namespaces(const LedgerExtract& extract, const ReportQuestion& question, EnergyReport& report) {
  Hours prices(question.price);
  Hours carbon(question.carbon);
  std::map<std::string, EnergyGroup> groups;
  for (const NamespaceHour& hour : extract.namespaces) {
    EnergyGroup& group = groups[hour.ns];
    group.name = hour.ns;
    group.served += hour.served;
    EnergySums& sums = is_metered(hour.cls) ? group.metered : group.modelled;
    sums.joules += hour.joules;
    sums.all_on_joules += hour.joules;
    if (const auto price = prices.at(hour.hour)) sums.cost = sums.cost.value_or(0) + hour.joules / kJoulesPerKwh * *price;
    if (const auto grams = carbon.at(hour.hour)) sums.grams = sums.grams.value_or(0) + hour.joules / kJoulesPerKwh * *grams;
  }
  for (auto& [name, group] : groups) report.groups.push_back(std::move(group));
}

}  // namespace

double EnergyReport::unmetered_share() const {
  const double all = metered.seconds + modelled.seconds + absent_seconds;
  return all > 0 ? (modelled.seconds + absent_seconds) / all : 0;
}

std::optional<double> EnergyReport::slav() const {
  return slatah && pdm ? std::optional(*slatah * *pdm) : std::nullopt;
}

std::optional<double> EnergyReport::esv_of(const EnergySums& sums) const {
  const auto violated = slav();
  return violated && sums.seconds > 0 ? std::optional(sums.joules / kJoulesPerKwh * *violated) : std::nullopt;
}

EnergyReport make_energy_report(const LedgerExtract& extract, const ReportQuestion& question) {
  EnergyReport report;
  report.from = question.from;
  report.until = question.until;
  report.by = question.by;
  report.currency = question.currency;
  report.price = question.price_text;
  report.carbon = question.carbon_text;
  const Cells cells = cells_of(extract, question, report);
  std::vector<std::pair<std::string_view, const Cell*>> sorted;  // so that sums do not depend on how a hash orders
  for (const auto& [key, cell] : cells) sorted.emplace_back(key, &cell);
  std::sort(sorted.begin(), sorted.end());
  std::vector<const Cell*> in_order;
  std::set<std::string> nodes;
  std::set<std::string> sources;
  GroupCells all;
  std::map<std::string, GroupCells> groups;
  for (const auto& [key, cell] : sorted) {
    in_order.push_back(cell);
    nodes.insert(cell->like->node);
    sources.insert(cell->like->source);
    all.take(*cell);
    if (question.by == GroupBy::Namespace) continue;
    const std::string& name = question.by == GroupBy::Node ? cell->like->node : cell->like->policy;
    GroupCells& group = groups[name];
    group.group.name = name.empty() ? "(no policy)" : name;
    group.take(*cell);
  }
  all.finish();
  report.metered = all.group.metered;
  report.modelled = all.group.modelled;
  report.nodes = nodes.size();
  report.sources.assign(sources.begin(), sources.end());
  for (auto& [name, group] : groups) {
    group.finish();
    report.groups.push_back(std::move(group.group));
  }
  if (question.by == GroupBy::Namespace) add_namespaces(extract, question, report);
  add_service(in_order, extract, report);
  add_events(extract, report);
  return report;
}

}  // namespace drover
