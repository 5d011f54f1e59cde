// `drover plan` and `drover explain`: look at the cluster once, evaluate, and show.
#include <iostream>

#include "adapters/clock/system_clock.h"
#include "adapters/time_zone/tz_database.h"
#include "app/access.h"
#include "app/commands.h"
#include "app/output.h"
#include "explain/report.h"

namespace drover {
namespace {

// Reads and evaluates, then lets `make` form the report from it.
template <typename Make>
Result<Report> look(const ClusterFlags& flags, const std::string& ns, bool always_use, Make make) {
  const SystemClock clock;
  const auto log = open_log(flags);
  const auto access = open_access(flags, clock, *log);
  if (!access) return access.error();
  const auto snapshot = take_snapshot(
      *access->api, [&](const std::string& name) { return load_time_zone(name, clock.now()); }, ns);
  if (!snapshot) return cluster_error(*access, snapshot.error());
  const Instant now = clock.now();
  const Evaluation evaluation = evaluate(snapshot->view, *access->metrics, flags.core, always_use, now);
  return make({.snapshot = *snapshot, .evaluation = evaluation, .options = flags.core, .cluster = access->source, .now = now});
}

template <typename Print>
int show(const Result<Report>& report, Output output, Print print) {
  if (!report) {
    say(report.error());
    return kExitFailed;
  }
  if (output == Output::Json) {
    // ASCII only: a terminal takes some characters beyond it for commands.
    std::cout << report->dump(2, ' ', true, Report::error_handler_t::replace) << "\n";
  } else {
    print(shown_report(*report), std::cout);
  }
  return kExitDone;
}

ObjectKey key_of(const std::string& name) {
  const auto slash = name.find('/');
  if (slash == std::string::npos) return {"", name};
  return {name.substr(0, slash), name.substr(slash + 1)};
}

}  // namespace

int run_plan(const PlanFlags& flags) {
  const auto report = look(flags.cluster, flags.ns, false,
                           [&](const ReportInput& input) -> Result<Report> { return plan_report(input, flags.ns); });
  return show(report, flags.output, print_plan);
}

int run_explain(const ExplainFlags& flags) {
  const ObjectKey key = key_of(flags.name);
  switch (flags.subject) {
    case ExplainFlags::Subject::None: break;
    case ExplainFlags::Subject::Vm:
      return show(look(flags.cluster, key.ns, true, [&](const ReportInput& input) { return vm_report(input, key); }), flags.output,
                  print_vm);
    case ExplainFlags::Subject::Node:
      return show(look(flags.cluster, "", true, [&](const ReportInput& input) { return node_report(input, key.name); }),
                  flags.output, print_node);
    case ExplainFlags::Subject::Policy:
      return show(look(flags.cluster, key.ns, false, [&](const ReportInput& input) { return policy_report(input, key); }),
                  flags.output, print_policy);
  }
  return kExitWrongUsage;
}

}  // namespace drover
