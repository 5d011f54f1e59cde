#include "nodepower/keeper.h"

#include <array>
#include <set>
#include <utility>

#include "nodepower/files.h"

namespace drover::nodepower {

// Files of one kind that are to be put back, or set.
struct Keeper::Phase {
  Writable kind;
  bool back;
};

Result<Keeper> Keeper::open(SysFs& files, HeldStore& store, Log& log, const std::string& boot_id) {
  auto kept = store.load();
  if (!kept) return kept.error();
  Held held = std::move(kept).value().value_or(Held{});
  if (held.boot_id != boot_id) {
    if (!held.files.empty()) log.info("the machine has booted since: nothing is to be put back", {});
    held = Held{.boot_id = boot_id};
  }
  return Keeper(files, store, log, std::move(held));
}

PassReport Keeper::carry_out(const Wish& wish) {
  static constexpr std::array kPhases = {Phase{Writable::Online, true},      Phase{Writable::Governor, true},
                                         Phase{Writable::Preference, true},  Phase{Writable::Governor, false},
                                         Phase{Writable::Preference, false}, Phase{Writable::Online, false}};
  PassReport report;
  if (held_.settings != wish.settings) {
    held_.settings = wish.settings;
    held_.left.clear();
    unsaved_ = true;
  }
  for (const Phase& phase : kPhases) run_phase(phase, wish, report);
  if (unsaved_) save(report);
  return report;
}

PassReport Keeper::put_back() {
  return carry_out(Wish{.settings = held_.settings});
}

void Keeper::run_phase(const Phase& phase, const Wish& wish, PassReport& report) {
  std::set<std::string> paths;
  if (phase.back) {
    for (const auto& [path, file] : held_.files) {
      if (!wish.values.contains(path)) paths.insert(path);
    }
  } else {
    for (const auto& [path, value] : wish.values) paths.insert(path);
  }
  std::vector<Change> changes;
  for (const std::string& path : paths) {
    const auto file = writable_file(path);
    if (!file || file->kind != phase.kind || held_.left.contains(path)) continue;
    consider(path, phase.back ? nullptr : &wish.values.at(path), changes, report);
  }
  if (!changes.empty()) write_all(changes, report);
}

void Keeper::consider(const std::string& path, const std::string* wanted, std::vector<Change>& changes, PassReport& report) {
  const auto now = files_->read(path);
  if (!now) return forget_if_gone(path, now.error(), report);
  const auto entry = held_.files.find(path);
  if (entry == held_.files.end()) {
    if (wanted != nullptr && *now != *wanted) changes.push_back({path, *wanted});
    return;  // what holds it already is somebody else's doing, and stays
  }
  HeldFile& file = entry->second;
  if (wanted == nullptr && *now == file.before) {
    held_.files.erase(entry);
    unsaved_ = true;
  } else if (wanted != nullptr && *now == *wanted) {
    if (file.written == *wanted && !file.next) return;
    file.written = *wanted;
    file.next.reset();
    if (file.before == *wanted) held_.files.erase(entry);
    unsaved_ = true;
  } else if (*now == file.written || *now == file.next) {
    changes.push_back({path, wanted == nullptr ? file.before : *wanted, wanted == nullptr});
  } else {
    leave(path, *now);
  }
}

void Keeper::leave(const std::string& path, const std::string& value) {
  log_->warn("somebody else has written this file: it is left alone until the settings change",
             {{"file", path}, {"holds", value}, {"written", held_.files[path].written}, {"before", held_.files[path].before}});
  held_.files.erase(path);
  held_.left[path] = value;
  unsaved_ = true;
}

// A file that has gone for good, as of another driver, is not to be put back; one of a CPU that is offline comes again.
void Keeper::forget_if_gone(const std::string& path, const Error& error, PassReport& report) {
  if (error.cls == ErrorClass::NotFound && held_.files.contains(path)) {
    const auto text = files_->read(std::string(kCpuFolder) + "/online");
    const auto online = text ? parse_cpu_list(*text) : std::nullopt;
    const auto file = writable_file(path);
    if (online && file && (file->kind == Writable::Online || online->contains(file->number))) {
      log_->warn("the file has gone: there is nothing to put back", {{"file", path}});
      held_.files.erase(path);
      unsaved_ = true;
      return;
    }
  }
  report.problems.push_back(error.message);
}

void Keeper::write_all(const std::vector<Change>& changes, PassReport& report) {
  for (const Change& change : changes) {
    auto [entry, is_new] = held_.files.try_emplace(change.path);
    if (is_new) {
      const auto now = files_->read(change.path);
      if (!now) {
        held_.files.erase(entry);
        report.problems.push_back(now.error().message);
        continue;
      }
      entry->second.before = entry->second.written = *now;
    }
    entry->second.next = change.value;
  }
  unsaved_ = true;
  save(report);
  const bool noted = !unsaved_;
  for (const Change& change : changes) {
    const auto entry = held_.files.find(change.path);
    if (entry == held_.files.end()) continue;
    if (noted || change.back) {
      write_one(change, report);
    } else if (entry->second.written == entry->second.before) {
      held_.files.erase(entry);
    } else {
      entry->second.next.reset();
    }
  }
  save(report);
}

void Keeper::write_one(const Change& change, PassReport& report) {
  const auto written = files_->write(change.path, change.value);
  const auto now = files_->read(change.path);
  HeldFile& file = held_.files[change.path];
  unsaved_ = true;
  if (now && *now == change.value) {
    ++report.writes;
    log_->info(change.back ? "put back" : "written", {{"file", change.path}, {"value", change.value}, {"before", file.written}});
    file.written = change.value;
    file.next.reset();
    if (change.value == file.before) held_.files.erase(change.path);
    return;
  }
  ++report.failed_writes;
  const auto about = writable_file(change.path);
  if (!change.back && about && about->kind == Writable::Online) report.did_not_go.insert(about->number);
  if (!written) {
    report.problems.push_back(written.error().message);
  } else {
    report.problems.push_back(change.path + ": took \"" + change.value + "\" and holds " +
                              (now ? "\"" + *now + "\"" : "what can't be read"));
  }
  if (!now) return;  // `next` stays noted: it may or may not hold it
  if (*now != file.written) return leave(change.path, *now);
  file.next.reset();
  if (file.written == file.before) held_.files.erase(change.path);
}

void Keeper::save(PassReport& report) {
  const auto saved = store_->save(held_);
  if (saved) {
    unsaved_ = false;
  } else {
    report.problems.push_back(saved.error().message);
  }
}

}  // namespace drover::nodepower
