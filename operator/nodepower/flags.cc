#include "nodepower/flags.h"

#include <CLI/CLI.hpp>
#include <cctype>
#include <iostream>

#include "base/shown.h"

namespace drover::nodepower {
namespace {

constexpr const char* kAbout =
    "Saves power on one machine of a cluster, and reads its meters: CPU governor, energy performance preference (EPP), idle cores.";
constexpr const char* kFooter =
    "What acts is the settings file and nothing else; no API of a cluster is asked. Written are, below --sysfs:\n"
    "  devices/system/cpu/cpufreq/policyN/scaling_governor\n"
    "  devices/system/cpu/cpufreq/policyN/energy_performance_preference\n"
    "  devices/system/cpu/cpuN/online                               (never of CPU 0)\n"
    "and what was there is put back when the program ends, when a setting is removed, or at the next start after a crash when it "
    "is\n"
    "no longer asked for. A file that somebody else writes meanwhile is left alone until the settings change.\n\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage.";

void add_option(CLI::App& app, const std::string& name, std::string& into, const std::string& help) {
  std::string variable = "DROVER_NODEPOWER_";
  for (const char c : name) variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  app.add_option("--" + name, into, help)->capture_default_str()->envname(variable);
}

void add_roots(CLI::App& app, Flags& flags) {
  add_option(app, "sysfs", flags.sysfs, "Where sysfs is mounted");
  add_option(app, "procfs", flags.procfs, "Where procfs is mounted");
  add_option(app, "settings", flags.settings, "The settings, YAML; when it is not there, nothing is wanted");
  add_option(app, "cpu-manager-state", flags.cpu_manager_state, "The kubelet's cpu_manager_state; unread, no core goes offline");
}

void declare_run(CLI::App& app, Flags& flags, std::string& interval) {
  add_roots(app, flags);
  add_option(app, "state", flags.state, "Where it is kept what is to be put back; must outlive the program");
  add_option(app, "listen", flags.listen, "Address of /metrics, /healthz and /readyz");
  add_option(app, "tls-cert", flags.tls_cert, "Certificate chain, PEM; with --tls-key: HTTPS only");
  add_option(app, "tls-key", flags.tls_key, "Its key, PEM");
  add_option(app, "interval", interval, "Between two passes, 1s to 30s");
  add_option(app, "log-level", flags.log_level, "debug, info, warn or error");
  add_option(app, "log-format", flags.log_format, "text or json");
}

int fail(const std::string& message) {
  std::cerr << "drover-nodepower: " << shown(message) << "\nRun 'drover-nodepower --help' for what there is.\n";
  return kExitWrongUsage;
}

// What is wrong with what was given; empty: nothing.
std::string problem(Flags& flags, const std::string& interval, const std::string& output) {
  const auto wait = parse_duration(interval);
  if (!wait || *wait < seconds{1} || *wait > seconds{30})
    return "--interval: want a duration from 1s to 30s; have \"" + interval + "\"";
  flags.interval = *wait;
  if (output != "text" && output != "json") return "--output: want text or json; have \"" + output + "\"";
  flags.json = output == "json";
  if (flags.tls_cert.empty() != flags.tls_key.empty()) return "--tls-cert, --tls-key: give both or none";
  return "";
}

}  // namespace

Flags parse_flags(const std::vector<std::string>& arguments) {
  Flags flags;
  std::string interval = "5s";
  std::string output = "text";
  CLI::App app(kAbout, "drover-nodepower");
  app.footer(kFooter);
  app.get_formatter()->column_width(44);
  app.require_subcommand(0, 1);
  auto* run = app.add_subcommand("run", "Act on the settings, serve the readings; until SIGTERM, then put everything back");
  auto* check = app.add_subcommand("check", "Say what this machine can do and what the settings would write; write nothing");
  auto* restore = app.add_subcommand("restore", "Put back what a program that is gone has left behind");
  auto* version = app.add_subcommand("version", "Print the version");
  declare_run(*run, flags, interval);
  add_roots(*check, flags);
  check->add_option("-o,--output", output, "text or json")->capture_default_str();
  add_option(*restore, "sysfs", flags.sysfs, "Where sysfs is mounted");
  add_option(*restore, "procfs", flags.procfs, "Where procfs is mounted");
  add_option(*restore, "state", flags.state, "Where it is kept what is to be put back");
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::Success& asked) {
    app.exit(asked);
    return flags;
  } catch (const CLI::ParseError& wrong) {
    flags.exit_code = fail(wrong.what());
    return flags;
  }
  if (const std::string wrong = problem(flags, interval, output); !wrong.empty()) {
    flags.exit_code = fail(wrong);
    return flags;
  }
  if (app.get_subcommands().empty()) {
    flags.exit_code = fail("a command is needed: run, check, restore or version");
    return flags;
  }
  flags.command = run->parsed()       ? Flags::Command::Run
                  : check->parsed()   ? Flags::Command::Check
                  : restore->parsed() ? Flags::Command::Restore
                  : version->parsed() ? Flags::Command::Version
                                      : Flags::Command::None;
  return flags;
}

}  // namespace drover::nodepower
