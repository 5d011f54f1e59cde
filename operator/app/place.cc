// `drover place`: an instance from a file, the placement search on it, the plan on standard output.
#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/commands.h"
#include "app/output.h"
#include "base/shown.h"
#include "codec/instance.h"
#include "placement/search.h"

namespace drover {
namespace {

// CPU and wall time of this process since it was made.
class Stopwatch {
 public:
  [[nodiscard]] static double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
  [[nodiscard]] double wall_seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

Result<std::string> read_file(const std::string& name) {
  constexpr std::streamsize kMost = std::streamsize{1} << 28;
  std::ifstream file(name, std::ios::binary);
  std::string text;
  std::string block(std::size_t{1} << 16, '\0');
  while (file && file.good()) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    text.append(block, 0, static_cast<std::size_t>(file.gcount()));
    if (static_cast<std::streamsize>(text.size()) > kMost) {
      return Error{.cls = ErrorClass::Invalid, .message = "is longer than 256 MiB; that is no instance"};
    }
  }
  if (!file.eof())
    return Error{.cls = ErrorClass::NotFound, .message = "can't be read; name a file that exists and that you may read"};
  return text;
}

// In a quarter of a minute small pools are packed as well as they will be; a large one is to be decided within five seconds.
double seconds_for(const placement::Instance& instance) {
  return instance.vms.size() <= 5000 ? 25 : 4;
}

struct Answer {
  const InstanceFile& file;
  const placement::Plan& plan;
  double cpu_seconds;
  double wall_seconds;

  [[nodiscard]] double gap() const {
    if (plan.nodes_used == 0) return 0;
    return static_cast<double>(plan.nodes_used - plan.lower_bound) / plan.nodes_used;
  }
  [[nodiscard]] const std::string& node(int n) const { return file.node_names[static_cast<std::size_t>(n)]; }
  [[nodiscard]] const std::string& vm(int v) const { return file.vm_names[static_cast<std::size_t>(v)]; }
};

void print_json(const Answer& report) {
  nlohmann::ordered_json moves = nlohmann::ordered_json::array();
  for (const auto& move : report.plan.moves) {
    moves.push_back({{"vm", report.vm(move.vm)}, {"from", report.node(move.from)}, {"to", report.node(move.to)}});
  }
  const nlohmann::ordered_json object = {{"nodesUsed", report.plan.nodes_used},   {"nodesBefore", report.plan.nodes_before},
                                         {"lowerBound", report.plan.lower_bound}, {"gap", report.gap()},
                                         {"feasible", report.plan.feasible},      {"moves", std::move(moves)},
                                         {"cpuSeconds", report.cpu_seconds},      {"wallSeconds", report.wall_seconds}};
  std::cout << object.dump(-1, ' ', true) << "\n";
}

void print_table(const Answer& report) {
  const placement::Plan& plan = report.plan;
  std::ostringstream out;
  out << "nodes in use  " << plan.nodes_before << " now, " << plan.nodes_used
      << " after the moves; no plan within t has fewer than " << plan.lower_bound << "\n"
      << "moves         " << plan.moves.size() << ", t is " << report.file.instance.most_moves << "\n";
  if (!plan.feasible) out << "              some nodes stay overloaded: no room for their VMs was found\n";
  out.precision(2);
  out << std::fixed << "took          " << report.cpu_seconds << " s of CPU, " << report.wall_seconds << " s\n";
  int step = 0;
  for (const auto& move : plan.moves) {
    out << ++step << ". " << shown(report.vm(move.vm)) << ": " << shown(report.node(move.from)) << " -> "
        << shown(report.node(move.to)) << "\n";
  }
  std::cout << out.str();
}

}  // namespace

int run_place(const PlaceFlags& flags) {
  const Stopwatch watch;
  const auto fail = [&](const std::string& message) {
    say(flags.instance + ": " + message);
    return kExitWrongUsage;
  };
  const auto text = read_file(flags.instance);
  if (!text) return fail(text.error().message);
  const auto file = read_instance(*text);
  if (!file) return fail(file.error().message);
  const double limit = flags.seconds > 0 ? flags.seconds : seconds_for(file->instance);
  placement::SearchOptions options;
  options.seed = flags.seed;
  options.out_of_time = [&] { return Stopwatch::cpu_seconds() > limit || watch.wall_seconds() > 4 * limit; };
  const placement::Plan plan = placement::search(file->instance, options);
  if (const auto problem = placement::problem_of(file->instance, plan); !problem.empty()) {
    say("the plan that was found can't be carried out (" + problem + "); this is a fault of Drover's");
    return kExitFailed;
  }
  const Answer report{*file, plan, Stopwatch::cpu_seconds(), watch.wall_seconds()};
  flags.output == Output::Json ? print_json(report) : print_table(report);
  return kExitDone;
}

}  // namespace drover
