// A machine made up of files, and what its kernel does with what is written: values that a driver does not offer are refused, a CPU
// that goes offline leaves the list of those online and takes its cpufreq policy with it. With dials for what may go wrong.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/sysfs/root_sys_fs.h"
#include "nodepower/cpu_list.h"
#include "nodepower/files.h"
#include "nodepower/held.h"
#include "support/temporary_folder.h"

namespace drover::nodepower {

struct Make {
  int cores = 4;
  int threads = 2;  // CPUs of a core: c, c + cores, ...
  int packages = 1;
  std::string driver = "intel_pstate";
  std::string mode = "active";
  std::string mode_folder = "intel_pstate";
  std::string governor = "powersave";
  std::string governors = "performance powersave";
  std::string preference = "balance_performance";
  std::string preferences = "default performance balance_performance balance_power power";  // empty: no EPP
};
inline Make acpi_cpufreq() {
  return {.driver = "acpi-cpufreq",
          .mode = "",
          .governor = "schedutil",
          .governors = "conservative ondemand userspace powersave performance schedutil",
          .preference = "",
          .preferences = ""};
}
inline Make intel_passive() {
  return {.driver = "intel_cpufreq",
          .mode = "passive",
          .governor = "schedutil",
          .governors = "ondemand powersave performance schedutil"};
}
inline Make amd_active() {
  return {.driver = "amd-pstate-epp", .mode_folder = "amd_pstate"};
}
inline Make virtual_machine() {
  return {.driver = ""};
}

class MadeUpMachine final : public SysFs {
 public:
  explicit MadeUpMachine(const Make& make = {}) {
    cpus_ = make.cores * make.threads;
    for (int cpu = 0; cpu < cpus_; ++cpu) {
      const std::string folder = std::string(kCpuFolder) + "/cpu" + std::to_string(cpu);
      const int core = cpu % make.cores;
      put(folder + "/topology/core_id", std::to_string(core));
      put(folder + "/topology/physical_package_id", std::to_string(core * make.packages / make.cores));
      if (cpu > 0) put(online_file(cpu), "1");
      if (!make.driver.empty()) add_policy(cpu, make);
    }
    const std::string all = "0-" + std::to_string(cpus_ - 1);
    for (const char* name : {"/present", "/online", "/possible"}) put(kCpuFolder + std::string(name), all);
    put(kCpuFolder + std::string("/isolated"), "");
    if (!make.mode.empty() && !make.driver.empty()) put(kCpuFolder + ("/" + make.mode_folder) + "/status", make.mode);
    files_ = RootSysFs::open(folder_.path(), may_write).value();
  }

  // Asked before each write: an Error is the kernel's answer.
  std::function<std::optional<Error>(const std::string& path, std::string_view value)> refuse;
  // Called after each write that was done.
  std::function<void(const std::string& path)> after_write;
  std::set<std::string> unreadable;  // permission denied
  std::vector<std::string> written;  // "PATH=VALUE", the folder of CPUs left out
  [[nodiscard]] std::string root() const { return folder_.path(); }

  void put(const std::string& path, const std::string& text) { folder_.write(path, text + "\n"); }
  void remove(const std::string& path) { std::filesystem::remove_all(folder_.path(path)); }
  void link(const std::string& path, const std::string& to) {
    std::filesystem::create_directories(std::filesystem::path(folder_.path(path)).parent_path());
    std::filesystem::create_symlink(to, folder_.path(path));
  }
  [[nodiscard]] std::string holds(const std::string& path) const { return files_->read(path).value_or("(nothing)"); }
  [[nodiscard]] std::string online() const { return holds(kCpuFolder + std::string("/online")); }
  [[nodiscard]] std::string governor(int policy = 0) const { return holds(policy_file(policy, kGovernorName)); }
  [[nodiscard]] std::string preference(int policy = 0) const { return holds(policy_file(policy, kPreferenceName)); }
  // Of all files that may be written: what they hold.
  [[nodiscard]] std::map<std::string, std::string> all() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      const std::string path = std::filesystem::relative(entry.path(), folder_.path()).string();
      if (may_write(path)) found[path] = holds(path);
    }
    return found;
  }

  Result<std::string> read(const std::string& path) const override {
    if (unreadable.contains(path)) return Error{ErrorClass::Denied, path + ": can't be opened: Permission denied"};
    return files_->read(path);
  }
  Status write(const std::string& path, std::string_view value) override {
    if (refuse) {
      if (const auto error = refuse(path, value)) return *error;
    }
    if (path.ends_with(kGovernorName) && !offered(path, "scaling_available_governors", value)) return refused(path);
    if (path.ends_with(kPreferenceName) && !offered(path, "energy_performance_available_preferences", value)) return refused(path);
    const auto done = files_->write(path, std::string(value) + "\n");
    if (!done) return done;
    written.push_back(path.substr(std::string(kCpuFolder).size() + 1) + "=" + std::string(value));
    if (path.ends_with("/online")) switch_cpu(writable_file(path)->number, value == "1");
    if (after_write) after_write(path);
    return ok();
  }
  Result<std::vector<std::string>> list(const std::string& folder) const override { return files_->list(folder); }
  Result<std::string> link(const std::string& path) const override { return files_->link(path); }

 private:
  static Error refused(const std::string& path) { return {ErrorClass::Invalid, path + ": Invalid argument"}; }
  bool offered(const std::string& path, const char* list, std::string_view value) const {
    const std::string all = " " + holds(path.substr(0, path.rfind('/') + 1) + list) + " ";
    return all.find(" " + std::string(value) + " ") != std::string::npos;
  }
  void add_policy(int cpu, const Make& make) {
    put(policy_file(cpu, "affected_cpus"), std::to_string(cpu));
    put(policy_file(cpu, "scaling_driver"), make.driver);
    put(policy_file(cpu, kGovernorName), make.governor);
    put(policy_file(cpu, "scaling_available_governors"), make.governors + " ");
    put(policy_file(cpu, "scaling_cur_freq"), "2400000");
    if (make.preferences.empty()) return;
    put(policy_file(cpu, kPreferenceName), make.preference);
    put(policy_file(cpu, "energy_performance_available_preferences"), make.preferences + " ");
  }
  void switch_cpu(int cpu, bool on) {
    CpuSet now = *parse_cpu_list(online());
    if (on) now.insert(cpu);
    if (!on) now.erase(cpu);
    put(kCpuFolder + std::string("/online"), cpu_list_text(now));
    const std::string policy = folder_.path(kPolicyFolder) + "/policy" + std::to_string(cpu);
    const std::string away = folder_.path("away") + std::to_string(cpu);
    std::error_code none;
    std::filesystem::rename(on ? away : policy, on ? policy : away, none);
  }

  test::TemporaryFolder folder_;
  std::unique_ptr<RootSysFs> files_;
  int cpus_ = 0;
};

// A HeldStore in memory, that outlives the programs that a test lets crash.
class MemoryStore final : public HeldStore {
 public:
  std::optional<Held> kept;
  std::optional<Error> fault;
  std::function<void()> before_save;
  std::function<void()> after_save;

  Result<std::optional<Held>> load() override {
    if (fault) return *fault;
    return kept;
  }
  Status save(const Held& held) override {
    if (fault) return *fault;
    if (before_save) before_save();
    kept = parse_held(held_json(held), "held.json").value();
    if (after_save) after_save();
    return ok();
  }
};

}  // namespace drover::nodepower
