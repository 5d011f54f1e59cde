#include "nodepower/daemon.h"

#include <sys/stat.h>

#include <utility>

#include "yaml/yaml_map.h"

namespace drover::nodepower {
namespace {

// A core that did not go offline is let alone for so long.
constexpr Duration kAfterRefusal = minutes{10};
constexpr std::size_t kMostStateBytes = std::size_t{4} << 20;

}  // namespace

Result<std::string> boot_id(const SysFs& procfs) {
  auto id = procfs.read("sys/kernel/random/boot_id");
  if (id && id->empty()) return Error{ErrorClass::Invalid, "sys/kernel/random/boot_id is empty; is --procfs right?"};
  return id;
}

Result<std::string> read_cpu_manager_state(const std::string& path) {
  struct stat about {};
  if (stat(path.c_str(), &about) == 0 && about.st_nlink == 0)
    return Error{ErrorClass::Invalid, path + ": the kubelet has replaced it since it was mounted; restart this pod"};
  return read_text_file(path, kMostStateBytes);
}

Daemon::Daemon(const DaemonTools& tools, DaemonOptions options)
    : tools_(tools), options_(std::move(options)), use_(options_.ticks_per_second) {
  const auto boot = boot_id(tools_.procfs);
  if (!boot) {
    obstacle_ = "the machine's boot is not known: " + boot.error().message;
  } else if (auto keeper = Keeper::open(tools_.sysfs, tools_.store, tools_.log, *boot)) {
    keeper_ = std::move(keeper).value();
  } else {
    obstacle_ = "what was there before is not known: " + keeper.error().message;
  }
  if (!obstacle_.empty()) tools_.log.error("nothing is written", {{"why", obstacle_}});
}

void Daemon::read_settings_file() {
  auto read = read_settings(options_.settings_file);
  if (read && !(settings_valid_ && *read == settings_))
    tools_.log.info("settings", {{"file", options_.settings_file}, {"say", settings_text(*read)}});
  if (!read && settings_valid_)
    tools_.log.error("the settings are not understood: those before hold", {{"why", read.error().message}});
  settings_valid_ = read.has_value();
  if (read) settings_ = std::move(read).value();
}

Wish Daemon::wish_now(const Machine& machine) {
  const Duration now = tools_.clock.monotonic();
  std::erase_if(refused_, [&](const auto& entry) { return now - entry.second >= kAfterRefusal; });
  CpuSet untouchable = keeper_->held().cpus_left();
  for (const auto& [cpu, since] : refused_) untouchable.insert(cpu);
  const auto stat = tools_.procfs.read("stat");
  use_.add(now, stat ? busy_ticks(*stat) : std::nullopt, machine.online.size());
  Situation situation{.machine = machine,
                      .settings = settings_,
                      .use = {},
                      .core_obstacle = {},
                      .resting = keeper_->held().resting(),
                      .untouchable = std::move(untouchable)};
  if (settings_.idle_cores) {
    situation.use = use_.use(now, settings_.idle_cores->window);
    situation.core_obstacle =
        core_obstacle(read_cpu_manager_state(options_.cpu_manager_state_file), tools_.procfs.read("1/cgroup"));
  }
  return make_wish(situation);
}

void Daemon::pass() {
  read_settings_file();
  Snapshot shown{.version = options_.version, .settings_valid = settings_valid_, .obstacle = obstacle_};
  const auto machine = read_machine(tools_.sysfs, cores_);
  if (!machine) {
    shown.remarks.push_back("the machine can't be read: " + machine.error().message);
  } else {
    cores_ = machine->cores;
    shown.policies = machine->policies;
    shown.online_cpus = machine->online.size();
    if (keeper_) {
      Wish wish = wish_now(*machine);
      const PassReport report = keeper_->carry_out(wish);
      for (const int cpu : report.did_not_go) refused_[cpu] = tools_.clock.monotonic();
      writes_ += report.writes;
      failed_writes_ += report.failed_writes;
      shown.remarks = std::move(wish.remarks);
      shown.cores_note = std::move(wish.cores_note);
      shown.remarks.insert(shown.remarks.end(), report.problems.begin(), report.problems.end());
      for (const auto& [path, value] : keeper_->held().left)
        shown.remarks.push_back(path + ": somebody else has written \"" + value + "\": it is left alone until the settings change");
    }
  }
  if (keeper_) {
    shown.resting_cpus = keeper_->held().resting().size();
    shown.held_files = keeper_->held().files.size();
    shown.left_files = keeper_->held().left.size();
  }
  shown.readings = meters_.read(tools_.sysfs, tools_.clock.monotonic());
  shown.writes = writes_;
  shown.failed_writes = failed_writes_;
  tell(shown.remarks);
  const MutexLock lock(mutex_);
  snapshot_ = std::move(shown);
}

// What is new of them.
void Daemon::tell(const std::vector<std::string>& remarks) {
  for (const std::string& remark : remarks) {
    if (!told_.contains(remark)) tools_.log.warn("not as the settings say", {{"what", remark}});
  }
  told_ = {remarks.begin(), remarks.end()};
}

bool Daemon::put_back() {
  if (!keeper_) return false;
  const PassReport report = keeper_->put_back();
  for (const std::string& problem : report.problems) tools_.log.error("not put back", {{"why", problem}});
  return keeper_->held().files.empty();
}

Snapshot Daemon::snapshot() const {
  const MutexLock lock(mutex_);
  return snapshot_;
}

}  // namespace drover::nodepower
