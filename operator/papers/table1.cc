#include "papers/table1.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"

namespace drover::papers {
namespace {

constexpr double kBytesOfMegabyte = 1e6;
constexpr double kJoulesPerKwh = 3.6e6;
constexpr double kIdleWatts = 175;
constexpr double kMaxWatts = 250;
constexpr double kLargestMips = 3000;

struct Vm {
  double mips = 0;
  double work_left = 0;
  double wanted = 0;  // MIPS, in the newest frame
  int host = -1;
  SeededRandom random{0};
};

class Table1World {
 public:
  Table1World(const Table1Setup& setup, Strategy* strategy) : setup_(setup), strategy_(strategy) {
    make_hosts();
    make_vms();
  }

  Table1Result run() {
    deploy();
    while (!pool_.vms.empty()) {
      if (result_.frames > 0 && strategy_ != nullptr) decide();
      draw_demand();
      serve();
      pool_.now += setup_.frame;
      pool_.sample_age = setup_.frame;
      ++result_.frames;
      end_finished();
    }
    result_.violations = vm_frames_ > 0 ? violations_ / vm_frames_ : 0;
    result_.served_then = wanted_in_violation_ > 0 ? served_in_violation_ / wanted_in_violation_ : 1;
    result_.undelivered = wanted_ > 0 ? 1 - served_ / wanted_ : 0;
    result_.floor_kwh = wanted_ * to_seconds(setup_.frame) * kMaxWatts / kLargestMips / kJoulesPerKwh;
    result_.mean_hosts = result_.frames > 0 ? host_frames_ / result_.frames : 0;
    return result_;
  }

 private:
  void make_hosts() {
    PowerModel power;
    power.watts = PowerModel::table(PowerModel::Curve::Linear, kIdleWatts, kMaxWatts);
    power.standby_watts = power.boot_joules = power.shutdown_joules = 0;
    power.boot = power.shutdown = Duration{0};
    for (int i = 0; i < setup_.hosts; ++i) {
      pool_.nodes.push_back({.name = numbered("host", i),
                             .zone = "",
                             .capacity = {.cpu = 1000.0 * (1 + i % 3), .memory = 8000 * kBytesOfMegabyte},
                             .power = power,
                             .keeps_on = ""});
    }
  }

  void make_vms() {
    SeededRandom random(setup_.seed);
    for (int i = 0; i < setup_.vms; ++i) {
      const double mips = 250.0 * (1 + i % 4);
      const std::string name = numbered("vm", i);
      vms_.push_back({.mips = mips, .work_left = setup_.work, .random = random.fork()});
      pool_.vms.push_back({.key = {"table1", name},
                           .uid = name,
                           .demand = {.cpu = mips, .memory = 128 * kBytesOfMegabyte},
                           .measured = false,
                           .reserved = {.cpu = 0, .memory = 128 * kBytesOfMegabyte},
                           .most = {.cpu = mips, .memory = 128 * kBytesOfMegabyte}});
    }
  }

  // "host007": so that the order of names is the order of numbers.
  static std::string numbered(const std::string& what, int number) {
    std::string digits = std::to_string(number);
    return what + std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits;
  }

  void deploy() {
    for (std::size_t v = 0; v < pool_.vms.size(); ++v) {
      const int vm = static_cast<int>(v);
      const auto left = mips_left();
      int host = setup_.strategy_places ? strategy_->place(pool_, vm) : first_fit(left, pool_.vms[v].most.cpu);
      if (host < 0) host = static_cast<int>(std::max_element(left.begin(), left.end()) - left.begin());
      put(vm, host);
    }
  }

  // Of each host, what its VMs may not use.
  [[nodiscard]] std::vector<double> mips_left() const {
    std::vector<double> left;
    for (const auto& node : pool_.nodes) left.push_back(node.capacity.cpu);
    for (const auto& vm : pool_.vms) {
      if (vm.node >= 0) left[static_cast<std::size_t>(vm.node)] -= vm.most.cpu;
    }
    return left;
  }

  [[nodiscard]] static int first_fit(const std::vector<double>& left, double mips) {
    const auto host = std::find_if(left.begin(), left.end(), [&](double room) { return room >= mips; });
    return host == left.end() ? -1 : static_cast<int>(host - left.begin());
  }

  void put(int vm, int host) {
    PoolNode& node = pool_.nodes[static_cast<std::size_t>(host)];
    if (node.life != NodeLife::Active) live(node, NodeLife::Active);
    pool_.vms[static_cast<std::size_t>(vm)].node = host;
  }

  void live(PoolNode& node, NodeLife life) const {
    node.life = life;
    node.since = pool_.now;
  }

