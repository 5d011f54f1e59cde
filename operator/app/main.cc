#include <csignal>
#include <iostream>

#include "app/commands.h"
#include "app/flags.h"
#include "app/output.h"
#include "app/version.h"

namespace drover {

int run_version() {
  std::cout << "drover " << version() << "\n";
  return kExitDone;
}

int run(const ParsedFlags& parsed) {
  switch (parsed.commands.chosen) {
    case Commands::Chosen::Operator: return run_operator(parsed.commands.run);
    case Commands::Chosen::Plan: return run_plan(parsed.commands.plan);
    case Commands::Chosen::Explain: return run_explain(parsed.commands.explain);
    case Commands::Chosen::Simulate: return run_simulate(parsed.commands.simulate);
    case Commands::Chosen::Demo: return run_demo(parsed.commands.demo);
    case Commands::Chosen::Place: return run_place(parsed.commands.place);
    case Commands::Chosen::Suspend: return run_suspend(parsed.commands.suspend);
    case Commands::Chosen::Node: return run_node(parsed.commands.node);
    case Commands::Chosen::Snapshot: return run_snapshot(parsed.commands.snapshot);
    case Commands::Chosen::Report: return run_report(parsed.commands.report);
    case Commands::Chosen::Version: return run_version();
    case Commands::Chosen::None: break;
  }
  return parsed.exit_code;
}

}  // namespace drover

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a connection that the peer closed is an error of that connection, not the end of the process
  return drover::finish_output(drover::run(drover::parse_flags({argv + 1, argv + argc})));
}
