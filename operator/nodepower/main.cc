// drover-nodepower: the parts made, connected and ended in the right order.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <limits>

#include "adapters/clock/system_clock.h"
#include "adapters/http_server/http_server.h"
#include "adapters/logging/spdlog_log.h"
#include "adapters/sysfs/root_sys_fs.h"
#include "base/shown.h"
#include "nodepower/check.h"
#include "nodepower/daemon.h"
#include "nodepower/files.h"
#include "nodepower/flags.h"
#include "nodepower/held_file.h"

namespace drover::nodepower {
namespace {

int say(const Error& error) {
  std::cerr << "drover-nodepower: " << shown(error.message) << "\n";
  return error.cls == ErrorClass::Invalid ? kExitWrongUsage : kExitFailed;
}

sigset_t end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// Whether SIGTERM or SIGINT came, or comes within `patience`.
bool end_signal_within(Duration patience) {
  const sigset_t signals = end_signals();
  const auto whole = std::chrono::floor<seconds>(patience);
  const timespec wait{.tv_sec = whole.count(), .tv_nsec = (patience - whole).count()};
  return sigtimedwait(&signals, nullptr, &wait) > 0;
}

HttpPages pages_of(const Daemon& daemon) {
  return {{"/metrics",
           [&] {
             return HttpPage{200, "text/plain; version=0.0.4; charset=utf-8", metrics_text(daemon.snapshot())};
           }},
          {"/healthz", [] { return HttpPage{.body = "ok\n"}; }},
          {"/readyz", [&] {
             const Snapshot now = daemon.snapshot();
             return HttpPage{.status = now.obstacle.empty() && now.settings_valid ? 200 : 503, .body = standing_text(now)};
           }}};
}

// Both roots; written is below sysfs alone.
struct Roots {
  std::unique_ptr<RootSysFs> sysfs;
  std::unique_ptr<RootSysFs> procfs;
};
Result<Roots> open_roots(const Flags& flags, RootSysFs::MayWrite write) {
  auto sysfs = RootSysFs::open(flags.sysfs, write);
  if (!sysfs) return sysfs.error();
  auto procfs = RootSysFs::open(flags.procfs, nullptr);
  if (!procfs) return procfs.error();
  return Roots{std::move(sysfs).value(), std::move(procfs).value()};
}

int run(const Flags& flags) {
  const sigset_t signals = end_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const auto level = parse_log_level(flags.log_level);
  const auto format = parse_log_format(flags.log_format);
  if (!level) return say({ErrorClass::Invalid, "--log-level: want debug, info, warn or error"});
  if (!format) return say({ErrorClass::Invalid, "--log-format: want text or json"});
  const auto log = make_log(*format, *level);
  auto roots = open_roots(flags, may_write);
  if (!roots) return say(roots.error());
  auto store = HeldFileStore::open(flags.state);
  if (!store) return say(store.error());
  const SystemClock clock;
  Daemon daemon({.sysfs = *roots->sysfs, .procfs = *roots->procfs, .store = **store, .clock = clock, .log = *log},
                {.settings_file = flags.settings,
                 .cpu_manager_state_file = flags.cpu_manager_state,
                 .ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK)),
                 .version = DROVER_VERSION});
  log->info("drover-nodepower begins", {{"version", DROVER_VERSION}, {"sysfs", flags.sysfs}, {"settings", flags.settings}});
  {
    const auto server =
        HttpServer::start({.listen = flags.listen, .tls_cert = flags.tls_cert, .tls_key = flags.tls_key}, pages_of(daemon));
    if (!server) return say(server.error());
    log->info("listening", {{"address", flags.listen}, {"port", std::to_string((*server)->port())}});
    do daemon.pass();
    while (!end_signal_within(flags.interval));
  }
  const bool all = daemon.put_back();
  log->info("ended", {{"putBack", all ? "all" : "not all"}});
  return all ? kExitDone : kExitFailed;
}

int check(const Flags& flags) {
  const auto roots = open_roots(flags, nullptr);
  if (!roots) return say(roots.error());
  const auto machine = read_machine(*roots->sysfs);
  if (!machine) return say(machine.error());
  const auto settings = read_settings(flags.settings);
  if (!settings) return say(settings.error());
  CheckReport report{
      .machine = *machine,
      .core_obstacle = core_obstacle(read_cpu_manager_state(flags.cpu_manager_state), roots->procfs->read("1/cgroup")),
      .rapl = read_rapl(*roots->sysfs),
      .hwmon = read_hwmon(*roots->sysfs),
      .wish = {}};
  if (!(*settings == Settings{})) {
    report.wish = make_wish({.machine = *machine,
                             .settings = *settings,
                             .use = UseHistory::Use{.peak_cpus = 0, .whole_window = true, .crowded = false},
                             .core_obstacle = report.core_obstacle,
                             .resting = {},
                             .untouchable = {}});
  }
  std::cout << (flags.json ? check_json(report) : check_text(report)) << std::flush;
  return std::cout ? kExitDone : kExitFailed;
}

int restore(const Flags& flags) {
  auto roots = open_roots(flags, may_write);
  if (!roots) return say(roots.error());
  auto store = HeldFileStore::open(flags.state);
  if (!store) return say(store.error());
  const auto boot = boot_id(*roots->procfs);
  if (!boot) return say(boot.error());
  const auto log = make_log(LogFormat::Text, LogLevel::Info);
  auto keeper = Keeper::open(*roots->sysfs, **store, *log, *boot);
  if (!keeper) return say(keeper.error());
  const PassReport report = keeper->put_back();
  for (const std::string& problem : report.problems) std::cerr << "drover-nodepower: not put back: " << shown(problem) << "\n";
  std::cout << "put back: " << report.writes << "; not put back: " << keeper->held().files.size() << std::endl;
  return keeper->held().files.empty() ? kExitDone : kExitFailed;
}

int act(const Flags& flags) {
  switch (flags.command) {
    case Flags::Command::Run: return run(flags);
    case Flags::Command::Check: return check(flags);
    case Flags::Command::Restore: return restore(flags);
    case Flags::Command::Version: std::cout << "drover-nodepower " << DROVER_VERSION << std::endl; return kExitDone;
    case Flags::Command::None: break;
  }
  return flags.exit_code;
}

}  // namespace
}  // namespace drover::nodepower

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);  // a connection that the peer closed is an error of that connection, not the end of the process
  return drover::nodepower::act(drover::nodepower::parse_flags({argv + 1, argv + argc}));
}