  void decide() {
    const Advice advice = strategy_->advise(pool_);
    for (const auto& order : advice.orders) {
      PoolNode& node = pool_.nodes[static_cast<std::size_t>(order.node)];
      switch (order.act) {
        case NodeOrder::Act::Retire: live(node, NodeLife::Retiring); break;
        case NodeOrder::Act::TakeBack: live(node, NodeLife::Active); break;
        case NodeOrder::Act::Wake:
          live(node, NodeLife::Active);
          ++result_.wakes;
          break;
        case NodeOrder::Act::Sleep: live(node, NodeLife::Asleep); break;
      }
    }
    for (const auto& move : advice.moves) {
      const NodeLife life = pool_.nodes[static_cast<std::size_t>(move.target)].life;
      if (life == NodeLife::Active) {
        pool_.vms[static_cast<std::size_t>(move.vm)].node = move.target;
        ++result_.migrations;
      } else {
        ++result_.refused;
      }
    }
    empty_retired();
  }

  // A retiring host without VMs is empty.
  void empty_retired() {
    std::vector<int> count(pool_.nodes.size(), 0);
    for (const auto& vm : pool_.vms) ++count[static_cast<std::size_t>(vm.node)];
    for (std::size_t n = 0; n < pool_.nodes.size(); ++n) {
      const NodeLife life = pool_.nodes[n].life;
      if (count[n] == 0 && (life == NodeLife::Retiring || life == NodeLife::Draining)) live(pool_.nodes[n], NodeLife::Empty);
      DROVER_CHECK(count[n] == 0 || life == NodeLife::Active || life == NodeLife::Retiring || life == NodeLife::Draining);
    }
  }

  void draw_demand() {
    for (std::size_t v = 0; v < vms_.size(); ++v) {
      vms_[v].wanted = vms_[v].mips * vms_[v].random.uniform();
      pool_.vms[v].demand.cpu = vms_[v].wanted;
      pool_.vms[v].measured = true;
    }
  }

  void serve() {
    const double length = to_seconds(setup_.frame);
    std::vector<double> wanted(pool_.nodes.size(), 0);
    std::vector<int> count(pool_.nodes.size(), 0);
    for (std::size_t v = 0; v < vms_.size(); ++v) {
      const auto host = static_cast<std::size_t>(pool_.vms[v].node);
      wanted[host] += vms_[v].wanted;
      ++count[host];
    }
    double watts = 0;
    for (std::size_t n = 0; n < pool_.nodes.size(); ++n) {
      const PoolNode& node = pool_.nodes[n];
      if (setup_.always_full_power) {
        watts += node.power.max_watts();
      } else if (count[n] > 0) {
        watts += node.power.watts_at(wanted[n] / node.capacity.cpu);
      }
      host_frames_ += count[n] > 0 ? 1 : 0;
    }
    result_.energy_kwh += watts * length / kJoulesPerKwh;
    for (std::size_t v = 0; v < vms_.size(); ++v) {
      const auto host = static_cast<std::size_t>(pool_.vms[v].node);
      const double share = std::min(1.0, pool_.nodes[host].capacity.cpu / std::max(wanted[host], 1e-9));
      const double served = vms_[v].wanted * share;
      vms_[v].work_left -= (setup_.makes_up ? served : vms_[v].wanted) * length;
      wanted_ += vms_[v].wanted;
      served_ += served;
      ++vm_frames_;
      if (share < 1) {
        ++violations_;
        wanted_in_violation_ += vms_[v].wanted;
        served_in_violation_ += served;
      }
    }
  }

  void end_finished() {
    std::size_t kept = 0;
    for (std::size_t v = 0; v < vms_.size(); ++v) {
      if (vms_[v].work_left <= 0) continue;
      if (kept != v) {
        vms_[kept] = vms_[v];
        pool_.vms[kept] = std::move(pool_.vms[v]);
      }
      ++kept;
    }
    vms_.resize(kept);
    pool_.vms.resize(kept);
  }

  const Table1Setup setup_;
  Strategy* const strategy_;
  Pool pool_;
  std::vector<Vm> vms_;  // beside pool_.vms
  Table1Result result_;
  double vm_frames_ = 0;
  double violations_ = 0;
  double wanted_in_violation_ = 0;
  double served_in_violation_ = 0;
  double wanted_ = 0;
  double served_ = 0;
  double host_frames_ = 0;
};

}  // namespace

Table1Result run_table1(const Table1Setup& setup, Strategy* strategy) {
  DROVER_CHECK(!setup.strategy_places || strategy != nullptr);
  return Table1World(setup, strategy).run();
}

}  // namespace drover::papers
