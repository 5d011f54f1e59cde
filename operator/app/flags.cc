#include "app/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <utility>
#include <vector>

#include "app/command_flags.h"
#include "app/did_you_mean.h"
#include "app/signals_file.h"
#include "base/quantity.h"
#include "base/shown.h"

namespace drover {
namespace {

// "vm" wants NAMESPACE/NAME, "node" NAME, "policy" either.
std::string name_problem(const ExplainFlags& flags) {
  const auto slashes = std::count(flags.name.begin(), flags.name.end(), '/');
  const bool parts = !flags.name.starts_with('/') && !flags.name.ends_with('/');
  switch (flags.subject) {
    case ExplainFlags::Subject::None: break;
    case ExplainFlags::Subject::Vm:
      return slashes == 1 && parts ? "" : "name: a VM is named NAMESPACE/NAME, such as vms/db-0; have \"" + flags.name + "\"";
    case ExplainFlags::Subject::Node: return slashes == 0 ? "" : "name: a node has no namespace; have \"" + flags.name + "\"";
    case ExplainFlags::Subject::Policy:
      return slashes <= 1 && parts
                 ? ""
                 : "name: a policy is named NAMESPACE/NAME, a ClusterMigrationPolicy NAME; have \"" + flags.name + "\"";
  }
  return "";
}

constexpr const char* kWhatToExplain =
    "  drover explain vm NAMESPACE/NAME           why does it move, or why not?\n"
    "  drover explain node NAME                   what is on it, what could come?\n"
    "  drover explain policy [NAMESPACE/]NAME     how does it stand?\n";

int fail(const std::string& message, const char* teaching = "") {
  std::cerr << "drover: " << shown(message) << "\n"
            << teaching << "Run 'drover --help' or 'drover COMMAND --help' for what there is.\n";
  return kExitWrongUsage;
}

Status read_offer(ClusterFlags& flags) {
  if (flags.signals_file.empty()) return ok();
  auto named = read_signals(flags.signals_file);
  if (!named) return named.error();
  flags.core.signals.named = std::move(named).value();
  return ok();
}

}  // namespace

ParsedFlags parse_flags(const std::vector<std::string>& arguments) {
  ParsedFlags parsed;
  Commands& c = parsed.commands;
  std::string bandwidth = "125M";
  CLI::App app("Drover moves KubeVirt virtual machines for a stated reason, and says so.", "drover");
  app.footer("See 'drover COMMAND --help' for a command's flags and examples.\n\nExit codes: 0 done, 1 failed, 2 wrong usage.");
  app.get_formatter()->column_width(44);
  app.require_subcommand(0, 1);
  auto* run = app.add_subcommand("operator", "Run the operator: carry the cluster's migration policies out");
  auto* plan = app.add_subcommand("plan", "Show what would be done now, VM by VM, and why; do nothing");
  auto* explain = app.add_subcommand("explain", "Explain a VM, a node or a policy");
  auto* simulate = app.add_subcommand("simulate", "Simulate a data centre under the policies; touch no cluster");
  auto* demo = app.add_subcommand("demo", "Show a day of a data centre in a minute; touch no cluster");
  auto* place = app.add_subcommand("place", "Pack the VMs of a file on the fewest nodes with at most t moves");
  auto* snapshot = app.add_subcommand("snapshot", "Write the cluster to standard output, for drover simulate --snapshot");
  auto* suspend = app.add_subcommand("suspend", "Stop everything: suspend all policies, and wait until nodes are given back");
  auto* node = app.add_subcommand("node", "Wake nodes, put them to sleep, or leave them to their policies again");
  auto* report = app.add_subcommand("report", "Report energy, money, carbon and service levels from the ledger");
  auto* version = app.add_subcommand("version", "Print the version");
  declare_operator(*run, c.run, bandwidth);
  declare_plan(*plan, c.plan, bandwidth);
  declare_explain(*explain, c.explain, bandwidth);
  declare_simulate(*simulate, c.simulate);
  declare_demo(*demo, c.demo);
  declare_place(*place, c.place);
  declare_snapshot(*snapshot, c.snapshot);
  declare_suspend(*suspend, c.suspend);
  declare_node(*node, c.node);
  declare_report(*report, c.report);
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 takes them
    app.parse(reversed);
  } catch (const CLI::Success& asked) {
    app.exit(asked);
    return parsed;
  } catch (const CLI::ParseError& wrong) {
    // What is mistyped is also missing.
    const int code = wrong.get_exit_code();
    const bool lacks =
        code == static_cast<int>(CLI::ExitCodes::ExtrasError) || code == static_cast<int>(CLI::ExitCodes::RequiredError);
    const std::string meant = lacks ? did_you_mean(app) : "";
    parsed.exit_code = fail(meant.empty() ? wrong.what() : meant);
    return parsed;
  }
  if (app.get_subcommands().empty()) {
    parsed.exit_code =
        fail("a command is needed: operator, plan, explain, simulate, demo, place, snapshot, suspend, node, report or version");
    return parsed;
  }
  for (const auto& [command, flags] : std::vector<std::pair<CLI::App*, ClusterFlags*>>{
           {run, &c.run.cluster}, {plan, &c.plan.cluster}, {explain, &c.explain.cluster}, {snapshot, &c.snapshot.cluster}}) {
    if (!command->parsed()) continue;
    if (const auto read = read_offer(*flags); !read) {
      parsed.exit_code = fail("--signals: " + read.error().message);
      return parsed;
    }
  }
  const auto bytes = static_cast<double>(parse_whole(bandwidth).value_or(0));
  for (ClusterFlags* flags : {&c.run.cluster, &c.plan.cluster, &c.explain.cluster})
    flags->core.assumed_bandwidth_bytes_per_second = bytes;
  if (explain->parsed() && (c.explain.subject == ExplainFlags::Subject::None || c.explain.name.empty())) {
    const bool named = c.explain.subject != ExplainFlags::Subject::None;
    parsed.exit_code =
        fail(named ? "name is missing: which one is to be explained?" : "subject and name are missing", kWhatToExplain);
    return parsed;
  }
  if (node->parsed() && c.node.names.empty() && !c.node.all) {
    parsed.exit_code = fail("which node? Write its name, or --all for those at rest");
    return parsed;
  }
  if (node->parsed() && c.node.all && c.node.act == NodeFlags::Act::Sleep) {
    parsed.exit_code = fail("--all is for wake and release: which nodes are to sleep? Write their names");
    return parsed;
  }
  if (explain->parsed()) {
    if (const auto problem = name_problem(c.explain); !problem.empty()) {
      parsed.exit_code = fail(problem);
      return parsed;
    }
  }
  c.chosen = run->parsed()        ? Commands::Chosen::Operator
             : plan->parsed()     ? Commands::Chosen::Plan
             : explain->parsed()  ? Commands::Chosen::Explain
             : simulate->parsed() ? Commands::Chosen::Simulate
             : snapshot->parsed() ? Commands::Chosen::Snapshot
             : node->parsed()     ? Commands::Chosen::Node
             : suspend->parsed()  ? Commands::Chosen::Suspend
             : demo->parsed()     ? Commands::Chosen::Demo
             : place->parsed()    ? Commands::Chosen::Place
             : report->parsed()   ? Commands::Chosen::Report
             : version->parsed()  ? Commands::Chosen::Version
                                  : Commands::Chosen::None;
  return parsed;
}

}  // namespace drover
