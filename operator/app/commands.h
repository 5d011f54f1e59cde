// The program's commands. Each returns its exit code and has told what went wrong on standard error.
#pragma once

#include "app/flags.h"

namespace drover {

// Until SIGTERM or SIGINT; 0 after a clean end.
[[nodiscard]] int run_operator(const OperatorFlags& flags);
[[nodiscard]] int run_plan(const PlanFlags& flags);
[[nodiscard]] int run_explain(const ExplainFlags& flags);
[[nodiscard]] int run_simulate(const SimulateFlags& flags);
[[nodiscard]] int run_demo(const DemoFlags& flags);
[[nodiscard]] int run_place(const PlaceFlags& flags);
[[nodiscard]] int run_suspend(const SuspendFlags& flags);
[[nodiscard]] int run_node(const NodeFlags& flags);
[[nodiscard]] int run_snapshot(const SnapshotFlags& flags);
[[nodiscard]] int run_report(const ReportFlags& flags);
[[nodiscard]] int run_version();

}  // namespace drover
