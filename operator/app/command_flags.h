// The flags and the help of each command.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "app/flags.h"

namespace drover {

// `bandwidth`: of --assumed-migration-bandwidth, as written.
void declare_operator(CLI::App& app, OperatorFlags& flags, std::string& bandwidth);
void declare_plan(CLI::App& app, PlanFlags& flags, std::string& bandwidth);
void declare_explain(CLI::App& app, ExplainFlags& flags, std::string& bandwidth);
void declare_snapshot(CLI::App& app, SnapshotFlags& flags);
void declare_suspend(CLI::App& app, SuspendFlags& flags);
void declare_node(CLI::App& app, NodeFlags& flags);
void declare_simulate(CLI::App& app, SimulateFlags& flags);
void declare_report(CLI::App& app, ReportFlags& flags);
void declare_demo(CLI::App& app, DemoFlags& flags);
void declare_place(CLI::App& app, PlaceFlags& flags);

}  // namespace drover
